/* redis_wait.c - see redis_wait.h.
 * Room: loader/sink. May touch: clocks, poll. */
#include "loader/sink/redis_wait.h"

#include "common/monotonic.h"

#include <poll.h>

struct redis_wait redis_wait_begin(int64_t timeout_ms, const atomic_int *stop)
{
    bool is_stopping = redis_wait_is_stop(stop);
    if (is_stopping && timeout_ms > (int64_t)REDIS_STOP_LATE_MS) {
        timeout_ms = REDIS_STOP_LATE_MS;
    }
    return (struct redis_wait){
        .deadline_ms = monotonic_ms() + timeout_ms, .stop = stop, .is_stopping = is_stopping};
}

static void look_at_stop(struct redis_wait *wait, int64_t now_ms)
{
    if (wait->is_stopping || !redis_wait_is_stop(wait->stop)) {
        return;
    }
    wait->is_stopping = true;
    if (wait->deadline_ms > now_ms + REDIS_STOP_GRACE_MS) {
        wait->deadline_ms = now_ms + REDIS_STOP_GRACE_MS;
    }
}

enum redis_readiness redis_wait_on(struct redis_wait *wait, int descriptor, short events)
{
    for (;;) {
        int64_t now_ms = monotonic_ms();
        look_at_stop(wait, now_ms);
        int64_t left_ms = wait->deadline_ms - now_ms;
        if (left_ms <= 0) {
            return wait->is_stopping ? REDIS_STOP_WISHED : REDIS_TIME_OVER;
        }
        struct pollfd waiting = {descriptor, events, 0};
        int slice_ms = left_ms < REDIS_STOP_LOOK_MS ? (int)left_ms : REDIS_STOP_LOOK_MS;
        if (poll(&waiting, 1, slice_ms) > 0) {
            return REDIS_READY;
        }
    }
}
