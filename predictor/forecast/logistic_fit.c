/* logistic_fit.c - see logistic_fit.h.
 * Room: predictor/forecast. May touch: GSL (linear algebra), memory.
 * The information matrix is summed by an own loop over the lower triangle: 18 times faster than gslcblas' dsyrk on
 * 500,000 x 24. GSL factorises it. */
#include "predictor/forecast/logistic_fit.h"

#include "predictor/forecast/return_link.h"

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

/* Rows are gathered in blocks, and a block's products summed in tiles of 4 x 4 elements that stay in registers: in pairs,
 * which every 64-bit processor adds and multiplies at once, so that the numbers are the same on all of them. */
enum { PAIR = 2, TILE = 4, ROWS_AT_ONCE = 64 };
enum { WIDTH_MAX = (LOGISTIC_COLUMNS_MAX + TILE - 1) / TILE * TILE };
typedef double pair __attribute__((vector_size(PAIR * sizeof(double))));

struct row_block {
    pair rows[ROWS_AT_ONCE][WIDTH_MAX / PAIR];
    double weighted[ROWS_AT_ONCE][WIDTH_MAX];
    size_t count, width; /* rows so far, and columns of each; what is beyond is 0 */
};

static void add_to_block(struct row_block *block, const float *row, double weight)
{
    double *wide = (double *)block->rows[block->count];
    double *weighted = block->weighted[block->count++];
    for (size_t i = 0; i < block->width; i++) {
        wide[i] = (double)row[i];
        weighted[i] = weight * wide[i];
    }
}

/* Adds a tile's sums to the elements from (`i`, `j`) on, as far as the lower triangle goes. */
static void add_tile(const pair (*tile)[TILE / PAIR], const struct row_block *block, size_t i,
                     size_t j, double *information, size_t size)
{
    for (size_t k = 0; k < TILE && i + k < block->width; k++) {
        for (size_t l = 0; l < TILE && j + l <= i + k; l++) {
            information[(i + k) * size + j + l] += tile[k][l / PAIR][l % PAIR];
        }
    }
}

/* Adds the sum of weight * row row' to the lower triangle of a matrix that is `size` wide, and empties the block. */
static void add_block(struct row_block *block, double *information, size_t size)
{
    for (size_t i = 0; i < block->width; i += TILE) {
        for (size_t j = 0; j <= i; j += TILE) {
            pair a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
            for (size_t row = 0; row < block->count; row++) {
                const double *weighted = &block->weighted[row][i];
                pair left = block->rows[row][j / PAIR];
                pair right = block->rows[row][j / PAIR + 1];
                a += weighted[0] * left;
                b += weighted[0] * right;
                c += weighted[1] * left;
                d += weighted[1] * right;
                e += weighted[2] * left;
                f += weighted[2] * right;
                g += weighted[3] * left;
                h += weighted[3] * right;
            }
            const pair tile[TILE][TILE / PAIR] = {{a, b}, {c, d}, {e, f}, {g, h}};
            add_tile(tile, block, i, j, information, size);
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
    struct row_block block;
    memset(&block, 0, sizeof block);
    block.width = count;
    for (size_t i = 0; i < rows->row_count; i++) {
        const float *row = &rows->values[i * count];
        double w = rows->weights == NULL ? 1 : (double)rows->weights[i];
        size_t group = rows->groups == NULL ? 0 : count + rows->groups[i];
        double logit = dot(at, row, count) + (group == 0 ? 0 : at[group]);
        struct return_ground ground = rows->grounds == NULL ? return_link_logit : rows->grounds[i];
        struct return_say say = return_link_say(logit, ground, rows->labels[i] != 0);
        double residual = w * say.slope;
        sums->weight += w;
        sums->value += w * say.log_likelihood;
        for (size_t j = 0; j < count; j++) {
            sums->gradient[j] += residual * (double)row[j];
        }
        add_to_block(&block, row, w * say.information);
        if (block.count == ROWS_AT_ONCE) {
            add_block(&block, sums->information, size);
        }
        if (group != 0) {
            sums->gradient[group] += residual;
            add_group(sums->information, size, row, count, group, w * say.information);
        }
    }
    add_block(&block, sums->information, size);
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
        double beside = row[i] == 0 ? 0 : dot(fit->covariance[i], row, i);
        variance += (double)row[i] * (2 * beside + fit->covariance[i][i] * (double)row[i]);
    }
    return sqrt(fmax(variance, 0));
}
