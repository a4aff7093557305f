/* calibration_line.h - the line a + b * logit(p) that says how far probabilities are from what happened.
 * Room: predictor/backtest. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_CALIBRATION_LINE_H
#define REKINDLE_PREDICTOR_CALIBRATION_LINE_H

#include <stddef.h>

/* Keys of about the same forecast. */
struct calibration_point {
    double keys, logit_sum, returns; /* the mean logit is logit_sum / keys */
};

struct calibration_line {
    double intercept,
        slope; /* 0 and 1 when the probabilities are right; NaN when there is no answer */
};

/* Logistic regression of the returns on the logits by maximum likelihood, weighted by keys; points without keys
 * are left out. No answer: all logits alike, all or none returned, or returns and others parted by one logit.
 * Source: D. R. Cox, Two further applications of a model for binary regression, Biometrika 45 (1958). */
struct calibration_line calibration_line_fit(const struct calibration_point *points, size_t count);

#endif
