/* source_pressure.h - how loaded a MySQL or MariaDB is, by its own word, on connections apart from those that fetch.
 * Room: loader/source. May touch: sockets of the source and of its replicas, read-only.
 * Promises: no reading takes longer than about SOURCE_PRESSURE_TIMEOUT_MS a server: a server that does not answer is
 * an error, not a wait. What could not be read is not in the answer. One thread at a time. */
#ifndef REKINDLE_LOADER_SOURCE_PRESSURE_H
#define REKINDLE_LOADER_SOURCE_PRESSURE_H

#include "common/config.h"
#include "common/error.h"

#include <stdbool.h>

enum { SOURCE_PRESSURE_TIMEOUT_MS = 2000, SOURCE_PRESSURE_REPLICA_MAX = 16 };

struct source_pressure_reading {
    bool has_threads, has_lag, has_throttle;
    double threads_running; /* of the source; our own connections included */
    double lag_ms;          /* of the replica that is furthest behind */
    double throttle;        /* what [pace] throttle_query answered; no row and NULL count as 0 */
    struct error
        blind; /* why lag or throttle query are not known; ERROR_NONE: they are, or are not asked for */
};

struct source_pressure;

/* Connects to the source of [mysql], and to each of its `replicas`, and reads once, so that what can never work
 * (a query that is wrong, a server that is no replica) is an error before a run begins. */
struct source_pressure *source_pressure_open(const struct config *config,
                                             struct error *err) MUST_CHECK;
void source_pressure_close(struct source_pressure *pressure);

/* Reads all that is configured. -1: something could not be read, `err` says what; the rest is in `reading`. A lost
 * connection is made again by the next call. */
int source_pressure_read(struct source_pressure *pressure, struct source_pressure_reading *reading,
                         struct error *err) MUST_CHECK;

#endif
