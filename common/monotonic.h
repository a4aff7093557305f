/* monotonic.h - a clock that never jumps, for time limits and measurements.
 * Room: common. May touch: the monotonic clock. */
#ifndef REKINDLE_COMMON_MONOTONIC_H
#define REKINDLE_COMMON_MONOTONIC_H

#include <stdint.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, US_PER_MS = 1000, US_PER_SECOND = 1000000, NS_PER_US = 1000 };

/* Microseconds since some fixed moment. */
static inline int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / NS_PER_US;
}

static inline int64_t monotonic_ms(void)
{
    return monotonic_us() / US_PER_MS;
}

#endif
