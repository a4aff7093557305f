/* tally.h - what a simulated key has seen: its last touch, and the promotion that runs or ran last.
 * Room: predictor/simulate. May touch: nothing. Seconds count from the start of the log. */
#ifndef REKINDLE_PREDICTOR_TALLY_H
#define REKINDLE_PREDICTOR_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TALLY_NEVER = -1,
    TALLY_DORMANT_SECOND =
        30 * 86400 /* what truth-events.csv calls dormant: the default of `rank` */
};

struct tally {
    int32_t last_second;  /* last touch of all; TALLY_NEVER */
    int32_t last_before;  /* the same when the promotion began */
    int32_t first_second; /* first touch since the promotion began; TALLY_NEVER */
    uint32_t hits;        /* touches since the promotion began */
    float p_touch;        /* P(hits > 0), as it stood when the promotion began */
};

static inline void tally_touch(struct tally *tally, int32_t second)
{
    if (second > tally->last_second) {
        tally->last_second = second;
    }
    if (tally->first_second == TALLY_NEVER || second < tally->first_second) {
        tally->first_second = second;
    }
    tally->hits++;
}

/* A promotion begins: forgets the one before. */
static inline void tally_begin(struct tally *tally)
{
    tally->last_before = tally->last_second;
    tally->first_second = TALLY_NEVER;
    tally->hits = 0;
}

/* Known, and without a touch for TALLY_DORMANT_SECOND, when the promotion began at `begin_second`. */
static inline bool tally_is_dormant(const struct tally *tally, int32_t begin_second)
{
    return tally->last_before != TALLY_NEVER &&
           tally->last_before <= begin_second - TALLY_DORMANT_SECOND;
}

#endif
