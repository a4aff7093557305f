/* ramp_rule.h - the gray release: how many users may see the feature next, and why.
 * Room: loader/rules. May touch: nothing: time and readings are arguments. Pure.
 *
 * Shares are counted in buckets of users, 0..10000 (common/user_bucket.h): 1 % is 100 buckets.
 * Promises:
 *  - it raises only when the step has soaked, enough reads were seen, the hit ratio is high enough and the source is well;
 *  - with a limit of misses a second it raises by no more than what the source could bear if each newcomer missed each
 *    time; such small raises need no soak between steps;
 *  - it steps back at the first tick at which the source is not well, misses are over the limit, or a hit ratio that had
 *    held at this share no longer does; a ratio that has not held yet only keeps it from raising: newcomers are cold;
 *  - a lost key means that nobody is let in, and the ramp begins again at its first step, after a soak. */
#ifndef REKINDLE_LOADER_RAMP_RULE_H
#define REKINDLE_LOADER_RAMP_RULE_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RAMP_SHARE_FULL = 10000, RAMP_STEP_MAX = 32, RAMP_WHY_SIZE = 160, RAMP_SHARE_SIZE = 16 };

struct ramp_settings {
    int steps[RAMP_STEP_MAX]; /* rising; the last is RAMP_SHARE_FULL */
    size_t step_count;
    int64_t soak_us;
    int64_t give_up_us;   /* after so long at 0 with a source that is not well it ends there */
    double min_hit_ratio; /* 0..1 */
    double max_miss_per_second; /* 0: no limit */
    uint64_t min_read_count;    /* since the last change of the share */
};

/* What was seen since the last tick. */
struct ramp_signs {
    bool is_cache_known; /* the counters could be read, and go on from the last ones */
    uint64_t read_count; /* of the cache, since the last tick */
    uint64_t miss_count; /* of these */
    const char *trouble; /* why the source is not well; NULL: it is */
    int found_share;     /* what the key holds: a share, or RAMP_KEY_LOST, RAMP_KEY_UNKNOWN */
};

enum { RAMP_KEY_LOST = -1, RAMP_KEY_UNKNOWN = -2 };

enum ramp_move {
    RAMP_HOLD,
    RAMP_RAISE,
    RAMP_BACK,
    RAMP_LOST,     /* the key was gone: begun again at 0 */
    RAMP_OVERRULE, /* somebody set the key: the smaller share counts */
    RAMP_END_FULL,
    RAMP_END_ZERO
};

struct ramp_state {
    int share;
    bool has_begun;      /* some share was published */
    bool has_held;       /* the hit ratio was high enough once at this share */
    int64_t changed_us;  /* when the share changed last */
    int64_t tick_us;     /* the last one */
    int64_t well_us;     /* when the source was well last */
    uint64_t read_count; /* since the share changed */
};

struct ramp_decision {
    enum ramp_move move;
    int share;        /* from now on */
    bool is_degraded; /* the application shall serve its fallback */
    double hit_ratio; /* since the last tick; -1: not known */
    double miss_per_second;
    char why[RAMP_WHY_SIZE];
};

/* `1,5,20,50,100`: rising shares in percent, up to two decimals, the last 100. ERROR_INPUT with the bad text. */
int ramp_rule_parse_steps(const char *text, struct ramp_settings *settings,
                          struct error *err) MUST_CHECK;
/* `12.5` as 1250; -1 when it is no share. */
int ramp_rule_parse_share(const char *text);
/* 1250 as `12.5`, to `text` [RAMP_SHARE_SIZE], returned. */
const char *ramp_rule_print_share(char *text, int share);
const char *ramp_rule_move_name(enum ramp_move move);

/* `found_share`: what the key holds from an earlier controller; it is gone on from there, after a new soak. */
void ramp_rule_begin(struct ramp_state *state, int found_share, int64_t now_us);
/* One tick; changes `state`. */
struct ramp_decision ramp_rule_tick(struct ramp_state *state, const struct ramp_settings *settings,
                                    const struct ramp_signs *signs, int64_t now_us);

#endif
