/* level_trend.c - see level_trend.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/level_trend.h"

#include <math.h>

static const double typical_slope = 0.5;   /* how far it lies from 0 */
static const double typical_spread = 0.15; /* of levels around the line */

struct level_trend level_trend_fit(const struct aged_level *windows, size_t count)
{
    /* Sums of a regression with a flat prior on the height at ln age 0 and a normal one around 0 on the slope. */
    double weight = 0;
    double at = 0;
    double squares = 1 / (typical_slope * typical_slope);
    double level = 0;
    double product = 0;
    for (size_t i = 0; i < count; i++) {
        double error = windows[i].measured.error;
        double w = 1 / (error * error + typical_spread * typical_spread);
        weight += w;
        at += w * windows[i].ln_age;
        squares += w * windows[i].ln_age * windows[i].ln_age;
        level += w * windows[i].measured.level;
        product += w * windows[i].ln_age * windows[i].measured.level;
    }
    if (count == 0) {
        return (struct level_trend){.error = typical_slope};
    }
    double determinant = weight * squares - at * at;
    return (struct level_trend){.slope = (weight * product - at * level) / determinant,
                                .error = sqrt(weight / determinant),
                                .height = (squares * level - at * product) / determinant};
}

double level_trend_at(const struct level_trend *trend, double ln_age)
{
    return trend->height + trend->slope * ln_age;
}
