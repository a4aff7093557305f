/* logistic_fit.c - see logistic_fit.h.
 * Room: predictor/forecast. May touch: GSL (linear algebra), memory.
 * The information matrix is summed by an own loop over the lower triangle: 18 times faster than gslcblas' dsyrk on
 * 500,000 x 24. GSL factorises it. */
#include "predictor/forecast/logistic_fit.h"

#include "predictor/forecast/special_math.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 50, HALVINGS_MAX = 30 };

/* Sums over the rows at one set of coefficients. */
struct sums {
    double *information; /* [column_count][column_count], lower triangle */
    double gradient[LOGISTIC_COLUMNS_MAX];
    double value; /* log-likelihood less the prior's */
    double log_likelihood, weight;
};

static double dot(const double *coefficients, const float *row, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += coefficients[i] * (double)row[i];
    }
    return sum;
}

/* Rows are taken four at a time: each element of the matrix is then loaded and stored once for four products. */
enum { ROWS_AT_ONCE = 4 };
struct row_block {
    const float *rows[ROWS_AT_ONCE];
    double weights[ROWS_AT_ONCE];
    size_t count;
};

/* Adds the sum of weight * row row' to the lower triangle of a matrix that is `size` wide, and empties the block. */
static void add_block(double *information, size_t size, size_t count, struct row_block *block)
{
    for (; block->count < ROWS_AT_ONCE; block->count++) {
        block->rows[block->count] = block->rows[0];
        block->weights[block->count] = 0;
    }
    const float *a = block->rows[0];
    const float *b = block->rows[1];
    const float *c = block->rows[2];
    const float *d = block->rows[3];
    for (size_t i = 0; i < count; i++) {
        double ai = block->weights[0] * (double)a[i];
        double bi = block->weights[1] * (double)b[i];
        double ci = block->weights[2] * (double)c[i];
        double di = block->weights[3] * (double)d[i];
        double *to = &information[i * size];
        for (size_t j = 0; j <= i; j++) {
            to[j] += ai * (double)a[j] + bi * (double)b[j] + ci * (double)c[j] + di * (double)d[j];
        }
    }
    block->count = 0;
}

/* The same for the column of a group, which holds a 1. */
static void add_group(double *information, size_t size, const float *row, size_t count,
                      size_t group_column, double weight)
{
    double *to = &information[group_column * size];
    for (size_t j = 0; j < count; j++) {
        to[j] += weight * (double)row[j];
    }
    to[group_column] += weight;
}

static size_t size_of(const struct logistic_rows *rows)
{
    return rows->column_count + (rows->groups == NULL ? 0 : rows->group_count);
}

static void sum_prior(const struct logistic_prior *prior, const double *at, size_t count,
                      struct sums *sums)
{
    for (size_t i = 0; i < count; i++) {
        double away = at[i] - prior->mean[i];
        sums->value -= prior->precision[i] * away * away / 2;
        sums->gradient[i] -= prior->precision[i] * away;
        sums->information[i * count + i] += prior->precision[i];
    }
}

static void sum_rows(const struct logistic_rows *rows, const struct logistic_prior *prior,
                     const double *at, struct sums *sums)
{
    size_t count = rows->column_count;
    size_t size = size_of(rows);
    memset(sums->information, 0, size * size * sizeof *sums->information);
    memset(sums->gradient, 0, sizeof sums->gradient);
    sums->value = sums->weight = 0;
    struct row_block block = {.count = 0};
    for (size_t i = 0; i < rows->row_count; i++) {
        const float *row = &rows->values[i * count];
        double w = rows->weights == NULL ? 1 : (double)rows->weights[i];
        size_t group = rows->groups == NULL ? 0 : count + rows->groups[i];
        double logit = dot(at, row, count) + (group == 0 ? 0 : at[group]);
        double p = special_math_expit(logit);
        double residual = w * ((rows->labels[i] != 0 ? 1 : 0) - p);
        sums->weight += w;
        sums->value -= w * special_math_log1pexp(rows->labels[i] != 0 ? -logit : logit);
        for (size_t j = 0; j < count; j++) {
            sums->gradient[j] += residual * (double)row[j];
        }
        block.rows[block.count] = row;
        block.weights[block.count++] = w * p * (1 - p);
        if (block.count == ROWS_AT_ONCE) {
            add_block(sums->information, size, count, &block);
        }
        if (group != 0) {
            sums->gradient[group] += residual;
            add_group(sums->information, size, row, count, group, w * p * (1 - p));
        }
    }
    if (block.count > 0) {
        add_block(sums->information, size, count, &block);
    }
    sums->log_likelihood = sums->value;
    sum_prior(prior, at, size, sums);
}

