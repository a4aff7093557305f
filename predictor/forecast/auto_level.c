/* auto_level.c - see auto_level.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/auto_level.h"

#include <math.h>

static const double sure = 1.6448536269514722; /* of a normal distribution, 90 % within */
static const double low_chance = 0.05;
static const double high_chance = 0.95;

/* The mean total that past windows of the coming one's sort would have among the keys that are dormant now: strength 1
 * is this. A mean of totals, not the total at the mean level, which is lower. */
static double unit_total(const struct auto_level *level, const struct dormant_scores *dormant)
{
    double variance;
    double sum = 0;
    if (level->past.unit_count == 0) {
        return dormant_scores_total(dormant, level->past.forecast.mean, &variance);
    }
    for (size_t i = 0; i < level->past.unit_count; i++) {
        sum += dormant_scores_total(dormant, level->past.unit_levels[i], &variance);
    }
    return sum / (double)level->past.unit_count;
}

/* With a strength the level is as sure as past windows' own levels are; without, it varies as they do. */
static void set_levels(struct auto_level *level, const struct forecast_state *state,
                       const struct dormant_scores *dormant)
{
    double variance;
    double strength = state->options.event_strength;
    level->mean = level->past.forecast.mean;
    if (dormant->count > 0 && (strength > 0 || level->past.unit_count > 0)) {
        double wanted = (strength > 0 ? strength : 1) * unit_total(level, dormant);
        level->mean = dormant_scores_level(dormant, wanted, level->past.forecast.mean);
    }
    level->score_mean = dormant_scores_mean(dormant);
    /* The mean of totals is higher than the total at the mean level; quantiles of totals are those at the level's. */
    level->low = fmin(level_forecast_quantile(&level->past.forecast, low_chance), level->mean);
    level->high = fmax(level_forecast_quantile(&level->past.forecast, high_chance), level->mean);
    if (strength > 0) {
        double half = level_forecast_base_deviation(&level->past.forecast);
        level->low = level->mean - half;
        level->high = level->mean + half;
    }
    level->total.mean = dormant_scores_total(dormant, level->mean, &variance);
    double chance =
        sure * sqrt(variance); /* of single keys, which has nothing to do with the level */
    double unused;
    double below = level->total.mean - dormant_scores_total(dormant, level->low, &unused);
    double above = dormant_scores_total(dormant, level->high, &unused) - level->total.mean;
    level->total.low = fmax(level->total.mean - hypot(below, chance), 0);
    level->total.high = level->total.mean + hypot(above, chance);
}

/* ---- the whole */

int auto_level_learn(struct auto_level *level, const struct forecast_state *state,
                     const struct training_set *set, const struct candidate_choice *choice,
                     const struct feature_context *present, struct error *err)
{
    struct dormant_scores dormant;
    const struct event_replay replay = {state, set, choice, &dormant};
    *level = (struct auto_level){.mean = 0};
    int result = dormant_scores_take(&dormant, state, choice, present, err);
    if (result == 0) {
        result = past_levels_learn(&level->past, &replay, err);
    }
    if (result == 0) {
        set_levels(level, state, &dormant);
    }
    dormant_scores_free(&dormant);
    return result;
}

int auto_level_guess(struct auto_level *level, const struct forecast_state *state,
                     const struct candidate_choice *choice, const struct feature_context *present,
                     struct error *err)
{
    struct dormant_scores dormant;
    *level = (struct auto_level){.past.forecast = level_forecast_make(NULL, 0, LEVEL_UNTAUGHT)};
    int result = dormant_scores_take(&dormant, state, choice, present, err);
    if (result == 0) {
        set_levels(level, state, &dormant);
    }
    dormant_scores_free(&dormant);
    return result;
}
