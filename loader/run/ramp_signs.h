/* ramp_signs.h - what a ramp looks at besides its key: how the cache does, and how the source.
 * Room: loader/run. May touch: INFO of the cache, the database's status, the operator's probe. */
#ifndef REKINDLE_LOADER_RAMP_SIGNS_H
#define REKINDLE_LOADER_RAMP_SIGNS_H

#include "common/error.h"
#include "loader/load_job.h"
#include "loader/rules/ramp_rule.h"

struct ramp_watch;

/* Starts to watch both ends; `job` is borrowed. */
struct ramp_watch *ramp_watch_open(const struct load_job *job, struct error *err) MUST_CHECK;
void ramp_watch_close(struct ramp_watch *watch);

/* Reads everything but `found_share`. The counts are those since the last call; signs->trouble lives until the next one. What
 * cannot be read is not good. */
void ramp_watch_read(struct ramp_watch *watch, struct ramp_signs *signs);
/* What the operator's probe said last, in ms; NaN: there is none, or it failed. */
double ramp_watch_source_ms(const struct ramp_watch *watch);

#endif
