/* past_levels.h - what the past windows of a training set say about the level of the coming one.
 * Room: predictor/forecast. May touch: GSL, memory. */
#ifndef REKINDLE_PREDICTOR_PAST_LEVELS_H
#define REKINDLE_PREDICTOR_PAST_LEVELS_H

#include "predictor/forecast/event_replay.h"
#include "predictor/forecast/level_forecast.h"

struct past_levels {
    struct level_forecast forecast;
    double unit_levels[TRAINING_EVENTS_MAX]; /* of the past events of the coming one's kind */
    size_t unit_count;
    double reach; /* of events: how far their levels move with ln pull; 0 when none told */
    size_t event_windows;
    bool is_untaught; /* an event, and no past one found enough dormant keys to tell its level */
};

/* Levels of events are what they would be on today's scores, those of ordinary windows by scores out of fold. */
int past_levels_learn(struct past_levels *levels, const struct event_replay *replay,
                      struct error *err) MUST_CHECK;

#endif
