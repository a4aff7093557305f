/* write_law.h - how many rows a second may go to Redis while it answers slowly: AIMD on the rate.
 * Room: loader/rules. May touch: nothing: the time is an argument. Pure.
 * Promises: without slowness there is no limit; the rate never falls below WRITE_LAW_RATE_MIN, so a run goes on. */
#ifndef REKINDLE_LOADER_WRITE_LAW_H
#define REKINDLE_LOADER_WRITE_LAW_H

#include <stdbool.h>
#include <stdint.h>

enum { WRITE_LAW_RATE_MIN = 200 };

/* All zero: no limit. */
struct write_law {
    double rate; /* rows a second; 0: no limit */
    double
        ceiling; /* what was written when Redis first became slow: a twentieth is a step upward */
    int64_t judged_us; /* 0: never */
};

/* Twice a second: halves the rate while Redis `is_slow`, raises it by a step while it is not, and forgets the limit
 * at twice the ceiling. `written`: rows a second of late. */
void write_law_note(struct write_law *law, bool is_slow, double written, int64_t now_us);

#endif
