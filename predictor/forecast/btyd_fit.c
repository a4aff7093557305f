/* btyd_fit.c - see btyd_fit.h.
 * Room: predictor/forecast. May touch: GSL.
 * The search runs on the logarithms of the parameters, which keeps them positive and their scales alike. It starts
 * from several points; on a large table these are first tried on a thin one, so that they cost next to nothing. */
#include "predictor/forecast/btyd_fit.h"

#include "predictor/forecast/newton_fit.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <string.h>

enum { THIN_COUNT = 4000, STEPS_MAX = 200 };
static const double ln_parameter_bound = 16; /* parameters within 1.1e-7 and 8.9e6 */
static const double interval_90_percent = 1.6448536269514722;

struct search {
    const struct btyd_model *model;
    const struct triple_table *table;
    double prior_spread; /* 0: none */
    double prior_mean[BTYD_PARAMETERS];
};

static void add_prior(const struct search *search, const double *at, struct newton_point *point)
{
    if (search->prior_spread <= 0) {
        return;
    }
    double precision = 1 / (search->prior_spread * search->prior_spread);
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        double away = at[i] - search->prior_mean[i];
        point->value -= precision * away * away / 2;
        point->gradient[i] -= precision * away;
        point->hessian[i][i] -= precision;
    }
}

/* newton_function: the likelihood by the logarithms of the parameters. */
static int ln_likelihood(const void *context, const double *at, bool is_hessian_wanted,
                         struct newton_point *point)
{
    const struct search *search = context;
    struct btyd_likelihood natural;
    double p[BTYD_PARAMETERS];
    (void)is_hessian_wanted;
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        p[i] = exp(at[i]);
    }
    if (search->model->likelihood(search->table, p, &natural) != 0) {
        return -1;
    }
    point->value = natural.value;
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        point->gradient[i] = p[i] * natural.gradient[i];
        for (int j = 0; j < BTYD_PARAMETERS; j++) {
            point->hessian[i][j] =
                p[i] * p[j] * natural.hessian[i][j] + (i == j ? point->gradient[i] : 0);
        }
    }
    add_prior(search, at, point);
    return 0;
}

static struct newton_result climb_from(const struct search *search, const double *start)
{
    struct newton_task task = {.function = ln_likelihood,
                               .context = search,
                               .dimension = BTYD_PARAMETERS,
                               .has_hessian = search->model->has_hessian,
                               .bound = ln_parameter_bound,
                               .max_steps = STEPS_MAX};
    return newton_fit_maximum(&task, start);
}

static void ln_start(const struct search *search, int which, double *start)
{
    search->model->start(search->table, which, start);
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        start[i] = fmin(fmax(log(start[i]), 1 - ln_parameter_bound), ln_parameter_bound - 1);
    }
}

/* A converged end before one that is not, and then the higher one. */
static bool is_better(const struct newton_result *result, const struct newton_result *best)
{
    bool is_converged = result->verdict == NEWTON_CONVERGED;
    if (is_converged != (best->verdict == NEWTON_CONVERGED)) {
        return is_converged;
    }
    return result->value > best->value;
}

static struct newton_result climb_from_all(const struct search *search, int *evaluation_count)
{
    struct newton_result best = {.verdict = NEWTON_STALLED, .value = -INFINITY};
    for (int which = 0; which < BTYD_STARTS; which++) {
        double start[BTYD_PARAMETERS];
        ln_start(search, which, start);
        struct newton_result result = climb_from(search, start);
        *evaluation_count += result.evaluation_count;
        if (is_better(&result, &best)) {
            best = result;
        }
    }
    return best;
}

/* All starts on a thin table, then from where the best of them ended on the whole one. */
static int climb_large(struct search *search, struct newton_result *result, int *evaluation_count,
                       struct error *err)
{
    const struct triple_table *whole = search->table;
    struct triple_table thin;
    int failed = triple_table_thin(&thin, whole, THIN_COUNT, err);
    if (failed == 0 && thin.x_sum > 0) {
        search->table = &thin;
        *result = climb_from_all(search, evaluation_count);
        search->table = whole;
        *result = climb_from(search, result->at);
        *evaluation_count += result->evaluation_count;
    }
    triple_table_free(&thin);
    return failed;
}

