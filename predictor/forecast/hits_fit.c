/* hits_fit.c - see hits_fit.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/hits_fit.h"

#include "predictor/forecast/newton_fit.h"
#include "predictor/forecast/return_link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum hits_column {
    COLUMN_CONSTANT,
    COLUMN_HITS_PER_DAY,
    COLUMN_RATE,
    COLUMN_GAP,
    COLUMN_ALIVE,
    COLUMN_VISITS,   /* ln of the visits that P(return) stands for */
    COLUMN_TARGET,   /* 1: dormant beyond the threshold */
    COLUMN_RELEVANT, /* 1: a window of the sort that is asked for */
};

static const double farthest = 3; /* deviations of a feature: beyond it, few rows would decide */
static const double penalty =
    10; /* a coefficient of a third is a deviation of what is thought likely beforehand */
static const double size_least = 0.05;
static const double size_most = 50; /* all but Poisson */

/* ---- columns */

static double ln_visits(double p_return)
{
    const double least = 1e-9;
    double p = fmin(fmax(p_return, least), 1 - 1e-6);
    return log(-log1p(-p) / p);
}

static void set_columns(const float *row, double p_return, bool is_target, bool is_relevant,
                        double *columns)
{
    columns[COLUMN_CONSTANT] = 1;
    columns[COLUMN_HITS_PER_DAY] = (double)row[FEATURE_HITS_PER_DAY];
    columns[COLUMN_RATE] = (double)row[FEATURE_RATE];
    columns[COLUMN_GAP] = (double)row[FEATURE_GAP];
    columns[COLUMN_ALIVE] = (double)row[FEATURE_ALIVE];
    columns[COLUMN_VISITS] = ln_visits(p_return);
    columns[COLUMN_TARGET] = is_target;
    columns[COLUMN_RELEVANT] = is_relevant;
}

/* In place. P(return) has bounds of its own, and may be higher in a strong event than it ever was. */
static void standardise(const struct hits_fit *fit, double *columns)
{
    for (int i = COLUMN_HITS_PER_DAY; i < HITS_COLUMNS; i++) {
        columns[i] = (columns[i] - fit->mean[i]) / fit->spread[i];
        if (i <= COLUMN_ALIVE) {
            columns[i] = fmin(fmax(columns[i], -farthest), farthest);
        }
    }
}

static double ln_beyond(const double *coefficients, const double *columns)
{
    double sum = 0;
    for (int i = 0; i < HITS_COLUMNS; i++) {
        sum += coefficients[i] * columns[i];
    }
    return sum;
}

/* ---- rows */

struct count_row {
    double columns[HITS_COLUMNS];
    double beyond, weight; /* accesses beyond the first */
};

struct task {
    struct count_row *rows; /* [count] */
    size_t count;
    double size;
    double prior[HITS_COLUMNS]; /* of the coefficients; around it they are shrunk */
};

static void add_row(struct task *task, const struct hits_rows *source, size_t at)
{
    const struct training_rows *rows = &source->set->rows;
    size_t origin = rows->origins[at];
    double score = source->levels[origin] + (double)source->scores.scores[at];
    double p = return_link_probability(score, window_level_base(source->scores, at));
    struct count_row *row = &task->rows[task->count++];
    set_columns(&rows->values[at * FEATURE_COUNT], p, rows->targets[at] != 0,
                source->is_relevant[origin], row->columns);
    row->beyond = (double)rows->hits[at] - 1;
    row->weight = (double)rows->weights[at];
}

static int take_rows(struct task *task, const struct hits_rows *source, struct hits_fit *fit,
                     struct error *err)
{
    const struct training_rows *rows = &source->set->rows;
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        count += rows->labels[i] != 0;
    }
    task->rows = malloc((count + 1) * sizeof *task->rows);
    if (task->rows == NULL) {
        return error_set_memory(err, "learning how often keys come");
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->labels[i] != 0) {
            add_row(task, source, i);
            fit->most = source->is_relevant[rows->origins[i]]
                            ? fmax(fit->most, (double)rows->hits[i])
                            : fit->most;
        }
    }
    fit->row_count = (double)count;
    return 0;
}

/* Weighted mean and spread of the columns. */
static void describe_columns(struct hits_fit *fit, const struct task *task)
{
    double weight = 0;
    double squares[HITS_COLUMNS] = {0};
    for (size_t i = 0; i < task->count; i++) {
        const struct count_row *row = &task->rows[i];
        weight += row->weight;
        for (int j = 1; j < HITS_COLUMNS; j++) {
            fit->mean[j] += row->weight * row->columns[j];
            squares[j] += row->weight * row->columns[j] * row->columns[j];
        }
    }
    for (int j = 1; j < HITS_COLUMNS; j++) {
        fit->mean[j] /= weight;
        fit->spread[j] = sqrt(fmax(squares[j] / weight - fit->mean[j] * fit->mean[j], 0));
        fit->spread[j] = fit->spread[j] > 1e-6 ? fit->spread[j] : 1;
    }
}

