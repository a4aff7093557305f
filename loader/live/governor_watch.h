/* governor_watch.h - the thread that reads both ends several times a second, asks the governor, and passes on its orders.
 * Room: loader/live. May touch: source_pressure and redis_probe, each only from its own thread.
 * Promises: what the sources' limits say is never older than the slowest reading (some seconds); a reading that fails
 * is not made up: it grows old, and an old one counts as bad. */
#ifndef REKINDLE_LOADER_GOVERNOR_WATCH_H
#define REKINDLE_LOADER_GOVERNOR_WATCH_H

#include "common/config.h"
#include "common/error.h"
#include "loader/rules/governor_config.h"
#include "loader/source/source.h"

#include <stdatomic.h>

struct governor_watch;

struct governor_watch_options {
    const struct config *config; /* borrowed until governor_watch_stop */
    const struct redis_config *redis;
    const bool *
        is_family_needed; /* [family_count]: the database is watched when a needed family is of MySQL */
    struct source_limits
        *limits[GOVERNOR_LANE_COUNT]; /* that it sets; NULL: nobody fetches there */
    const atomic_int *stop;           /* not 0: waiting for Redis ends soon; NULL: never */
};

/* What it last saw and ordered. */
struct governor_look {
    struct health health;
    struct governor_orders orders;
    int64_t lost_us;      /* monotonic: since when the database does not answer; 0: it does */
    struct error trouble; /* why, when lost_us is set */
    int64_t
        blind_us; /* the same for a lag or a throttle query that a database which answers does not tell */
    struct error blind; /* why, when blind_us is set */
};

/* Connects, takes the first readings, and starts the thread. */
struct governor_watch *governor_watch_start(const struct governor_watch_options *options,
                                            struct error *err) MUST_CHECK;
/* NULL is fine. May wait for a reading that is under way, some seconds at most. */
void governor_watch_stop(struct governor_watch *watch);

/* Other limits from now on; only [pace] and numbers of [mysql] are read. From any thread. */
void governor_watch_change(struct governor_watch *watch, const struct config *config);

/* What has been written and has failed so far, in rows. From any thread. */
void governor_watch_note(struct governor_watch *watch, uint64_t written_count,
                         uint64_t failed_count);

/* Copies what is known; cheap. From any thread. */
void governor_watch_look(struct governor_watch *watch, struct governor_look *look);

#endif