static int explain(const struct btyd_fit *fit, const struct newton_result *result,
                   struct error *err)
{
    switch (result->verdict) {
    case NEWTON_CONVERGED:
        return 0;
    case NEWTON_NO_MEMORY:
        return error_set_memory(err, "fitting a model");
    case NEWTON_RAN_AWAY:
        return error_set(
            err, ERROR_INPUT,
            "the data does not identify %s of %s: the likelihood still grows where it is %.3g; the "
            "keys are too few or too alike for this model",
            fit->model->parameters[result->runaway], fit->model->name,
            exp(result->at[result->runaway]));
    case NEWTON_STALLED:
    case NEWTON_TOO_LONG:
        break;
    }
    return error_set(err, ERROR_INPUT,
                     "%s did not converge: after %d evaluations the log-likelihood is %.6f and its "
                     "gradient is not 0; the keys are too few or too alike for this model",
                     fit->model->name, fit->evaluation_count, result->value);
}

static void set_fit(struct btyd_fit *fit, const struct search *search,
                    const struct newton_result *result)
{
    struct newton_point prior = {0};
    add_prior(search, result->at, &prior);
    fit->log_likelihood = result->value - prior.value;
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        fit->parameters[i] = exp(result->at[i]);
        fit->standard_errors[i] = fit->parameters[i] * sqrt(result->covariance[i][i]);
        for (int j = 0; j < BTYD_PARAMETERS; j++) {
            fit->ln_covariance[i][j] = result->covariance[i][j];
        }
    }
}

int btyd_fit_table(const struct btyd_model *model, const struct triple_table *table,
                   double prior_spread, struct btyd_fit *fit, struct error *err)
{
    struct search search = {.model = model, .table = table, .prior_spread = prior_spread};
    struct newton_result result = {.verdict = NEWTON_STALLED};
    *fit = (struct btyd_fit){.model = model, .key_count = table->weight_sum};
    special_math_init();
    if (table->count == 0) {
        return error_set(err, ERROR_INPUT, "there are no keys to fit %s on", model->name);
    }
    if (!(table->x_sum > 0) || !(table->age_sum > 0)) {
        return error_set(err, ERROR_INPUT,
                         "%s cannot be fitted: not one of %.0f keys was seen a second time",
                         model->name, table->weight_sum);
    }
    ln_start(&search, 0, search.prior_mean);
    if (table->count > THIN_COUNT * 4 &&
        climb_large(&search, &result, &fit->evaluation_count, err) != 0) {
        return -1;
    }
    if (result.verdict != NEWTON_CONVERGED && result.verdict != NEWTON_NO_MEMORY) {
        result = climb_from_all(&search, &fit->evaluation_count);
    }
    set_fit(fit, &search, &result);
    return explain(fit, &result, err);
}

struct btyd_answer btyd_fit_answer(const struct btyd_fit *fit, const struct btyd_key *key,
                                   const double window[2])
{
    const double width = 1e-4;
    double slope[BTYD_PARAMETERS];
    double variance = 0;
    struct btyd_answer answer = {
        .p = fit->model->p_return(fit->parameters, key, window[0], window[1])};
    double logit = special_math_logit(answer.p);
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        double moved[BTYD_PARAMETERS];
        memcpy(moved, fit->parameters, sizeof moved);
        moved[i] *= exp(width);
        double p = fit->model->p_return(moved, key, window[0], window[1]);
        slope[i] = (special_math_logit(p) - logit) / width;
        answer.p_slope[i] = (p - answer.p) / width;
    }
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        for (int j = 0; j < BTYD_PARAMETERS; j++) {
            variance += slope[i] * slope[j] * fit->ln_covariance[i][j];
        }
    }
    double half = interval_90_percent * sqrt(fmax(variance, 0));
    answer.low = special_math_expit(logit - half);
    answer.high = special_math_expit(logit + half);
    return answer;
}
