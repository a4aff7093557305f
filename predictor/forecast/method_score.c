/* method_score.c - the baselines recency, frequency and decayed: one number a key, turned into a probability.
 * Room: predictor/forecast. May touch: GSL, memory.
 * A logistic curve of two parameters is fitted on the latest window of the same lead and length that had ended by
 * as_of. A weak prior (level from MBG/NBD, slope one unit of logit a standard deviation) holds what that window does
 * not tell, which is everything when the history is too short for one. */
#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/logistic_fit.h"
#include "predictor/forecast/organic_fit.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <stdlib.h>

enum { CURVE_COLUMNS = 2 };
static const double interval_90_percent = 1.6448536269514722;

typedef double score_function(const struct as_of_snapshot *snapshot);

struct score_method {
    score_function *score;
    double mean, spread; /* of the score over the keys learned from */
    struct logistic_fit curve;
    double window_keys, window_returns; /* what the curve was fitted on */
    double expected, expected_low, expected_high;
};

static double score_recency(const struct as_of_snapshot *snapshot)
{
    return -log1p(snapshot->gap_day);
}

static double score_frequency(const struct as_of_snapshot *snapshot)
{
    return log(snapshot->active_days);
}

static double score_decayed(const struct as_of_snapshot *snapshot)
{
    const double smallest = 1e-12;
    return log(snapshot->decayed_hits + smallest);
}

/* Scores and labels of the sampled keys that were dormant at a window's origin. */
struct score_rows {
    float *values; /* [count][CURVE_COLUMNS]: 1 and the score */
    uint8_t *labels;
    size_t count;
};

static int take_rows(const struct forecast_state *state, struct score_rows *rows, struct error *err)
{
    *rows = (struct score_rows){0};
    rows->values = calloc(state->sample.key_count + 1, CURVE_COLUMNS * sizeof *rows->values);
    rows->labels = calloc(state->sample.key_count + 1, sizeof *rows->labels);
    if (rows->values == NULL || rows->labels == NULL) {
        return error_set_memory(err, "fitting a baseline");
    }
    return 0;
}

static void fill_rows(const struct forecast_state *state, const struct forecast_window *window,
                      score_function *score, struct score_rows *rows)
{
    rows->count = 0;
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct bucket_list buckets = key_sample_buckets(&state->sample, i);
        struct as_of_snapshot snapshot;
        if (as_of_take(&state->clock, buckets, window->origin_unix, &snapshot) &&
            forecast_state_is_dormant(state, window, &snapshot)) {
            rows->values[rows->count * CURVE_COLUMNS] = 1;
            rows->values[rows->count * CURVE_COLUMNS + 1] = (float)score(&snapshot);
            rows->labels[rows->count] =
                as_of_count_hits(&state->clock, buckets, window->start_unix, window->end_unix) > 0;
            rows->count++;
        }
    }
}

/* Mean and spread of the score, which is then standardised in place. */
static void standardise(struct score_method *method, struct score_rows *rows)
{
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < rows->count; i++) {
        double value = (double)rows->values[i * CURVE_COLUMNS + 1];
        sum += value;
        squares += value * value;
    }
    double count = rows->count == 0 ? 1 : (double)rows->count;
    method->mean = sum / count;
    method->spread = sqrt(fmax(squares / count - method->mean * method->mean, 0));
    method->spread = method->spread > 0 ? method->spread : 1;
    for (size_t i = 0; i < rows->count; i++) {
        float *value = &rows->values[i * CURVE_COLUMNS + 1];
        *value = (float)(((double)*value - method->mean) / method->spread);
    }
}

/* Level of the prior: what MBG/NBD expects of a dormant key in the coming window. */
static int prior_logit(const struct forecast_state *state, double *logit, struct error *err)
{
    struct organic_fit organic;
    const struct forecast_window *window = &state->window;
    const double days[2] = {(double)(window->start_unix - window->origin_unix) / SECONDS_PER_DAY,
                            (double)(window->end_unix - window->origin_unix) / SECONDS_PER_DAY};
    if (organic_fit_set(&mbgnbd_model, &state->triples, &organic, err) != 0) {
        return -1;
    }
    double dormant = state->dormant_count == 0 ? 1 : (double)state->dormant_count;
    *logit =
        special_math_logit(organic_fit_total(&organic, &state->dormant, days, NULL).mean / dormant);
    return 0;
}

static double curve_logit(const struct score_method *method, const struct as_of_snapshot *snapshot,
                          double *error)
{
    const float row[CURVE_COLUMNS] = {
        1, (float)((method->score(snapshot) - method->mean) / method->spread)};
    *error = logistic_fit_error(&method->curve, row, CURVE_COLUMNS);
    return logistic_fit_logit(&method->curve, row, CURVE_COLUMNS);
}

