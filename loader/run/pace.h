/* pace.h - how fast a run may go, and which reason cost how many seconds.
 * Room: loader/run. May touch: nothing: the time is an argument. Pure.
 * Promises: every wait of a run is accounted here to one reason, so that the summary can say why it was slow. */
#ifndef REKINDLE_LOADER_PACE_H
#define REKINDLE_LOADER_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum throttle_reason {
    THROTTLE_PAUSE,    /* the switch says pause */
    THROTTLE_ROW_RATE, /* [pace] rows */
    THROTTLE_SOURCE,   /* the window was not fetched yet */
    THROTTLE_RECHECK,  /* a version was too young to be trusted */
    THROTTLE_REASON_COUNT
};

/* A token bucket that holds at most a fifth of a second of rows, so that a limit is a limit within any second. */
struct pace {
    double rows_per_second; /* 0: no limit */
    double tokens, capacity;
    int64_t filled_us;
    int64_t throttled_us[THROTTLE_REASON_COUNT];
};

void pace_init(struct pace *pace, uint64_t rows_per_second, int64_t now_us);

/* How many of `wanted` rows (at least 1) may be written now, 1..wanted, and takes them; 0: wait `*wait_us` first. */
uint64_t pace_take(struct pace *pace, uint64_t wanted, int64_t now_us, int64_t *wait_us);

/* Adds a wait to the account of `reason`; a negative one counts as none. */
void pace_account(struct pace *pace, enum throttle_reason reason, int64_t waited_us);

/* Words for the summary and the status: "row rate limit"; and one for the progress line: "rate". */
const char *pace_reason_text(enum throttle_reason reason);
const char *pace_reason_word(enum throttle_reason reason);

#endif
