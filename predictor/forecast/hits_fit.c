/* hits_fit.c - see hits_fit.h.
 * Room: predictor/forecast. May touch: GSL. Pure. */
#include "predictor/forecast/hits_fit.h"

#include "predictor/forecast/newton_fit.h"

#include <math.h>
#include <string.h>

static const enum key_feature columns[HITS_COLUMNS] = {
    FEATURE_COUNT, /* the first is the constant */
    FEATURE_HITS_PER_DAY, FEATURE_LAST_HITS,
    FEATURE_RATE,         FEATURE_MBGNBD, /* who is likely to come is likely to come often */
    FEATURE_GAP,
};
static const double farthest = 2; /* deviations of a column */

struct task {
    const struct hits_fit *fit;
    const struct training_set *set;
    const bool *is_relevant;
    bool is_targets_only; /* enough of them came back to learn from these alone */
};

static bool is_used(const struct task *task, size_t row)
{
    const struct training_rows *rows = &task->set->rows;
    return rows->labels[row] != 0 && task->is_relevant[rows->origins[row]] &&
           (rows->targets[row] != 0 || !task->is_targets_only);
}

static void standardise(const struct hits_fit *fit, const float *row, double *z)
{
    z[0] = 1;
    for (int i = 1; i < HITS_COLUMNS; i++) {
        double away = ((double)row[columns[i]] - fit->mean[i]) / fit->spread[i];
        z[i] = fmin(fmax(away, -farthest), farthest);
    }
}

/* newton_function: Poisson quasi-likelihood of the accesses beyond the first, less a small ridge. */
static int likelihood(const void *context, const double *at, bool is_hessian_wanted,
                      struct newton_point *point)
{
    const double ridge = 1;
    const struct task *task = context;
    const struct training_rows *rows = &task->set->rows;
    (void)is_hessian_wanted;
    memset(point, 0, sizeof *point);
    for (size_t i = 0; i < rows->count; i++) {
        double z[HITS_COLUMNS];
        if (!is_used(task, i)) {
            continue;
        }
        standardise(task->fit, &rows->values[i * FEATURE_COUNT], z);
        double ln_mean = 0;
        for (int j = 0; j < HITS_COLUMNS; j++) {
            ln_mean += at[j] * z[j];
        }
        double w = (double)rows->weights[i];
        double mean = exp(ln_mean);
        double beyond = (double)rows->hits[i] - 1;
        point->value += w * (beyond * ln_mean - mean);
        for (int j = 0; j < HITS_COLUMNS; j++) {
            point->gradient[j] += w * (beyond - mean) * z[j];
            for (int k = 0; k < HITS_COLUMNS; k++) {
                point->hessian[j][k] -= w * mean * z[j] * z[k];
            }
        }
    }
    for (int j = 0; j < HITS_COLUMNS; j++) {
        point->value -= ridge * at[j] * at[j] / 2;
        point->gradient[j] -= ridge * at[j];
        point->hessian[j][j] -= ridge;
    }
    return 0;
}

/* Weighted mean and spread of the columns, and the largest count that was seen. */
static double describe_columns(struct hits_fit *fit, const struct task *task)
{
    const struct training_rows *rows = &task->set->rows;
    double weight = 0;
    double beyond = 0;
    double squares[HITS_COLUMNS] = {0};
    for (size_t i = 0; i < rows->count; i++) {
        double w = is_used(task, i) ? (double)rows->weights[i] : 0;
        weight += w;
        beyond += w * ((double)rows->hits[i] - 1);
        fit->row_count += w > 0;
        fit->most = w > 0 ? fmax(fit->most, (double)rows->hits[i]) : fit->most;
        for (int j = 1; j < HITS_COLUMNS; j++) {
            double value = (double)rows->values[i * FEATURE_COUNT + columns[j]];
            fit->mean[j] += w * value;
            squares[j] += w * value * value;
        }
    }
    for (int j = 1; j < HITS_COLUMNS && weight > 0; j++) {
        fit->mean[j] /= weight;
        fit->spread[j] = sqrt(fmax(squares[j] / weight - fit->mean[j] * fit->mean[j], 0));
        fit->spread[j] = fit->spread[j] > 1e-6 ? fit->spread[j] : 1;
    }
    return weight > 0 ? beyond / weight : 0;
}

/* Moves the level to that of the keys beyond the threshold in late windows, which the slopes were not fitted on alone. */
static void set_level(struct hits_fit *fit, const struct task *task)
{
    const struct training_rows *rows = &task->set->rows;
    double came = 1; /* as if one more had come as often as expected */
    double expected = 1;
    double trust[TRAINING_ORIGINS_MAX]; /* halved from one relevant window to the one before */
    double next = 1;
    for (size_t i = 0; i < task->set->origin_count; i++) {
        trust[i] = next;
        next /= task->is_relevant[i] ? 2 : 1;
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (is_used(task, i) && rows->targets[i] != 0) {
            double w = (double)rows->weights[i] * trust[rows->origins[i]];
            came += w * ((double)rows->hits[i] - 1);
            expected += w * (hits_fit_mean(fit, &rows->values[i * FEATURE_COUNT]) - 1);
        }
    }
    fit->coefficients[0] += log(came / expected);
}

void hits_fit_rows(struct hits_fit *fit, const struct training_set *set,
                   const bool is_relevant[TRAINING_ORIGINS_MAX])
{
    const size_t enough = 200;
    struct task context = {fit, set, is_relevant, true};
    size_t count = 0;
    for (size_t i = 0; i < set->rows.count; i++) {
        count += is_used(&context, i);
    }
    context.is_targets_only = count >= enough;
    *fit = (struct hits_fit){.spread = {1, 1, 1, 1, 1, 1}, .most = 1};
    double beyond = describe_columns(fit, &context);
    if (!(beyond > 0)) {
        fit->coefficients[0] = -INFINITY; /* nobody came twice */
        return;
    }
    const double start[HITS_COLUMNS] = {log(beyond)};
    struct newton_task task = {.function = likelihood,
                               .context = &context,
                               .dimension = HITS_COLUMNS,
                               .has_hessian = true,
                               .bound = 20,
                               .max_steps = 50};
    struct newton_result result = newton_fit_maximum(&task, start);
    memcpy(fit->coefficients, result.verdict == NEWTON_CONVERGED ? result.at : start,
           sizeof fit->coefficients);
    set_level(fit, &context);
}

double hits_fit_mean(const struct hits_fit *fit, const float row[FEATURE_COUNT])
{
    double z[HITS_COLUMNS];
    double ln_mean = fit->coefficients[0];
    standardise(fit, row, z);
    for (int i = 1; i < HITS_COLUMNS; i++) {
        ln_mean += fit->coefficients[i] * z[i];
    }
    return fmin(1 + exp(ln_mean), fmax(fit->most, 1));
}
