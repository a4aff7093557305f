/* event_window.h - the door of the calendar room: past promotions and the coming one.
 * Room: predictor/calendar. May touch: common. */
#ifndef REKINDLE_PREDICTOR_EVENT_WINDOW_H
#define REKINDLE_PREDICTOR_EVENT_WINDOW_H

#include <stdint.h>

struct key_set;

/* [start, end) in Unix seconds, already rounded outward to buckets. */
struct event_window {
    const char *name; /* "" for a bare --window */
    const char *kind; /* "" when events.csv has none */
    int64_t start_unix, end_unix;
    const struct key_set *members; /* the keys that are in it, borrowed; NULL: not told */
};

#endif
