/* lost_plan.h - the rows of a plan whose keys lie in the lost part of a cluster, as a plan of their own.
 * Room: loader/run. May touch: the plan, the plan it makes. */
#ifndef REKINDLE_LOADER_LOST_PLAN_H
#define REKINDLE_LOADER_LOST_PLAN_H

#include "common/error.h"
#include "loader/load_job.h"
#include "loader/run/cache_watch.h"

#include <stdint.h>

/* Reads --plan of `job`, writes `path`; ranks stay, and the rows' order. `*row_count`: rows to warm; 0: nothing was written. */
int lost_plan_write(const struct load_job *job, const struct cache_watch *watch,
                    const struct cache_finding *finding, const char *path, uint64_t *row_count,
                    struct error *err) MUST_CHECK;

#endif
