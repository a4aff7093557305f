/* run_clock.c - see run_clock.h.
 * Room: loader/run. May touch: the clocks of the system. */
#include "loader/run/run_clock.h"

#include <time.h>

enum { NS_PER_US = 1000 };

int64_t run_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * RUN_CLOCK_US_PER_SECOND + now.tv_nsec / NS_PER_US;
}

int64_t run_clock_unix(void)
{
    return (int64_t)time(NULL);
}

void run_clock_sleep_us(int64_t us)
{
    if (us > 0) {
        struct timespec duration = {.tv_sec = us / RUN_CLOCK_US_PER_SECOND,
                                    .tv_nsec = us % RUN_CLOCK_US_PER_SECOND * NS_PER_US};
        nanosleep(&duration, NULL);
    }
}
