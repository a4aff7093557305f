/* triple_set.h - collects the (x, t_x, T) of keys and counts how often each occurs.
 * Room: predictor/forecast. May touch: memory only.
 * Promises: memory follows the distinct triples, not the keys: the space of days is bounded (1.6 M of 10 M keys). */
#ifndef REKINDLE_PREDICTOR_TRIPLE_SET_H
#define REKINDLE_PREDICTOR_TRIPLE_SET_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

enum { TRIPLE_FIELD_BITS = 21, TRIPLE_FIELD_MAX = (1 << TRIPLE_FIELD_BITS) - 1 };

/* One slot of the open table; free when weight is 0. */
struct triple_slot {
    uint64_t
        packed; /* x, last, age: TRIPLE_FIELD_BITS each, x highest, so that sorting by it sorts by x */
    double weight;
};

/* All zero is an empty set. */
struct triple_set {
    struct triple_slot *slots; /* [slot_count], a power of two, or NULL */
    size_t slot_count, count;
};

/* Adds `weight` (> 0) times the triple: `x` repeat times, the last after `last` ticks, seen for `age` ticks since the
 * first; last <= age. Fields beyond TRIPLE_FIELD_MAX are cut to it (5,700 years of days). */
int triple_set_add(struct triple_set *set, const uint32_t triple[3], double weight,
                   struct error *err) MUST_CHECK;
/* The slot of the triple, or SIZE_MAX when it is not in the set. */
size_t triple_set_find(const struct triple_set *set, const uint32_t triple[3]);
void triple_set_free(struct triple_set *set);

/* The triple as one number, its fields cut as above; and the fields of such a number. */
uint64_t triple_set_pack(const uint32_t triple[3]);
static inline uint32_t triple_set_x(uint64_t packed)
{
    return (uint32_t)(packed >> (2 * TRIPLE_FIELD_BITS));
}
static inline uint32_t triple_set_last(uint64_t packed)
{
    return (uint32_t)(packed >> TRIPLE_FIELD_BITS) & TRIPLE_FIELD_MAX;
}
static inline uint32_t triple_set_age(uint64_t packed)
{
    return (uint32_t)packed & TRIPLE_FIELD_MAX;
}

#endif
