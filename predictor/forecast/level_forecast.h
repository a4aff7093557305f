/* level_forecast.h - how high the coming window will be, from the levels of past ones, with an honest spread.
 * Room: predictor/forecast. May touch: GSL (distributions). Pure. */
#ifndef REKINDLE_PREDICTOR_LEVEL_FORECAST_H
#define REKINDLE_PREDICTOR_LEVEL_FORECAST_H

#include "predictor/forecast/window_level.h"

#include <stdint.h>

/* Untaught: no past window tells, or only ordinary ones while an event is coming; what is not known of it is added. */
enum level_sort { LEVEL_ORDINARY, LEVEL_UNTAUGHT };

struct level_forecast {
    double mean; /* on the logit scale */
    double
        spread; /* scale of a Student distribution around it, chance of single keys not included */
    double above;   /* added to the spread above the mean */
    double degrees; /* its degrees of freedom */
    double base, base_spread,
        base_degrees; /* of events: the level where the pull is 1, and how unsure it is */
};

/* The level of one past window, and its times. */
struct level_sample {
    struct window_level measured;
    int64_t origin_unix, start_unix, end_unix;
};

/* `samples` [count], the latest first, may share time. The mean trusts late ones more. The spread is by how much the same
 * forecast failed for those of them that had others before their origin, moved towards what is typical where they are
 * few. */
struct level_forecast level_forecast_make(const struct level_sample *samples, size_t count,
                                          enum level_sort sort);
/* The level that is not exceeded with probability `chance`. */
double level_forecast_quantile(const struct level_forecast *forecast, double chance);

/* How far on either side of the base it lies with a probability of 90 %. */
double level_forecast_base_deviation(const struct level_forecast *forecast);

#endif