/* What is expected in total, from the sampled keys that are dormant now. */
static void set_expected(const struct forecast_state *state, struct score_method *method)
{
    double shift[3] = {0, -interval_90_percent, interval_90_percent};
    double sums[3] = {0};
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct as_of_snapshot snapshot;
        if (as_of_take(&state->clock, key_sample_buckets(&state->sample, i),
                       state->window.origin_unix, &snapshot) &&
            forecast_state_is_dormant(state, &state->window, &snapshot)) {
            double error;
            double logit = curve_logit(method, &snapshot, &error);
            for (int j = 0; j < 3; j++) {
                sums[j] += special_math_expit(logit + shift[j] * error);
            }
        }
    }
    double weight = key_sample_weight(&state->sample);
    double chance = interval_90_percent * sqrt(sums[0] * weight);
    method->expected = sums[0] * weight;
    method->expected_low = fmax(sums[1] * weight - chance, 0);
    method->expected_high = sums[2] * weight + chance;
}

static int fit_curve(const struct forecast_state *state, struct score_method *method,
                     struct score_rows *rows, struct error *err)
{
    const double spread_of_level = 3;
    struct logistic_prior prior = {.mean = {0, 1},
                                   .precision = {1 / (spread_of_level * spread_of_level), 1}};
    int64_t lead_and_length = state->window.end_unix - state->window.origin_unix;
    struct forecast_window past = state->window;
    past.origin_unix -= lead_and_length;
    past.start_unix -= lead_and_length;
    past.end_unix -= lead_and_length;
    fill_rows(state, &past, method->score, rows);
    for (size_t i = 0; i < rows->count; i++) {
        method->window_returns += rows->labels[i];
    }
    method->window_keys = (double)rows->count;
    size_t learned_count = rows->count;
    if (learned_count == 0) {
        fill_rows(state, &state->window, method->score, rows); /* for mean and spread alone */
    }
    standardise(method, rows);
    if (prior_logit(state, &prior.mean[0], err) != 0) {
        return -1;
    }
    struct logistic_rows learned = {.values = rows->values,
                                    .labels = rows->labels,
                                    .row_count = learned_count,
                                    .column_count = CURVE_COLUMNS};
    return logistic_fit_rows(&learned, &prior, &method->curve, err);
}

static int fit(const struct forecast_method *method, const struct forecast_state *state,
               void **fitted, struct error *err)
{
    struct score_rows rows;
    struct score_method *score = calloc(1, sizeof *score);
    *fitted = score;
    if (score == NULL) {
        return error_set_memory(err, "fitting a baseline");
    }
    score_function *const *variant = method->variant;
    score->score = *variant;
    int result = take_rows(state, &rows, err);
    if (result == 0) {
        result = fit_curve(state, score, &rows, err);
    }
    if (result == 0) {
        set_expected(state, score);
    }
    free(rows.values);
    free(rows.labels);
    return result;
}

static void score(const struct forecast_state *state, const void *fitted,
                  const struct key_history *key, const struct as_of_snapshot *snapshot,
                  struct demand *demand)
{
    double error;
    double logit = curve_logit(fitted, snapshot, &error);
    (void)state;
    (void)key;
    demand->p_return = special_math_expit(logit);
    demand->p_low = special_math_expit(logit - interval_90_percent * error);
    demand->p_high = special_math_expit(logit + interval_90_percent * error);
}

static size_t describe(const struct forecast_state *state, const void *fitted,
                       struct forecast_fact *facts, size_t count)
{
    const struct score_method *method = fitted;
    (void)state;
    count = forecast_state_add_fact(facts, count, "learned_from_keys", "%.0f", method->window_keys);
    count = forecast_state_add_fact(facts, count, "learned_from_returns", "%.0f",
                                    method->window_returns);
    count = forecast_state_add_fact(facts, count, "slope_per_deviation", "%.4f",
                                    method->curve.coefficients[1]);
    count = forecast_state_add_fact(facts, count, "expected_returns", "%.1f", method->expected);
    count =
        forecast_state_add_fact(facts, count, "expected_returns_low", "%.1f", method->expected_low);
    count = forecast_state_add_fact(facts, count, "expected_returns_high", "%.1f",
                                    method->expected_high);
    if (method->window_returns == 0) {
        count = forecast_state_add_fact(
            facts, count, "note",
            "no past window of this length has a returning key: the level is that of mbgnbd and "
            "the slope a guess; only the order is meant");
    }
    return count;
}

static score_function *const recency_variant = score_recency;
static score_function *const frequency_variant = score_frequency;
static score_function *const decayed_variant = score_decayed;

const struct forecast_method method_recency = {
    "recency", &recency_variant, fit, score, describe, free, NULL, NULL,
};
const struct forecast_method method_frequency = {
    "frequency", &frequency_variant, fit, score, describe, free, NULL, NULL,
};
const struct forecast_method method_decayed = {
    "decayed", &decayed_variant, fit, score, describe, free, NULL, NULL,
};