/* ---- fitting */

/* newton_function: log-likelihood of the accesses beyond the first at a size, less the penalty. Concave. */
static int likelihood(const void *context, const double *at, bool is_hessian_wanted,
                      struct newton_point *point)
{
    const struct task *task = context;
    (void)is_hessian_wanted;
    memset(point, 0, sizeof *point);
    for (size_t i = 0; i < task->count; i++) {
        const struct count_row *row = &task->rows[i];
        double eta = ln_beyond(at, row->columns);
        double more = exp(eta) / task->size;
        double slope = row->weight * (row->beyond - exp(eta)) / (1 + more);
        double bend = row->weight * more * (row->beyond + task->size) / ((1 + more) * (1 + more));
        point->value +=
            row->weight * (row->beyond * eta - (row->beyond + task->size) * log1p(more));
        for (int j = 0; j < HITS_COLUMNS; j++) {
            point->gradient[j] += slope * row->columns[j];
            for (int k = 0; k <= j; k++) {
                point->hessian[j][k] -= bend * row->columns[j] * row->columns[k];
            }
        }
    }
    for (int j = 1; j < HITS_COLUMNS; j++) {
        double away = at[j] - task->prior[j];
        point->value -= penalty * away * away / 2;
        point->gradient[j] -= penalty * away;
        point->hessian[j][j] -= penalty;
    }
    for (int j = 0; j < HITS_COLUMNS; j++) {
        for (int k = 0; k < j; k++) {
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
        double mean = exp(ln_beyond(coefficients, row->columns));
        double trust = row->weight / ((1 + mean / task->size) * (1 + mean / task->size));
        double away = row->beyond - mean;
        excess += trust * (away * away - mean);
        squares += trust * mean * mean;
    }
    return excess > 0 ? fmin(fmax(squares / excess, size_least), size_most) : size_most;
}

static double mean_beyond(const struct task *task)
{
    double weight = 0;
    double beyond = 0;
    for (size_t i = 0; i < task->count; i++) {
        weight += task->rows[i].weight;
        beyond += task->rows[i].weight * task->rows[i].beyond;
    }
    return weight > 0 ? beyond / weight : 0;
}

static void climb(struct hits_fit *fit, struct task *task)
{
    enum { ROUNDS = 5 }; /* the size hardly moves after three */
    const struct newton_task newton = {.function = likelihood,
                                       .context = task,
                                       .dimension = HITS_COLUMNS,
                                       .has_hessian = true,
                                       .bound = 20,
                                       .max_steps = 50};
    task->prior[COLUMN_VISITS] = fit->spread[COLUMN_VISITS]; /* in proportion to visits */
    memcpy(fit->coefficients, task->prior, sizeof fit->coefficients);
    fit->coefficients[COLUMN_CONSTANT] = log(mean_beyond(task));
    for (int i = 0; i < ROUNDS; i++) {
        struct newton_result result = newton_fit_maximum(&newton, fit->coefficients);
        if (result.verdict != NEWTON_CONVERGED) {
            break;
        }
        memcpy(fit->coefficients, result.at, sizeof fit->coefficients);
        fit->size = task->size;
        task->size = size_of(task, fit->coefficients);
    }
}

int hits_fit_rows(struct hits_fit *fit, const struct hits_rows *rows, struct error *err)
{
    struct task task = {.size = 1};
    *fit = (struct hits_fit){.spread = {1, 1, 1, 1, 1, 1, 1, 1}, .size = 1, .most = 1};
    if (take_rows(&task, rows, fit, err) != 0) {
        return -1;
    }
    if (fit->most > 1) {
        describe_columns(fit, &task);
        for (size_t i = 0; i < task.count; i++) {
            standardise(fit, task.rows[i].columns);
        }
        climb(fit, &task);
    }
    free(task.rows);
    return 0;
}

double hits_fit_mean(const struct hits_fit *fit, const float row[FEATURE_COUNT], double p_return)
{
    double columns[HITS_COLUMNS];
    if (!(fit->most > 1)) {
        return 1;
    }
    set_columns(row, p_return, true, true, columns);
    standardise(fit, columns);
    return fmin(1 + exp(ln_beyond(fit->coefficients, columns)), fit->most);
}
