/* forecast_scorer.h - the forecasters of rank, as what the backtest scores keys with.
 * Room: predictor (top). May touch: predictor/forecast, predictor/backtest. */
#ifndef REKINDLE_PREDICTOR_FORECAST_SCORER_H
#define REKINDLE_PREDICTOR_FORECAST_SCORER_H

#include "common/civil_time.h"

#include "predictor/backtest/origin_run.h"
#include "predictor/calendar/event_window.h"
#include "predictor/forecast/attribute_table.h"

/* What is the same at all origins; borrowed. */
struct forecast_scorer_frame {
    int64_t bucket_second, dormant_after_second;
    const struct zone *zone; /* NULL: UTC */
    const struct event_window
        *events; /* [event_count], in order of time; a model sees those ended at its origin */
    size_t event_count;
    const struct attribute_table *attributes[ENTITY_COUNT]; /* NULL: not known */
};

/* `frame` has to live as long as what is made of it. */
struct scorer_kind forecast_scorer_kind(const struct forecast_scorer_frame *frame);

#endif
