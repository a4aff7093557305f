/* run_clock.h - the two clocks of a run: monotonic for waiting, Unix time for what is written down.
 * Room: loader/run. May touch: the clocks of the system. */
#ifndef REKINDLE_LOADER_RUN_CLOCK_H
#define REKINDLE_LOADER_RUN_CLOCK_H

#include <stdint.h>

enum { RUN_CLOCK_US_PER_MS = 1000, RUN_CLOCK_US_PER_SECOND = 1000000 };

/* Microseconds from some fixed point; never goes back. */
int64_t run_clock_us(void);
/* Unix time of the system, seconds. */
int64_t run_clock_unix(void);
/* Sleeps; returns early on a signal. */
void run_clock_sleep_us(int64_t us);

#endif
