/* benefit_curve.h - how much of a plan's expected benefit its first N keys hold, in bounded memory.
 * Room: loader/rules. May touch: nothing. Pure.
 * Promises: rows may come in any order; exact for plans of up to BENEFIT_CURVE_SLOTS ranks, and for longer ones
 * interpolated within a slot of neighbouring ranks. */
#ifndef REKINDLE_LOADER_BENEFIT_CURVE_H
#define REKINDLE_LOADER_BENEFIT_CURVE_H

#include <stdint.h>

enum { BENEFIT_CURVE_SLOTS = 4096 };

/* The rows of `ranks_per_slot` neighbouring ranks. */
struct benefit_slot {
    uint64_t row_count;
    double benefit_ms;
};

struct benefit_curve {
    uint64_t ranks_per_slot; /* a power of two, doubled when a rank lies behind the last slot */
    struct benefit_slot slots[BENEFIT_CURVE_SLOTS];
};

/* Makes it empty. */
void benefit_curve_init(struct benefit_curve *curve);

/* Adds a row that is to be warmed; `rank` counts from 1. */
void benefit_curve_add(struct benefit_curve *curve, uint64_t rank, double benefit_ms);

/* Adds the rows of another curve. */
void benefit_curve_join(struct benefit_curve *curve, const struct benefit_curve *other);

/* The benefit of the first `row_count` rows in rank order, over that of all; 0..1. 1 when there is no benefit at all.
 * Cost: one pass over the slots. */
double benefit_curve_share(const struct benefit_curve *curve, uint64_t row_count);

#endif
