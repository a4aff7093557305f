/* ranking_sums.h - what has to be added up over scored keys, so that every metric is a ratio of sums.
 * Room: predictor/backtest. May touch: nothing. Pure.
 * Sums are additive over origins: keys compete with the keys of their own origin only, as they do in a plan, and
 * pooled metrics are metrics of the sums. Keys of equal probability share what a cut through them takes. */
#ifndef REKINDLE_PREDICTOR_RANKING_SUMS_H
#define REKINDLE_PREDICTOR_RANKING_SUMS_H

#include "predictor/backtest/calibration_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RANKING_CUT_COUNT = 5, /* the best 1, 5, 10, 20 % of the keys, and the plan */
    RANKING_BIN_COUNT =
        10, /* of the calibration table: tenths of an origin's keys, the lowest first */
    RANKING_CELL_COUNT = 512 /* cells of logits, for the calibration line */
};

struct ranking_row {
    double p; /* 0..1 */
    uint32_t key;
    uint32_t size_bytes; /* in Redis */
    bool has_returned;
    /* filled in by ranking_sums_prepare */
    uint8_t bin;
    uint16_t cell;
    double logit, log_loss;
};

/* How much the plan may hold, whichever limit comes first; 0 is no limit, and both 0 no plan. */
struct ranking_plan {
    uint64_t top, budget_bytes;
};

struct ranking_cut {
    double keys, returns, bytes;
    double chance; /* the returns that as many keys taken blindly would have had */
};

struct ranking_bin {
    double keys, predicted, returns;
};

/* All zero is the sums of nothing. */
struct ranking_sums {
    double keys, returns, predicted, log_loss, squares;
    double pairs,
        ordered_pairs;    /* of a key that returned and one that did not; ties are half in order */
    double precision_sum; /* over the returned: precision down to their probability */
    struct ranking_cut cuts[RANKING_CUT_COUNT];
    struct ranking_bin bins[RANKING_BIN_COUNT];
    struct calibration_point cells[RANKING_CELL_COUNT];
};

/* Sorts by falling p (then by key) and fills in the rest. Once before any adding. O(n log n). */
void ranking_sums_prepare(struct ranking_row *rows, size_t count);

/* Adds the prepared rows of one origin, row i `weights`[i] times (NULL: once). Limits of the plan shrink and grow with
 * the keys' weights. O(n). */
void ranking_sums_add(struct ranking_sums *sums, const struct ranking_row *rows, size_t count,
                      const struct ranking_plan *plan, const uint8_t *weights);
/* Adds what another origin came to. */
void ranking_sums_merge(struct ranking_sums *sums, const struct ranking_sums *other);

#endif
