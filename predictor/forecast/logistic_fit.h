/* logistic_fit.h - ridge logistic regression by iteratively reweighted least squares.
 * Room: predictor/forecast. May touch: GSL (linear algebra), memory. */
#ifndef REKINDLE_PREDICTOR_LOGISTIC_FIT_H
#define REKINDLE_PREDICTOR_LOGISTIC_FIT_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

enum { LOGISTIC_COLUMNS_MAX = 96 };

/* Rows of `columns` numbers each; the caller's. */
struct logistic_rows {
    const float *values;   /* [row_count][column_count] */
    const uint8_t *labels; /* [row_count], 0 or 1 */
    const float *weights;  /* [row_count], or NULL for 1 each */
    size_t row_count, column_count;
};

/* A normal prior on each coefficient: precision 0 leaves it free. */
struct logistic_prior {
    double mean[LOGISTIC_COLUMNS_MAX];
    double precision[LOGISTIC_COLUMNS_MAX];
};

struct logistic_fit {
    size_t column_count;
    double coefficients[LOGISTIC_COLUMNS_MAX];
    double covariance[LOGISTIC_COLUMNS_MAX]
                     [LOGISTIC_COLUMNS_MAX]; /* inverse of the penalised information */
    double log_loss; /* mean over the rows, without the prior; 0 without rows */
};

/* Maximises the log-likelihood less the prior's. Always ends with finite numbers: what neither the rows nor the prior hold stays at the prior's mean. Fails for want of memory or
 * when there are more than LOGISTIC_COLUMNS_MAX columns. Cost: some 6 passes of row_count * column_count^2 / 2. */
int logistic_fit_rows(const struct logistic_rows *rows, const struct logistic_prior *prior,
                      struct logistic_fit *fit, struct error *err) MUST_CHECK;

/* The logit of one row, and its standard error. */
double logistic_fit_logit(const struct logistic_fit *fit, const float *row);
double logistic_fit_error(const struct logistic_fit *fit, const float *row);

#endif
