/* redis_wait.h - waits for a socket until a deadline, or shortly after a stop is wished.
 * Room: loader/sink. May touch: clocks, poll.
 * Promises: a server that hangs holds up a stop by no more than REDIS_STOP_GRACE_MS a wait. */
#ifndef REKINDLE_LOADER_REDIS_WAIT_H
#define REKINDLE_LOADER_REDIS_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REDIS_STOP_LOOK_MS = 100, /* how long the stop flag may go unseen */
    REDIS_STOP_GRACE_MS =
        400, /* for answers that are under way when it is seen: both are half a second */
};

enum {
    REDIS_STOP_LATE_MS = 100
}; /* the grace of a wait that begins when a stop is wished already */

enum redis_readiness { REDIS_READY, REDIS_TIME_OVER, REDIS_STOP_WISHED };

struct redis_wait {
    int64_t deadline_ms;    /* of the monotonic clock */
    const atomic_int *stop; /* NULL: never */
    bool is_stopping;       /* the flag was seen; the deadline is that of the stop */
};

/* For `timeout_ms` from now on. */
struct redis_wait redis_wait_begin(int64_t timeout_ms, const atomic_int *stop);

/* Sleeps until poll has something to say of `descriptor`: one of `events`, or that it is broken. */
enum redis_readiness redis_wait_on(struct redis_wait *wait, int descriptor, short events);

static inline bool redis_wait_is_stop(const atomic_int *stop)
{
    return stop != NULL && atomic_load(stop) != 0;
}

#endif
