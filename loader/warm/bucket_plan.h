/* bucket_plan.h - a plan in the order of a gray release: who is let in first is warmed first.
 * Room: loader/warm. May touch: the plan, the plan it makes.
 *
 * With `--waves 1%,10%,100% --waves-by bucket` wave 1 holds the users whose bucket (common/user_bucket.h) is below 100, and
 * the first percent of the products by rank; wave 2 the users below 1000, and so on. Inside a wave the order is that of
 * the ranks. That order is a plan of its own, PLAN.waves.csv, with ranks of its own: what is journalled, verified, asked
 * whether it is ready and taken back is that plan. The same plan and shares make the same bytes. */
#ifndef REKINDLE_LOADER_BUCKET_PLAN_H
#define REKINDLE_LOADER_BUCKET_PLAN_H

#include "loader/load_job.h"
#include "loader/folder/wave_plan.h"

struct load_options;

/* --waves-by: ERROR_USAGE when it is neither rank nor bucket, or bucket without --waves. */
int bucket_plan_is_wanted(const struct load_options *options, bool *is_wanted,
                          struct error *err) MUST_CHECK;

/* Writes the plan to `path` (of the job's, with .waves.csv appended; [size]) and says where its waves end. */
int bucket_plan_write(const struct load_job *job, char *path, size_t size, struct wave_plan *waves,
                      struct error *err) MUST_CHECK;

#endif
