/* run_status.h - the small file that says how a run is doing, for `status`, for people and for monitoring.
 * Room: loader/folder. May touch: the file `status` of a run's folder.
 * Promises: replaced as a whole about once a second; never half written. */
#ifndef REKINDLE_LOADER_RUN_STATUS_H
#define REKINDLE_LOADER_RUN_STATUS_H

#include "loader/folder/outcome.h"
#include "loader/rules/pace.h"
#include "loader/folder/run_folder.h"

enum { RUN_STATE_SIZE = 16, RUN_NOTE_SIZE = 512 };

struct run_status {
    char state[RUN_STATE_SIZE];         /* running paused stopped finished failed */
    char note[RUN_NOTE_SIZE];           /* what it waits for, or why it ended; may be empty */
    int64_t pid, pid_start;             /* whose run it is: see process.h */
    int64_t started_unix, updated_unix; /* by the system's clock */
    uint64_t settled_count, warm_count; /* plan rows with an outcome; all rows with action warm */
    double rows_per_second;             /* of this process */
    double benefit_share;               /* of the plan's expected benefit that is warm, 0..1 */
    int64_t deadline_unix;              /* by the run's clock; 0: none, and all fits */
    uint64_t fitting_count; /* plan rows that will be settled by then, at the present rate */
    double fitting_share;   /* of the plan's expected benefit that they hold, 0..1 */
    struct outcome_tally tally;
    double throttled_second[THROTTLE_REASON_COUNT]; /* that this process waited, by reason */
};

int run_status_save(const struct run_folder *folder, const struct run_status *status,
                    struct error *err) MUST_CHECK;
/* 1; 0 when the run has none yet; -1. */
int run_status_load(const struct run_folder *folder, struct run_status *status,
                    struct error *err) MUST_CHECK;

#endif
