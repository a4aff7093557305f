/* level_forecast.c - see level_forecast.h.
 * Room: predictor/forecast. May touch: GSL (distributions). Pure. */
#include "predictor/forecast/level_forecast.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* What is typical before any window is seen: by how much forecasts of a level fail, and how many windows that is worth. */
static const double typical_spread = 0.2;
static const double typical_worth = 4;
static const double untaught_spread = 0.5; /* of what no past window tells */
static const double untaught_above =
    1.4; /* an event brings as many as ordinary times, or ten times as many */
static const double late_half_life = 1; /* windows */

/* Sets `mean` to the mean level of the windows that had ended by `moment_unix`, late ones trusted more, and its error to
 * that of measuring them; false if none had. */
static bool mean_by(const struct level_sample *samples, size_t count, int64_t moment_unix,
                    struct window_level *mean)
{
    double weight = 0;
    double sum = 0;
    double noise = 0;
    double w = 1;
    for (size_t i = 0; i < count; i++) {
        if (samples[i].end_unix <= moment_unix) {
            double error = w * samples[i].measured.error;
            weight += w;
            sum += w * samples[i].measured.level;
            noise += error * error;
            w *= exp2(-1 / late_half_life);
        }
    }
    double by = weight > 0 ? weight : 1;
    *mean = (struct window_level){.level = sum / by, .error = sqrt(noise) / by};
    return weight > 0;
}

/* The share of its time that a window has for itself beside the one after it. */
static double own_share(const struct level_sample *samples, size_t at)
{
    double length = (double)(samples[at].end_unix - samples[at].start_unix);
    double apart = at == 0 ? length : (double)(samples[at - 1].end_unix - samples[at].end_unix);
    return fmin(apart / length, 1);
}

/* By how much the same forecast failed for past windows, beyond the noise of measuring: neighbours hardly differ, and a
 * level that drifts is missed by more than levels lie apart. Windows that share their time tell little each. */
static double failures(const struct level_sample *samples, size_t count, double *freedom)
{
    double squares = 0;
    *freedom = 0;
    for (size_t i = 0; i < count; i++) {
        struct window_level mean;
        if (mean_by(samples, count, samples[i].origin_unix, &mean)) {
            double share = own_share(samples, i);
            double away = samples[i].measured.level - mean.level;
            double noise = samples[i].measured.error;
            squares += share * (away * away - noise * noise);
            *freedom += share;
        }
    }
    return fmax(squares, 0);
}

struct level_forecast level_forecast_make(const struct level_sample *samples, size_t count,
                                          enum level_sort sort)
{
    struct window_level mean;
    double freedom;
    double squares = failures(samples, count, &freedom);
    double degrees = typical_worth + freedom;
    (void)mean_by(samples, count, INT64_MAX, &mean);
    double typical = typical_spread * typical_spread + mean.error * mean.error;
    double variance = (typical_worth * typical + squares) / degrees;
    double unknown = sort == LEVEL_ORDINARY ? 0 : untaught_spread;
    return (struct level_forecast){.mean = mean.level,
                                   .spread = hypot(sqrt(variance), unknown),
                                   .above = sort == LEVEL_ORDINARY ? 0 : untaught_above,
                                   .degrees = degrees,
                                   .base = mean.level,
                                   .base_spread = sqrt(variance),
                                   .base_degrees = degrees};
}

double level_forecast_quantile(const struct level_forecast *forecast, double chance)
{
    const double middle = 0.5;
    double spread = chance > middle ? hypot(forecast->spread, forecast->above) : forecast->spread;
    return forecast->mean + spread * gsl_cdf_tdist_Pinv(chance, forecast->degrees);
}

double level_forecast_base_deviation(const struct level_forecast *forecast)
{
    const double high_chance = 0.95;
    return forecast->base_spread * gsl_cdf_tdist_Pinv(high_chance, forecast->base_degrees);
}
