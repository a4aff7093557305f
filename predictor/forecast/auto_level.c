/* auto_level.c - see auto_level.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/auto_level.h"

#include "predictor/forecast/return_link.h"

#include <math.h>
#include <stdlib.h>

static const double sure = 1.6448536269514722; /* of a normal distribution, 90 % within */
static const double low_chance = 0.05;
static const double high_chance = 0.95;

/* ---- the keys that are dormant now */

/* The sampled keys that are dormant now: their rows, and then their calibrated scores. */
struct present_scores {
    float *values; /* [count][FEATURE_COUNT] */
    float *scores, *bases;
    size_t count;
    double weight; /* keys a score stands for */
};

static int take_present(const struct forecast_state *state, struct present_scores *present,
                        struct error *err)
{
    size_t count = state->dormant_count < state->sample.key_count ? (size_t)state->dormant_count
                                                                  : state->sample.key_count;
    *present = (struct present_scores){.weight = key_sample_weight(&state->sample)};
    present->values = malloc((count + 1) * FEATURE_COUNT * sizeof *present->values);
    present->scores = malloc((count + 1) * sizeof *present->scores);
    present->bases = malloc((count + 1) * sizeof *present->bases);
    if (present->values == NULL || present->scores == NULL || present->bases == NULL) {
        return error_set_memory(err, "adding up the forecast");
    }
    return 0;
}

static int score_present(const struct candidate_choice *choice,
                         const struct feature_context *context, const struct forecast_state *state,
                         struct present_scores *present, struct error *err)
{
    if (take_present(state, present, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct feature_key key = training_set_key(state, i);
        struct as_of_snapshot snapshot;
        if (as_of_take(&state->clock, key.buckets, state->window.origin_unix, &snapshot) &&
            forecast_state_is_dormant(state, &state->window, &snapshot) &&
            key_features_take(context, &key, &present->values[present->count * FEATURE_COUNT])) {
            present->count++;
        }
    }
    for (size_t i = 0; i < present->count; i++) {
        const float *row = &present->values[i * FEATURE_COUNT];
        struct contribution unused[FEATURE_COUNT];
        struct candidate_answer answer =
            candidate_ask(choice, row, state->options.is_event, unused);
        present->scores[i] = (float)answer.score;
        present->bases[i] = (float)answer.base;
    }
    return 0;
}

static double mean_score(const struct present_scores *present)
{
    double sum = 0;
    for (size_t i = 0; i < present->count; i++) {
        sum += (double)present->scores[i];
    }
    return present->count == 0 ? 0 : sum / (double)present->count;
}

static void free_present(struct present_scores *present)
{
    free(present->values);
    free(present->scores);
    free(present->bases);
}

static double total_at(const struct present_scores *present, double level, double *variance)
{
    double sum = 0;
    *variance = 0;
    for (size_t i = 0; i < present->count; i++) {
        double p =
            return_link_probability(level + (double)present->scores[i], (double)present->bases[i]);
        sum += p;
        *variance += p * (1 - p);
    }
    *variance *= present->weight;
    return sum * present->weight;
}

/* The level at which the total is `wanted`, by halving. */
static double level_for(const struct present_scores *present, double wanted, double around)
{
    enum { HALVINGS = 60 };
    double low = around - 30;
    double high = around + 30;
    for (int i = 0; i < HALVINGS; i++) {
        double variance;
        double middle = (low + high) / 2;
        if (total_at(present, middle, &variance) < wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

/* The mean total that past windows of the coming one's sort would have among the keys that are dormant now: strength 1
 * is this. A mean of totals, not the total at the mean level, which is lower. */
static double unit_total(const struct auto_level *level, const struct present_scores *present)
{
    double variance;
    double sum = 0;
    if (level->past.unit_count == 0) {
        return total_at(present, level->past.forecast.mean, &variance);
    }
    for (size_t i = 0; i < level->past.unit_count; i++) {
        sum += total_at(present, level->past.unit_levels[i], &variance);
    }
    return sum / (double)level->past.unit_count;
}

/* With a strength the level is as sure as past windows' own levels are; without, it varies as they do. */
static void set_levels(struct auto_level *level, const struct forecast_state *state,
                       const struct present_scores *present)
{
    double variance;
    double strength = state->options.event_strength;
    level->mean = level->past.forecast.mean;
    if (present->count > 0 && (strength > 0 || level->past.unit_count > 0)) {
        double wanted = (strength > 0 ? strength : 1) * unit_total(level, present);
        level->mean = level_for(present, wanted, level->past.forecast.mean);
    }
    level->score_mean = mean_score(present);
    /* The mean of totals is higher than the total at the mean level; quantiles of totals are those at the level's. */
    level->low = fmin(level_forecast_quantile(&level->past.forecast, low_chance), level->mean);
    level->high = fmax(level_forecast_quantile(&level->past.forecast, high_chance), level->mean);
    if (strength > 0) {
        double half = level_forecast_base_deviation(&level->past.forecast);
        level->low = level->mean - half;
        level->high = level->mean + half;
    }
    level->total.mean = total_at(present, level->mean, &variance);
    double chance =
        sure * sqrt(variance); /* of single keys, which has nothing to do with the level */
    double unused;
    double below = level->total.mean - total_at(present, level->low, &unused);
    double above = total_at(present, level->high, &unused) - level->total.mean;
    level->total.low = fmax(level->total.mean - hypot(below, chance), 0);
    level->total.high = level->total.mean + hypot(above, chance);
}

/* ---- the whole */

static int use_level(struct auto_level *level, const struct forecast_state *state,
                     const struct candidate_choice *choice, const struct feature_context *context,
                     struct error *err)
{
    struct present_scores present = {.values = NULL};
    int result = score_present(choice, context, state, &present, err);
    if (result == 0) {
        set_levels(level, state, &present);
    }
    free_present(&present);
    return result;
}

int auto_level_learn(struct auto_level *level, const struct forecast_state *state,
                     const struct training_set *set, const struct candidate_choice *choice,
                     const struct feature_context *present, struct error *err)
{
    *level = (struct auto_level){.mean = 0};
    past_levels_learn(&level->past, state, set, choice);
    return use_level(level, state, choice, present, err);
}

int auto_level_guess(struct auto_level *level, const struct forecast_state *state,
                     const struct candidate_choice *choice, const struct feature_context *present,
                     struct error *err)
{
    enum level_sort sort = state->options.is_event ? LEVEL_UNTAUGHT_EVENT : LEVEL_EVENT;
    *level = (struct auto_level){.past.forecast = level_forecast_make(NULL, 0, sort)};
    return use_level(level, state, choice, present, err);
}
