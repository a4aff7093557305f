/* rank_facts.h - what a key's history says about it as of a time, for the plan's columns.
 * Room: predictor/rank. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_RANK_FACTS_H
#define REKINDLE_PREDICTOR_RANK_FACTS_H

#include "common/civil_time.h"

#include "predictor/calendar/event_window.h"
#include "predictor/history/key_history.h"

#include <stdbool.h>
#include <stddef.h>

/* What is the same for all keys of one ranking; all borrowed. */
struct rank_frame {
    const struct event_window
        *past; /* [past_count], ended at as_of, in order of time, without overlaps */
    size_t past_count;
    const struct event_window *window; /* the coming one */
    int64_t as_of_unix;
    int64_t bucket_second;
    const struct zone *zone; /* of active days; NULL: UTC */
};

struct rank_facts {
    int64_t last_seen_unix; /* start of the last active bucket before as_of */
    uint32_t active_days;
    uint16_t events_returned; /* past events in which a key that existed before was seen */
    uint16_t events_seen;     /* past events before which it existed */
    double size_bytes;        /* mean of the answers' known sizes; 0: none was known */
    double cost_ms;           /* mean of their known durations; 0: none was known */
};

/* Looks only at buckets that start before as_of; false when there is none: the key does not exist yet.
 * Cost: one step a bucket. */
bool rank_facts_from_history(const struct rank_frame *frame, const struct key_history *history,
                             struct rank_facts *facts);

#endif
