/* health.h - the latest readings of database and Redis, and the rule that judges them against limits.
 * Room: loader/rules. May touch: nothing: the time is an argument. Pure.
 * Promises: what is not known is not good: a watched reading that is too old, or was never taken, counts as bad.
 * The governor, the waves' gates and the ramp all read this; each brings limits of its own. */
#ifndef REKINDLE_LOADER_HEALTH_H
#define REKINDLE_LOADER_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum health_gauge {
    HEALTH_CHUNK_MS,         /* time of one question to the source, mean of about the last second */
    HEALTH_THREADS_RUNNING,  /* of the database, our own included */
    HEALTH_REPLICA_LAG_MS,   /* of the worst replica that is watched */
    HEALTH_THROTTLE_QUERY,   /* the operator's query: anything but 0 says slow down */
    HEALTH_REDIS_LATENCY_US, /* round trip of a PING of our own, median of the last few */
    HEALTH_EVICTIONS,        /* keys a second that Redis evicts */
    HEALTH_ERRORS,           /* keys or questions a second that failed or had to be repeated */
    HEALTH_GAUGE_COUNT
};

struct health_reading {
    double value;
    int64_t at_us; /* monotonic: when it was taken; 0: never */
};

/* All zero: nothing was read yet. */
struct health {
    struct health_reading readings[HEALTH_GAUGE_COUNT];
};

/* All zero: not watched. */
struct health_limit {
    bool is_watched;
    double soft;      /* a value above is bad */
    double critical;  /* a value above is critical; 0: none is */
    int64_t stale_us; /* a reading older than this is bad; 0: it does not age */
};

struct health_limits {
    struct health_limit limits[HEALTH_GAUGE_COUNT];
};

enum health_level { HEALTH_GOOD, HEALTH_BAD, HEALTH_CRITICAL };

struct health_verdict {
    enum health_level level;
    enum health_gauge gauge; /* which one is to blame: the first of the worst; unless HEALTH_GOOD */
    double value, limit;     /* what was read, and what it went over */
    int64_t age_us;          /* of the reading; -1: it was never taken */
    bool is_stale;           /* it is bad for its age only */
};

enum { HEALTH_TEXT_SIZE = 96 };

/* Keeps a reading. */
void health_read(struct health *health, enum health_gauge gauge, double value, int64_t now_us);

/* The worst verdict over all watched gauges. A reading is as old as `now_us` says. */
struct health_verdict health_judge(const struct health *health, const struct health_limits *limits,
                                   int64_t now_us);
/* The same for one gauge alone. */
struct health_verdict health_judge_one(const struct health *health,
                                       const struct health_limits *limits, enum health_gauge gauge,
                                       int64_t now_us);

/* "Threads_running 31, limit 25"; "replica lag unknown for 6.0 s"; "" when it is good. Returns `text` [HEALTH_TEXT_SIZE]. */
const char *health_print(char text[HEALTH_TEXT_SIZE], const struct health_verdict *verdict);

/* For status and metrics: `threads_running`. */
const char *health_gauge_name(enum health_gauge gauge);

#endif
