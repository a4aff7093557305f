/* event_level.h - how high a coming event will be, from the levels and pulls of past ones.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_EVENT_LEVEL_H
#define REKINDLE_PREDICTOR_EVENT_LEVEL_H

#include "predictor/forecast/level_forecast.h"

/* A past event: how strongly it pulled all keys, and its level on the scores of today, if enough dormant keys came back
 * to tell. */
struct level_event {
    bool is_same_kind, has_level;
    struct window_level level;
    double pull; /* 0: not known */
};

/* From past events [count], by start, of which at least one has a level. A level is what dormant keys do at a pull of 1,
 * the base, plus `reach` times ln pull; the coming event is as those of its kind were, or of any kind if it is the first of
 * its own. */
struct level_forecast event_level_forecast(const struct level_event *events, size_t count,
                                           double reach);
/* The level of the event that is `at`, whether it was told or not: as measured, as far as that is surer than what its
 * pull lets expect. */
double event_level_of(const struct level_forecast *forecast, const struct level_event *events,
                      size_t count, double reach, size_t at);
/* ln pull of an event, 0 for all when not all pulls are known. */
double event_level_ln_pull(const struct level_event *events, size_t count, size_t at);

#endif
