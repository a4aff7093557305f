/* level_forecast.h - how high the coming window will be, from the levels of past ones, with an honest spread.
 * Room: predictor/forecast. May touch: GSL (distributions). Pure. */
#ifndef REKINDLE_PREDICTOR_LEVEL_FORECAST_H
#define REKINDLE_PREDICTOR_LEVEL_FORECAST_H

#include "predictor/forecast/window_level.h"

enum level_sort { LEVEL_ORDINARY, LEVEL_EVENT, LEVEL_UNTAUGHT_EVENT };

struct level_forecast {
    double mean; /* on the logit scale */
    double
        spread; /* scale of a Student distribution around it, chance of single keys not included */
    double degrees; /* its degrees of freedom */
    double base, base_spread,
        base_degrees; /* of events: the level where the pull is 1, and how unsure it is */
};

/* The level of one past window; of an ordinary one, or when no event is of the coming one's kind, all are. */
struct level_sample {
    struct window_level measured;
    bool is_same_kind;
};

/* `samples` [count], the latest first. Ordinary windows: a mean that trusts late ones more; events: a plain mean of
 * those of the same kind, if there are any. The
 * spread is that of the levels, shrunk towards a typical one where they are few; LEVEL_UNTAUGHT_EVENT is an event that
 * has only ordinary windows to learn from, and adds what is not known about it. */
struct level_forecast level_forecast_make(const struct level_sample *samples, size_t count,
                                          enum level_sort sort);
/* The level that is not exceeded with probability `chance`. */
double level_forecast_quantile(const struct level_forecast *forecast, double chance);

/* How far on either side of the base it lies with a probability of 90 %. */
double level_forecast_base_deviation(const struct level_forecast *forecast);

#endif
