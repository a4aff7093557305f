/* run_metrics.h - how a run is doing, for Prometheus: a text file for the node exporter's textfile collector.
 * Room: loader/folder. May touch: the file it is given.
 * Promises: replaced as a whole, about once a second and at the end; readable for all (0644), for another user collects
 * it, so it names the run and holds numbers, and nothing else. */
#ifndef REKINDLE_LOADER_RUN_METRICS_H
#define REKINDLE_LOADER_RUN_METRICS_H

#include "common/error.h"

#include <stdint.h>

struct pace;
struct run_status;

struct run_metrics {
    const char *run; /* its name */
    const struct run_status *status;
    const struct pace *pace;
    uint64_t value_bytes;
};

int run_metrics_save(const char *path, const struct run_metrics *metrics,
                     struct error *err) MUST_CHECK;

#endif
