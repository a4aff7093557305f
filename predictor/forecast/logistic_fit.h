/* logistic_fit.h - ridge logistic regression by iteratively reweighted least squares, also on top of a known hazard.
 * Room: predictor/forecast. May touch: GSL (linear algebra), memory. */
#ifndef REKINDLE_PREDICTOR_LOGISTIC_FIT_H
#define REKINDLE_PREDICTOR_LOGISTIC_FIT_H

#include "common/error.h"

#include "predictor/forecast/return_link.h"

#include <stddef.h>
#include <stdint.h>

enum { LOGISTIC_COLUMNS_MAX = 112 };

/* Rows of numbers; the caller's. With groups, each row also has a 1 in the column of its group: these columns come after
 * the others in priors, coefficients and covariance, and cost next to nothing. */
struct logistic_rows {
    const float *values;   /* [row_count][column_count] */
    const uint8_t *labels; /* [row_count], 0 or 1 */
    const float *weights;  /* [row_count], or NULL for 1 each */
    size_t row_count, column_count;
    const uint16_t *groups; /* [row_count], each below group_count; NULL when there are none */
    size_t group_count;
    const struct return_ground
        *grounds; /* [row_count] as in return_link.h; NULL: the scores are logits */
    const double *
        start; /* coefficients to begin at, a fit of similar rows for instance; NULL: the prior's mean */
};

/* A normal prior on each coefficient: precision 0 leaves it free. */
struct logistic_prior {
    double mean[LOGISTIC_COLUMNS_MAX];
    double precision[LOGISTIC_COLUMNS_MAX];
};

struct logistic_fit {
    size_t column_count; /* with the groups' */
    double coefficients[LOGISTIC_COLUMNS_MAX];
    double covariance[LOGISTIC_COLUMNS_MAX]
                     [LOGISTIC_COLUMNS_MAX]; /* inverse of the penalised information */
    double log_loss; /* mean over the rows, without the prior; 0 without rows */
};

/* Maximises the log-likelihood less the prior's. Always ends with finite numbers: what neither the rows nor the prior hold stays where it began. Fails for want of memory or
 * when there are more than LOGISTIC_COLUMNS_MAX columns. Cost: some 6 passes of row_count * column_count^2 / 2. */
int logistic_fit_rows(const struct logistic_rows *rows, const struct logistic_prior *prior,
                      struct logistic_fit *fit, struct error *err) MUST_CHECK;

/* The logit of one row of `count` columns, without its group's, and the standard error of that. */
double logistic_fit_logit(const struct logistic_fit *fit, const float *row, size_t count);
double logistic_fit_error(const struct logistic_fit *fit, const float *row, size_t count);

#endif
