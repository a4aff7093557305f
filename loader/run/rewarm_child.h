/* rewarm_child.h - the process that warms a plan again for guard: the ordinary `run`, called as the last run was.
 * Room: loader/run. May touch: the process it is in. */
#ifndef REKINDLE_LOADER_REWARM_CHILD_H
#define REKINDLE_LOADER_REWARM_CHILD_H

#include "loader/folder/run_folder.h"
#include "loader/folder/run_manner.h"
#include "loader/load_job.h"

#include <stdint.h>

enum {
    REWARM_CHILD_CANNOT_RUN = 127, /* its exit code then */
    REWARM_CHILD_PLAN_AGE_SECOND =
        365 * 86400 /* a reviewed plan may be older than a new one could */
};

/* A plan to warm, and the folder of its run. */
struct rewarm_part {
    char plan[RUN_PATH_SIZE];
    char folder[RUN_PATH_SIZE];
    char image[RUN_PATH_SIZE]; /* of the last run, where this is another one; empty: its own */
    uint64_t row_count;
    struct run_manner manner; /* how the last run was called */
};

/* Called in the child of a fork; never comes back. */
_Noreturn void rewarm_child_become(const struct load_job *job, const struct rewarm_part *part);

/* The present as --now has it, if it was given: guard may have begun days ago. UNIX seconds. */
int64_t rewarm_child_now(const struct load_job *job);

#endif
