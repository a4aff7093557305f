/* distinct_times.h - numbers for times, in the order in which they are first seen.
 * Room: predictor/forecast. May touch: memory only. */
#ifndef REKINDLE_PREDICTOR_DISTINCT_TIMES_H
#define REKINDLE_PREDICTOR_DISTINCT_TIMES_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

/* All zero is none. */
struct distinct_times {
    double *times; /* [count], by number */
    size_t count;
    uint32_t *slots; /* [slot_count], a power of two: an open table of numbers plus 1; 0 is free */
    size_t slot_count;
};

/* The number of `time` (finite, >= 0), a new one if it was not seen before; O(1). */
int distinct_times_number(struct distinct_times *times, double time, uint32_t *number,
                          struct error *err) MUST_CHECK;
void distinct_times_free(struct distinct_times *times);

#endif
