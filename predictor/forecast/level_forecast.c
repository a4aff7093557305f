/* level_forecast.c - see level_forecast.h.
 * Room: predictor/forecast. May touch: GSL (distributions). Pure. */
#include "predictor/forecast/level_forecast.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* What is typical before any window is seen: how far levels lie apart, and how many windows that is worth. */
static const double typical_spread[] = {
    [LEVEL_ORDINARY] = 0.15, [LEVEL_EVENT] = 0.35, [LEVEL_UNTAUGHT_EVENT] = 0.15};
static const double typical_worth = 3;
static const double untaught_spread = 0.5; /* of an event of which nothing is known */
static const double late_half_life = 1;    /* windows */

static double weight_at(size_t at, enum level_sort sort)
{
    return sort == LEVEL_EVENT ? 1 : exp2(-(double)at / late_half_life);
}

struct level_forecast level_forecast_make(const struct candidate_level *levels, size_t count,
                                          enum level_sort sort)
{
    double weight = 0;
    double weight_squares = 0;
    double sum = 0;
    double noise = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double w = weight_at(i, sort);
        weight += w;
        weight_squares += w * w;
        sum += w * levels[i].level;
    }
    double mean = weight > 0 ? sum / weight : 0;
    for (size_t i = 0; i < count; i++) {
        double w = weight_at(i, sort) / weight;
        squares += w * (levels[i].level - mean) * (levels[i].level - mean);
        noise += w * levels[i].error * levels[i].error;
    }
    double effective = weight > 0 ? weight * weight / weight_squares : 0;
    double typical = typical_spread[sort] * typical_spread[sort];
    double observed = effective > 1 ? squares * effective / (effective - 1) - noise : typical;
    double freedom = fmax(effective - 1, 0);
    double variance =
        (typical_worth * typical + freedom * fmax(observed, 0)) / (typical_worth + freedom);
    double predictive = variance * (1 + 1 / fmax(effective, 1)) + noise / fmax(effective, 1);
    if (sort == LEVEL_UNTAUGHT_EVENT) {
        predictive += untaught_spread * untaught_spread;
    }
    return (struct level_forecast){.mean = mean,
                                   .spread = sqrt(predictive),
                                   .degrees = typical_worth + freedom,
                                   .window_count = count};
}

double level_forecast_quantile(const struct level_forecast *forecast, double chance)
{
    return forecast->mean + forecast->spread * gsl_cdf_tdist_Pinv(chance, forecast->degrees);
}
