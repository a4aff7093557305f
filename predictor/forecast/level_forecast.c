/* level_forecast.c - see level_forecast.h.
 * Room: predictor/forecast. May touch: GSL (distributions). Pure. */
#include "predictor/forecast/level_forecast.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* What is typical before any window is seen: how far levels lie apart, and how many windows that is worth. */
static const double typical_spread[] = {
    [LEVEL_ORDINARY] = 0.15, [LEVEL_EVENT] = 0.35, [LEVEL_UNTAUGHT_EVENT] = 0.15};
static const double typical_worth = 4;
static const double untaught_spread = 0.5; /* of an event of which nothing is known */
static const double late_half_life = 1;    /* windows */

/* Weighted sums over samples of one kind. */
struct kind_sums {
    double weight, weight_squares, level, squares, noise;
};

static double weight_at(size_t at, enum level_sort sort)
{
    return sort == LEVEL_EVENT ? 1 : exp2(-(double)at / late_half_life);
}

static struct kind_sums sum_kind(const struct level_sample *samples, size_t count,
                                 enum level_sort sort, bool is_same_kind)
{
    struct kind_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        double w = samples[i].is_same_kind == is_same_kind ? weight_at(i, sort) : 0;
        sums.weight += w;
        sums.weight_squares += w * w;
        sums.level += w * samples[i].measured.level;
        sums.noise += w * samples[i].measured.error * samples[i].measured.error;
    }
    double weight = sums.weight > 0 ? sums.weight : 1;
    sums.level /= weight;
    sums.noise /= weight;
    for (size_t i = 0; i < count; i++) {
        double w = samples[i].is_same_kind == is_same_kind ? weight_at(i, sort) : 0;
        double away = samples[i].measured.level - sums.level;
        sums.squares += w * away * away / weight;
    }
    return sums;
}

/* How many equally weighted samples the weights are worth. */
static double effective_count(const struct kind_sums *sums)
{
    return sums->weight > 0 ? sums->weight * sums->weight / sums->weight_squares : 0;
}

/* What a kind tells about the spread of levels: its variance beyond the noise of measuring, times its freedom. */
static double spread_sum(const struct kind_sums *sums, double *freedom)
{
    double effective = effective_count(sums);
    *freedom = fmax(effective - 1, 0);
    return fmax(sums->squares * effective - sums->noise * *freedom, 0);
}

struct level_forecast level_forecast_make(const struct level_sample *samples, size_t count,
                                          enum level_sort sort)
{
    struct kind_sums same = sum_kind(samples, count, sort, true);
    struct kind_sums other = sum_kind(samples, count, sort, false);
    const struct kind_sums *mean_of = same.weight > 0 ? &same : &other;
    double freedom_same;
    double freedom_other;
    double spread = spread_sum(&same, &freedom_same) + spread_sum(&other, &freedom_other);
    double freedom = freedom_same + freedom_other;
    double typical = typical_spread[sort] * typical_spread[sort];
    double variance = (typical_worth * typical + spread) / (typical_worth + freedom);
    double effective = fmax(effective_count(mean_of), 1);
    double predictive = variance * (1 + 1 / effective) + mean_of->noise / effective;
    if (sort == LEVEL_UNTAUGHT_EVENT) {
        predictive += untaught_spread * untaught_spread;
    }
    return (struct level_forecast){.mean = mean_of->level,
                                   .spread = sqrt(predictive),
                                   .degrees = typical_worth + freedom,
                                   .base = mean_of->level,
                                   .base_spread = sqrt(variance),
                                   .base_degrees = typical_worth + freedom};
}

double level_forecast_quantile(const struct level_forecast *forecast, double chance)
{
    return forecast->mean + forecast->spread * gsl_cdf_tdist_Pinv(chance, forecast->degrees);
}

double level_forecast_base_deviation(const struct level_forecast *forecast)
{
    const double high_chance = 0.95;
    return forecast->base_spread * gsl_cdf_tdist_Pinv(high_chance, forecast->base_degrees);
}
