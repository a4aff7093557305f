/* checked_plan.h - the plan of a job, opened, and every row of it checked against the config before anything happens.
 * Room: loader/run. May touch: the plan's file. */
#ifndef REKINDLE_LOADER_CHECKED_PLAN_H
#define REKINDLE_LOADER_CHECKED_PLAN_H

#include "common/plan_reader.h"
#include "loader/run/benefit_curve.h"
#include "loader/run/load_job.h"
#include "loader/run/run_folder.h"

#include <stdbool.h>

/* What a plan wants of one family: its rows with action warm. */
struct family_load {
    uint64_t row_count;
};

struct checked_plan {
    const char *path;
    struct plan_reader *reader; /* at the first row */
    struct plan_identity identity;
    bool *is_family_needed;      /* [config->family_count] */
    struct family_load *loads;   /* [config->family_count] */
    uint64_t key_bytes;          /* of the names of all keys to warm */
    struct benefit_curve *curve; /* of the rows with action warm */
};

/* ERROR_USAGE without --plan; ERROR_INPUT as plan_reader_open and plan_check_row say. One pass over the file. The reader's
 * rows are narrow: see plan_limits. */
int checked_plan_open(struct checked_plan *plan, const struct load_job *job,
                      struct error *err) MUST_CHECK;
/* What a run of this plan on `target` (as sink_name says it) is. */
void checked_plan_fill_manifest(const struct checked_plan *plan, const struct load_job *job,
                                const char *target, struct run_manifest *manifest);
/* The same with whole rows, for those who hand them on. */
int checked_plan_open_wide(struct checked_plan *plan, const struct load_job *job,
                           struct error *err) MUST_CHECK;
void checked_plan_close(struct checked_plan *plan);

#endif
