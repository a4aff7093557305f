/* checked_plan.h - the plan of a job, opened, and every row of it checked against the config before anything happens.
 * Room: loader/warm. May touch: the plan's file. */
#ifndef REKINDLE_LOADER_CHECKED_PLAN_H
#define REKINDLE_LOADER_CHECKED_PLAN_H

#include "common/plan_reader.h"
#include "loader/rules/benefit_curve.h"
#include "loader/rules/expiry.h"
#include "loader/load_job.h"
#include "loader/folder/run_folder.h"

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
/* How many keys will end in one second; ERROR_INPUT when [run] max_expiries_per_second is less. */
int checked_plan_judge_expiries(const struct checked_plan *plan, const struct load_job *job,
                                struct expiry_peak *peak, struct error *err) MUST_CHECK;
/* "617 keys a second (mean 555), from 2026-11-26T06:00:00Z on"; to `text` [CHECKED_PLAN_TEXT_SIZE], returned. */
enum { CHECKED_PLAN_TEXT_SIZE = 128 };
const char *checked_plan_print_expiries(char *text, const struct checked_plan *plan,
                                        const struct expiry_peak *peak);

/* What a run of this plan on `target` (as sink_name says it) is. */
void checked_plan_fill_manifest(const struct checked_plan *plan, const struct load_job *job,
                                const char *target, struct run_manifest *manifest);
/* The same with whole rows, for those who hand them on. */
int checked_plan_open_wide(struct checked_plan *plan, const struct load_job *job,
                           struct error *err) MUST_CHECK;
void checked_plan_close(struct checked_plan *plan);

#endif
