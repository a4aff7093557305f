/* count_fit.h - a zero-truncated count model: who comes at all comes once, and a negative binomial number of times more.
 * Room: predictor/forecast. May touch: GSL (linear algebra).
 * The mean of what is beyond the first is log-linear in a few columns. Fitted by likelihood with a variance of mean +
 * mean^2 / size, so that the few keys that come most do not decide alone; the mean is right whatever the counts' law. */
#ifndef REKINDLE_PREDICTOR_COUNT_FIT_H
#define REKINDLE_PREDICTOR_COUNT_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum { COUNT_COLUMNS_MAX = 8 };

struct count_row {
    double columns[COUNT_COLUMNS_MAX]; /* the first is 1 */
    double beyond, weight;             /* accesses beyond the first */
};

struct count_fit {
    size_t column_count;                /* set it, and the next two, before fitting */
    bool is_bounded[COUNT_COLUMNS_MAX]; /* no further from the mean than rows can tell */
    double expected[COUNT_COLUMNS_MAX]; /* slopes thought likely beforehand, per unit of a column */
    double coefficients[COUNT_COLUMNS_MAX]; /* of standardised columns */
    double mean[COUNT_COLUMNS_MAX], spread[COUNT_COLUMNS_MAX];
    double size; /* of the negative binomial: small for heavy tails */
};

/* Standardises `rows` [count] in place and fits. Where nobody came twice, the mean is 1. */
void count_fit_rows(struct count_fit *fit, struct count_row *rows, size_t count);
/* The mean number of accesses of one who comes, at least 1. */
double count_fit_mean(const struct count_fit *fit, const double columns[COUNT_COLUMNS_MAX]);

#endif
