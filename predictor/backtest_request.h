/* backtest_request.h - what one `backtest` is asked for, made definite: origins, models, events, entities.
 * Room: predictor (top). May touch: predictor/calendar, predictor/history, predictor/backtest. */
#ifndef REKINDLE_PREDICTOR_BACKTEST_REQUEST_H
#define REKINDLE_PREDICTOR_BACKTEST_REQUEST_H

#include "predictor/pipeline.h"

#include "predictor/backtest/ranking_sums.h"
#include "predictor/calendar/event_calendar.h"
#include "predictor/forecast_scorer.h"
#include "predictor/history/history_reader.h"

enum { BACKTEST_BASELINE_COUNT = 4, BACKTEST_MODELS_TEXT_SIZE = 256 };

struct backtest_request {
    struct history_reader *reader;
    struct zone *zone;
    struct event_calendar *calendar;                  /* NULL: none was given */
    struct attribute_table *attributes[ENTITY_COUNT]; /* NULL: not known */
    struct forecast_scorer_frame frame;
    struct backtest_origin origins[BACKTEST_ORIGINS_MAX]; /* the latest first */
    size_t origin_count;
    const char
        *models[BACKTEST_MODELS_MAX]; /* the first BACKTEST_BASELINE_COUNT are the baselines */
    size_t model_count;
    char models_text[BACKTEST_MODELS_TEXT_SIZE];
    struct ranking_plan plan;
    bool is_wanted[ENTITY_COUNT];
};

/* ERROR_USAGE for options that do not fit together, ERROR_INPUT for a history or calendar that cannot be used. Free
 * with backtest_request_close, also when it failed. */
int backtest_request_open(struct backtest_request *request, const struct pipeline *pipeline,
                          struct error *err) MUST_CHECK;
void backtest_request_close(struct backtest_request *request);

#endif
