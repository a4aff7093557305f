/* cache_rewarm.h - warms again what a lost cache, or the lost part of one, should hold.
 * Room: loader/run. May touch: the control keys, the folders of runs, plans of its own in [run] dir, processes.
 *
 * Warmed are the keys of --active-plan, then those of the last run that ended with 0 or 7, each by the ordinary `run` as
 * a child: the same governor, locks, switch and journal. The degradation keys say `on` and the ramps' shares are published
 * again (ramp_restore.h) before anything is warmed; the former are renewed until the end. Of a cluster that has lost a part only that part's rows are warmed, as a plan of their own.
 * Runs that are not the last run's own are called guard-..., and never taken for the last run. */
#ifndef REKINDLE_LOADER_CACHE_REWARM_H
#define REKINDLE_LOADER_CACHE_REWARM_H

#include "common/error.h"
#include "loader/load_job.h"
#include "loader/run/cache_watch.h"

struct redis_control;

/* ERROR_STOPPED when the child was stopped; then, and after any other error, the same call begins where this one ended. */
int cache_rewarm(const struct load_job *job, struct redis_control *control,
                 const struct cache_watch *watch, const struct cache_finding *finding,
                 struct error *err) MUST_CHECK;

#endif
