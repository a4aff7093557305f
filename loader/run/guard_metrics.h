/* guard_metrics.h - how guard is doing, for Prometheus: a file beside the one of [run] metrics.
 * Room: loader/run. May touch: that file. */
#ifndef REKINDLE_LOADER_GUARD_METRICS_H
#define REKINDLE_LOADER_GUARD_METRICS_H

#include "loader/load_job.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* What this process has seen so far; 0: not yet. */
struct guard_metrics {
    char path[PATH_MAX]; /* empty: nobody asked for it */
    bool is_trouble_told;
    uint64_t loss_count, failure_count; /* losses, and warmings that did not end well */
    int64_t answered_unix, lost_unix, warm_unix;
    double warm_second; /* how long the last warming took that ended well */
};

enum guard_state { GUARD_IS_WATCHING, GUARD_IS_BLIND, GUARD_IS_WARMING, GUARD_HAS_FAILED };

void guard_metrics_init(struct guard_metrics *metrics, const struct load_job *job);
/* Writes the file; one that cannot be written is warned of once. */
void guard_metrics_save(struct guard_metrics *metrics, const struct load_job *job,
                        enum guard_state state, int64_t now_unix);

#endif
