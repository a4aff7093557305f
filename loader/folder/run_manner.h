/* run_manner.h - how a run was called, in the file `manner` of its folder: what the same plan needs again when it is warmed
 * by somebody who was not told, as guard is after a loss.
 * Room: loader/folder. May touch: that file.
 * Left out: what only holds for one evening (deadline, waves), and what an empty cache makes meaningless (mode). */
#ifndef REKINDLE_LOADER_RUN_MANNER_H
#define REKINDLE_LOADER_RUN_MANNER_H

#include "common/error.h"
#include "loader/folder/run_folder.h"

#include <stdbool.h>
#include <stdint.h>

enum { RUN_MANNER_TEXT_SIZE = 64 };

/* Zeros and empty texts: not given. */
struct run_manner {
    double holdout_share, memory_high; /* 0..1 */
    uint64_t memory_budget_bytes;
    char growth[RUN_MANNER_TEXT_SIZE], accept_eviction[RUN_MANNER_TEXT_SIZE]; /* as given */
    bool is_stale_accepted, is_removal_allowed;
};

int run_manner_save(const struct run_folder *folder, const struct run_manner *manner,
                    struct error *err) MUST_CHECK;

/* Nothing given where there is no such file, or none that can be read. */
void run_manner_load(const struct run_folder *folder, struct run_manner *manner);

#endif
