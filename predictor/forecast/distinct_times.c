/* distinct_times.c - see distinct_times.h: open addressing with linear probing, at most half full.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/distinct_times.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_AT_FIRST = 1024 };

/* The high bits of the product: whole numbers have only zeros in their low ones. */
static size_t place_of(double time, size_t slot_count)
{
    const uint64_t odd = 0x9e3779b97f4a7c15U; /* 2^64 divided by the golden ratio */
    enum { HALF = 32 };
    uint64_t bits;
    memcpy(&bits, &time, sizeof bits);
    bits ^= bits >> HALF;
    return (size_t)((bits * odd) >> HALF) & (slot_count - 1);
}

/* The slot that holds `time`, or the free one where it belongs. */
static uint32_t *find_slot(const struct distinct_times *times, double time)
{
    size_t at = place_of(time, times->slot_count);
    while (times->slots[at] != 0 && times->times[times->slots[at] - 1] != time) {
        at = (at + 1) & (times->slot_count - 1);
    }
    return &times->slots[at];
}

static int grow(struct distinct_times *times, struct error *err)
{
    size_t slot_count = times->slot_count == 0 ? SLOTS_AT_FIRST : times->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    double *values = realloc(times->times, slot_count / 2 * sizeof *values);
    times->times = values == NULL ? times->times : values;
    if (slots == NULL || values == NULL) {
        free(slots);
        return error_set_memory(err, "numbering times");
    }
    free(times->slots);
    times->slots = slots;
    times->slot_count = slot_count;
    for (size_t i = 0; i < times->count; i++) {
        *find_slot(times, times->times[i]) = (uint32_t)i + 1;
    }
    return 0;
}

int distinct_times_number(struct distinct_times *times, double time, uint32_t *number,
                          struct error *err)
{
    time += 0; /* -0 is 0 */
    if (times->count == times->slot_count / 2 && grow(times, err) != 0) {
        return -1;
    }
    uint32_t *slot = find_slot(times, time);
    if (*slot == 0) {
        times->times[times->count++] = time;
        *slot = (uint32_t)times->count;
    }
    *number = *slot - 1;
    return 0;
}

void distinct_times_free(struct distinct_times *times)
{
    free(times->times);
    free(times->slots);
    *times = (struct distinct_times){0};
}
