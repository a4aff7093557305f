/* as_of.h - what is known of a key at a moment: the one gate through which features and labels see a history.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * Promises: nothing that starts at or after the moment is looked at; as_of_test.c plants it and sees no difference. */
#ifndef REKINDLE_PREDICTOR_AS_OF_H
#define REKINDLE_PREDICTOR_AS_OF_H

#include "common/civil_time.h"

#include "predictor/history/key_history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How buckets and days lie in time. */
struct as_of_clock {
    int64_t bucket_second;
    const struct zone *zone; /* NULL is UTC */
};

/* The buckets of one key, of which a moment shows the first few. */
struct bucket_list {
    const struct active_bucket *buckets; /* [count], ascending */
    size_t count;
};

struct as_of_snapshot {
    uint32_t x, last,
        age;              /* repeat active days, t_x and T in days: the triple of the BTYD models */
    uint32_t active_days; /* x + 1 */
    int64_t last_unix;    /* start of the last active bucket */
    double gap_day;       /* from there to the moment, in days */
    uint64_t hits;        /* all accesses; saturates in 64 bits */
    double decayed_hits;  /* accesses, each halved every AS_OF_HALF_LIFE_DAY days since */
};

enum { AS_OF_HALF_LIFE_DAY = 90 };

/* Days since 1970-01-01 in the clock's zone. */
int64_t as_of_day(const struct as_of_clock *clock, int64_t at_unix);

/* The buckets that start before `moment_unix`. */
struct bucket_list as_of_cut(const struct as_of_clock *clock, struct bucket_list whole,
                             int64_t moment_unix);

/* The buckets that start at or after `moment_unix`. */
struct bucket_list as_of_since(const struct as_of_clock *clock, struct bucket_list whole,
                               int64_t moment_unix);

/* Fills `snapshot` with what is known at `moment_unix`; false when the key had not been seen by then. */
bool as_of_take(const struct as_of_clock *clock, struct bucket_list whole, int64_t moment_unix,
                struct as_of_snapshot *snapshot);

/* Accesses in buckets that start within [start, end). */
uint64_t as_of_count_hits(const struct as_of_clock *clock, struct bucket_list whole,
                          int64_t start_unix, int64_t end_unix);

/* Buckets that start within [start, end). */
uint64_t as_of_count_buckets(const struct as_of_clock *clock, struct bucket_list whole,
                             int64_t start_unix, int64_t end_unix);

#endif