/* Factorises the information into `factor`, with as little added to its diagonal as makes it positive definite. */
static void factorise(const struct sums *sums, size_t count, gsl_matrix *factor)
{
    double largest = 1e-6;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, sums->information[i * count + i]);
    }
    for (double ridge = largest * 1e-12;; ridge *= 100) {
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j <= i; j++) {
                double element = sums->information[i * count + j] + (i == j ? ridge : 0);
                gsl_matrix_set(factor, i, j, element);
                gsl_matrix_set(factor, j, i, element);
            }
        }
        if (gsl_linalg_cholesky_decomp1(factor) == 0) {
            return;
        }
    }
}

/* One Newton step with halving; the gain, or 0 when no step improves. */
static double climb(const struct logistic_rows *rows, const struct logistic_prior *prior,
                    struct logistic_fit *fit, struct sums *sums, gsl_matrix *factor)
{
    size_t count = size_of(rows);
    double step[LOGISTIC_COLUMNS_MAX];
    double moved[LOGISTIC_COLUMNS_MAX];
    double before = sums->value;
    gsl_vector_view gradient = gsl_vector_view_array(sums->gradient, count);
    gsl_vector_view solution = gsl_vector_view_array(step, count);
    factorise(sums, count, factor);
    (void)gsl_linalg_cholesky_solve(factor, &gradient.vector, &solution.vector);
    double share = 1;
    for (int i = 0; i < HALVINGS_MAX; i++, share /= 2) {
        for (size_t j = 0; j < count; j++) {
            moved[j] = fit->coefficients[j] + share * step[j];
        }
        sum_rows(rows, prior, moved, sums);
        if (isfinite(sums->value) && sums->value >= before) {
            memcpy(fit->coefficients, moved, count * sizeof *moved);
            return sums->value - before;
        }
    }
    sum_rows(rows, prior, fit->coefficients, sums);
    return 0;
}

static void set_covariance(struct logistic_fit *fit, const struct sums *sums, gsl_matrix *factor)
{
    factorise(sums, fit->column_count, factor);
    (void)gsl_linalg_cholesky_invert(factor);
    for (size_t i = 0; i < fit->column_count; i++) {
        for (size_t j = 0; j < fit->column_count; j++) {
            fit->covariance[i][j] = gsl_matrix_get(factor, i, j);
        }
    }
}

int logistic_fit_rows(const struct logistic_rows *rows, const struct logistic_prior *prior,
                      struct logistic_fit *fit, struct error *err)
{
    const double gain_small =
        1e-6; /* in units of the log-likelihood; the last step has squared it */
    size_t count = size_of(rows);
    struct sums sums = {.information = NULL};
    if (count == 0 || count > LOGISTIC_COLUMNS_MAX) {
        return error_set(err, ERROR_RESOURCE, "a model of %zu columns is more than %d", count,
                         (int)LOGISTIC_COLUMNS_MAX);
    }
    gsl_matrix *factor = gsl_matrix_alloc(count, count);
    sums.information = calloc(count * count, sizeof *sums.information);
    if (factor == NULL || sums.information == NULL) {
        gsl_matrix_free(factor);
        free(sums.information);
        return error_set_memory(err, "fitting a model");
    }
    memset(fit, 0, sizeof *fit);
    fit->column_count = count;
    memcpy(fit->coefficients, rows->start == NULL ? prior->mean : rows->start,
           count * sizeof *fit->coefficients);
    sum_rows(rows, prior, fit->coefficients, &sums);
    for (int i = 0; i < STEPS_MAX; i++) {
        if (climb(rows, prior, fit, &sums, factor) <= gain_small * fmax(sums.weight, 1)) {
            break;
        }
    }
    set_covariance(fit, &sums, factor);
    fit->log_loss = sums.weight > 0 ? -sums.log_likelihood / sums.weight : 0;
    gsl_matrix_free(factor);
    free(sums.information);
    return 0;
}

double logistic_fit_logit(const struct logistic_fit *fit, const float *row, size_t count)
{
    return dot(fit->coefficients, row, count);
}

double logistic_fit_error(const struct logistic_fit *fit, const float *row, size_t count)
{
    double variance = 0;
    for (size_t i = 0; i < count; i++) {
        variance += (double)row[i] * dot(fit->covariance[i], row, count);
    }
    return sqrt(fmax(variance, 0));
}
