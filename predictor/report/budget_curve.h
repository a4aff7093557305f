/* budget_curve.h - bytes against expected misses avoided, over all candidates, in the plan's order.
 * Room: predictor/report. May touch: the stream it is given. */
#ifndef REKINDLE_PREDICTOR_BUDGET_CURVE_H
#define REKINDLE_PREDICTOR_BUDGET_CURVE_H

#include "common/plan_row.h"

#include <stdio.h>

/* Candidates are not kept but added up in bins of benefit per byte, 64 to each doubling, so the curve is exact
 * where bins meet and off by less than a bin's width of 1.1 % between. */
enum { CURVE_BINS_A_DOUBLING = 64, CURVE_DOUBLINGS = 128 };

struct curve_sum {
    uint64_t key_count, size_bytes;
    double misses, benefit_ms;
};

/* All zero is the curve of nothing: no init call. 256 KiB. */
struct budget_curve {
    struct curve_sum bins[CURVE_BINS_A_DOUBLING * CURVE_DOUBLINGS + 1]; /* the first: no benefit */
    struct curve_sum planned;
};

void budget_curve_add(struct budget_curve *curve, const struct plan_row *row);
void budget_curve_add_planned(struct budget_curve *curve, const struct plan_row *row);

/* As CSV with some 200 points from the best key to the last, and one where the plan ends. */
void budget_curve_write(const struct budget_curve *curve, FILE *out);

#endif
