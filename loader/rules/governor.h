/* governor.h - one governor for both ends: may the run read, how much at once, and how fast may it write.
 * Room: loader/rules. May touch: nothing: time and readings are arguments. Pure.
 * Promises: over a limit, or without a reading, nothing new is fetched; a critical load that is still there at the
 * second look makes the run sleep, not die; what was written is still looked at again, but gently, because a stale
 * value in the cache is worse than one more connection.
 *
 *   running ──bad──▶ paused ──good for a second──▶ running, with one connection
 *      │               │ ▲
 *      └──critical──▶ second look ──still critical──▶ hibernating ──time is up──▶ second look */
#ifndef REKINDLE_LOADER_GOVERNOR_H
#define REKINDLE_LOADER_GOVERNOR_H

#include "loader/rules/chunk_law.h"
#include "loader/rules/health.h"
#include "loader/rules/write_law.h"

enum governor_state {
    GOVERNOR_RUNNING,
    GOVERNOR_PAUSED,
    GOVERNOR_SECOND_LOOK,
    GOVERNOR_HIBERNATING,
};

/* What asks the source: the two have connections and costs of their own. */
enum governor_lane { GOVERNOR_FETCH, GOVERNOR_RECHECK, GOVERNOR_LANE_COUNT };

struct governor_settings {
    struct chunk_law_settings chunks;
    struct health_limits limits; /* HEALTH_CHUNK_MS is the chunk law's own business */
    int64_t hibernate_us;        /* 0: it only pauses */
    int64_t rows_per_second;     /* the limit that what is asked keeps step with; 0: none */
};

/* What has been seen since the last tick. */
struct governor_signs {
    struct health health;
    struct chunk_sum chunks[GOVERNOR_LANE_COUNT];
    double written_per_second; /* rows, of late */
};

struct governor_lane_orders {
    int connections, rows, rest_percent; /* as struct source_limits; 0 connections: wait */
    int rows_per_second;
};

struct governor_orders {
    enum governor_state state;
    struct governor_lane_orders lanes[GOVERNOR_LANE_COUNT];
    double rows_per_second;    /* that may be written, for Redis' sake; 0: no limit */
    bool is_source_slow;       /* less is asked than the settings allow, for its slowness */
    struct health_verdict why; /* what stops it; HEALTH_GOOD while it runs */
};

struct governor {
    struct governor_settings settings;
    enum governor_state state;
    int64_t since_us;      /* of the state */
    int64_t good_since_us; /* while paused: 0: it is not good */
    struct health_verdict why;
    struct chunk_law laws[GOVERNOR_LANE_COUNT];
    struct write_law write_law;
};

void governor_init(struct governor *governor, const struct governor_settings *settings,
                   int64_t now_us);
/* Other settings for a governor that is at work. */
void governor_change(struct governor *governor, const struct governor_settings *settings);

/* To be called several times a second. */
struct governor_orders governor_tick(struct governor *governor, const struct governor_signs *signs,
                                     int64_t now_us);

#endif
