/* count_fit.c - see count_fit.h.
 * Room: predictor/forecast. May touch: GSL (linear algebra). */
#include "predictor/forecast/count_fit.h"

#include "predictor/forecast/newton_fit.h"

#include <math.h>
#include <string.h>

static const double farthest = 3; /* deviations of a bounded column: beyond it, few rows decide */
static const double penalty =
    10; /* a coefficient of a third is a deviation of what is thought likely beforehand */
static const double size_least = 0.05;
static const double size_most = 50; /* all but Poisson */

struct task {
    const struct count_row *rows; /* [count], standardised */
    size_t count, column_count;
    double size;
    double prior[COUNT_COLUMNS_MAX]; /* of the coefficients; around it they are shrunk */
};

static void standardise(const struct count_fit *fit, double *columns)
{
    for (size_t i = 1; i < fit->column_count; i++) {
        columns[i] = (columns[i] - fit->mean[i]) / fit->spread[i];
        if (fit->is_bounded[i]) {
            columns[i] = fmin(fmax(columns[i], -farthest), farthest);
        }
    }
}

static double ln_beyond(const double *coefficients, const double *columns, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += coefficients[i] * columns[i];
    }
    return sum;
}

/* Weighted mean and spread of the columns; returns the mean of what is beyond. */
static double describe(struct count_fit *fit, const struct count_row *rows, size_t count)
{
    double weight = 0;
    double beyond = 0;
    double squares[COUNT_COLUMNS_MAX] = {0};
    memset(fit->mean, 0, sizeof fit->mean);
    for (size_t i = 0; i < count; i++) {
        weight += rows[i].weight;
        beyond += rows[i].weight * rows[i].beyond;
        for (size_t j = 1; j < fit->column_count; j++) {
            fit->mean[j] += rows[i].weight * rows[i].columns[j];
            squares[j] += rows[i].weight * rows[i].columns[j] * rows[i].columns[j];
        }
    }
    for (size_t j = 1; j < fit->column_count && weight > 0; j++) {
        fit->mean[j] /= weight;
        fit->spread[j] = sqrt(fmax(squares[j] / weight - fit->mean[j] * fit->mean[j], 0));
        fit->spread[j] = fit->spread[j] > 1e-6 ? fit->spread[j] : 1;
    }
    return weight > 0 ? beyond / weight : 0;
}

static void add_row(const struct task *task, const struct count_row *row, const double *at,
                    struct newton_point *point)
{
    double eta = ln_beyond(at, row->columns, task->column_count);
    double more = exp(eta) / task->size;
    double slope = row->weight * (row->beyond - exp(eta)) / (1 + more);
    double bend = row->weight * more * (row->beyond + task->size) / ((1 + more) * (1 + more));
    point->value += row->weight * (row->beyond * eta - (row->beyond + task->size) * log1p(more));
    for (size_t j = 0; j < task->column_count; j++) {
        point->gradient[j] += slope * row->columns[j];
        for (size_t k = 0; k <= j; k++) {
            point->hessian[j][k] -= bend * row->columns[j] * row->columns[k];
        }
    }
}

/* newton_function: log-likelihood of the accesses beyond the first at a size, less the penalty. Concave. */
static int likelihood(const void *context, const double *at, bool is_hessian_wanted,
                      struct newton_point *point)
{
    /* As if one more had come once: a mean is not to be told by a single key. */
    static const struct count_row once = {.columns = {1}, .weight = 1};
    const struct task *task = context;
    (void)is_hessian_wanted;
    memset(point, 0, sizeof *point);
    add_row(task, &once, at, point);
    for (size_t i = 0; i < task->count; i++) {
        add_row(task, &task->rows[i], at, point);
    }
    for (size_t j = 0; j < task->column_count; j++) {
        double away = at[j] - task->prior[j];
        point->value -= j > 0 ? penalty * away * away / 2 : 0;
        point->gradient[j] -= j > 0 ? penalty * away : 0;
        point->hessian[j][j] -= j > 0 ? penalty : 0;
        for (size_t k = 0; k < j; k++) {
            point->hessian[k][j] = point->hessian[j][k];
        }
    }
    return 0;
}

/* The size at which squares around the means are what they should be; rows weigh as they do in the fit. */
static double size_of(const struct task *task, const double *coefficients)
{
    double excess = 0;
    double squares = 0;
    for (size_t i = 0; i < task->count; i++) {
        const struct count_row *row = &task->rows[i];
        double mean = exp(ln_beyond(coefficients, row->columns, task->column_count));
        double trust = row->weight / ((1 + mean / task->size) * (1 + mean / task->size));
        double away = row->beyond - mean;
        excess += trust * (away * away - mean);
        squares += trust * mean * mean;
    }
    return excess > 0 ? fmin(fmax(squares / excess, size_least), size_most) : size_most;
}

static void climb(struct count_fit *fit, struct task *task)
{
    enum { ROUNDS = 5 }; /* the size hardly moves after three */
    const struct newton_task newton = {.function = likelihood,
                                       .context = task,
                                       .dimension = task->column_count,
                                       .has_hessian = true,
                                       .bound = 20,
                                       .max_steps = 50};
    for (int i = 0; i < ROUNDS; i++) {
        struct newton_result result = newton_fit_maximum(&newton, fit->coefficients);
        if (result.verdict != NEWTON_CONVERGED) {
            break;
        }
        memcpy(fit->coefficients, result.at, task->column_count * sizeof *result.at);
        fit->size = task->size;
        task->size = size_of(task, fit->coefficients);
    }
}

void count_fit_rows(struct count_fit *fit, struct count_row *rows, size_t count)
{
    struct task task = {.rows = rows, .count = count, .column_count = fit->column_count, .size = 1};
    fit->size = 1;
    for (size_t i = 0; i < COUNT_COLUMNS_MAX; i++) {
        fit->spread[i] = 1;
    }
    double beyond = describe(fit, rows, count);
    if (!(beyond > 0)) {
        fit->column_count = 0;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        standardise(fit, rows[i].columns);
    }
    for (size_t i = 1; i < fit->column_count; i++) {
        task.prior[i] = fit->expected[i] * fit->spread[i];
    }
    memcpy(fit->coefficients, task.prior, sizeof fit->coefficients);
    fit->coefficients[0] = log(beyond);
    climb(fit, &task);
}

double count_fit_mean(const struct count_fit *fit, const double columns[COUNT_COLUMNS_MAX])
{
    double standard[COUNT_COLUMNS_MAX];
    if (fit->column_count == 0) {
        return 1; /* nobody came twice */
    }
    memcpy(standard, columns, sizeof standard);
    standardise(fit, standard);
    return 1 + exp(ln_beyond(fit->coefficients, standard, fit->column_count));
}
