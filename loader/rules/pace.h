/* pace.h - how fast a run may go, and which reason cost how many seconds.
 * Room: loader/rules. May touch: nothing: the time is an argument. Pure.
 * Promises: what is noted with pace_spend never exceeds a limit in any second; every wait of a run is accounted here to
 * one reason, so that the summary can say why it was slow. */
#ifndef REKINDLE_LOADER_PACE_H
#define REKINDLE_LOADER_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum throttle_reason {
    THROTTLE_PAUSE,     /* the switch says pause */
    THROTTLE_ROW_RATE,  /* [pace] rows */
    THROTTLE_BYTE_RATE, /* [pace] bytes */
    THROTTLE_THREADS,   /* [pace] threads_running, or not known */
    THROTTLE_HIBERNATE, /* [pace] threads_running_critical */
    THROTTLE_LAG,       /* [pace] replica_lag, or not known */
    THROTTLE_QUERY,     /* [pace] throttle_query */
    THROTTLE_CHUNKS,    /* [pace] chunk_target: less is asked of a slow source */
    THROTTLE_REDIS,     /* [pace] redis_latency */
    THROTTLE_SOURCE,    /* the window was not fetched yet, at full speed */
    THROTTLE_SOAK,      /* between two waves */
    THROTTLE_RECHECK,   /* a version was too young to be trusted */
    THROTTLE_MEMORY,    /* Redis is too full, or is looked at before the load begins */
    THROTTLE_REASON_COUNT
};

enum { PACE_SLOT_COUNT = 51, PACE_SLOT_US = 20000 };

/* One limit: a token bucket that holds a fifth of a second, given out in bursts of a thousandth (a hundredth where answers
 * take so long), and the sum of the last second in slots of 20 ms, which bounds any second strictly. */
struct pace_limit {
    double per_second; /* 0: no limit */
    double tokens, capacity;
    int64_t filled_us;
    int64_t next_us;               /* no burst before */
    int64_t taken_us;              /* the last burst; 0: none yet */
    double spent[PACE_SLOT_COUNT]; /* in slot number modulo the count */
    int64_t slot;                  /* the newest */
};

struct pace {
    struct pace_limit rows, bytes;
    int64_t throttled_us[THROTTLE_REASON_COUNT];
};

void pace_init(struct pace *pace, uint64_t rows_per_second, int64_t now_us);

/* Other limits from now on; 0: none. What was spent in the last second still counts. */
void pace_set_rows(struct pace *pace, double rows_per_second, int64_t now_us);
void pace_set_bytes(struct pace *pace, double bytes_per_second, int64_t now_us);

/* The row limit in force, rows a second; 0: none. */
double pace_rows_per_second(const struct pace *pace);

/* How many of `wanted` rows (at least 1) may be written now, 1..wanted, and takes them; 0: wait `*wait_us` first. */
uint64_t pace_take(struct pace *pace, uint64_t wanted, int64_t now_us, int64_t *wait_us);

/* How many bytes of values may be written now; UINT64_MAX: no limit; if too few, wait PACE_SLOT_US. A value larger than
 * pace_bytes_most may go alone when this is as much. Takes nothing: pace_spend does. */
uint64_t pace_bytes_now(struct pace *pace, int64_t now_us);
uint64_t pace_bytes_most(const struct pace *pace);

/* To be called when what was taken has been written, with the time at which the last answer came. */
void pace_spend(struct pace *pace, uint64_t row_count, uint64_t bytes, int64_t now_us);

/* Adds a wait to the account of `reason`; a negative one counts as none. */
void pace_account(struct pace *pace, enum throttle_reason reason, int64_t waited_us);

/* Words for the summary and the status: "row rate limit"; and one for the progress line, status file and metrics:
 * "rate". */
const char *pace_reason_text(enum throttle_reason reason);
const char *pace_reason_word(enum throttle_reason reason);

#endif
