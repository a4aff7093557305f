/* ramp_metrics.h - how a ramp is doing, for Prometheus: a file beside the one of [run] metrics.
 * Room: loader/run. May touch: that file. */
#ifndef REKINDLE_LOADER_RAMP_METRICS_H
#define REKINDLE_LOADER_RAMP_METRICS_H

#include "loader/load_job.h"
#include "loader/run/ramp_log.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { RAMP_MOVE_COUNT = RAMP_END_ZERO + 1 };

struct ramp_metrics {
    char path[PATH_MAX]; /* empty: nobody asked for it */
    bool is_trouble_told;
    uint64_t move_count[RAMP_MOVE_COUNT]; /* by this process */
    int64_t changed_unix;                 /* 0: the share has not changed yet */
};

void ramp_metrics_init(struct ramp_metrics *metrics, const struct load_job *job);
/* Counts the decision and writes the file; one that cannot be written is warned of once. */
void ramp_metrics_tell(struct ramp_metrics *metrics, const struct load_job *job,
                       const struct ramp_log_entry *entry);
/* The last word of a controller that was stopped: nobody drives the ramp now. */
void ramp_metrics_stop(struct ramp_metrics *metrics, const struct load_job *job, int share,
                       int64_t now_unix);

#endif
