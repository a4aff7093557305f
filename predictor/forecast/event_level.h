/* event_level.h - how high a coming event will be, from the levels and pulls of past ones.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_EVENT_LEVEL_H
#define REKINDLE_PREDICTOR_EVENT_LEVEL_H

#include "predictor/forecast/level_forecast.h"

/* A past window: its level, and ln of the age that the history had then over its age now (at most 0). */
struct aged_level {
    struct window_level measured;
    double ln_age;
};

/* By how much levels change while the history grows e times as old, how unsure that is, and the level they come to now. */
struct level_trend {
    double slope, error, height;
};

/* The more of a history there is, the more is known of its keys, and the more of those that are silent have left: levels
 * sink beside scores. Ordinary windows, of which there are many, tell by how much; `windows` share no time. */
struct level_trend event_level_trend(const struct aged_level *windows, size_t count);

/* A past event: how strongly it pulled, and its level if enough dormant keys came back to tell. */
struct level_event {
    bool is_same_kind, has_level;
    struct aged_level at;
    double pull; /* 0: not known */
};

/* From past events [count], by start, of which at least one has a level. A level is what dormant keys do at a pull of 1,
 * which changes with the age of the history about as that of ordinary windows does, plus `reach` times ln pull; the coming
 * pull is as those of its kind were, or of any kind if it is the first of its own. */
struct level_forecast event_level_forecast(const struct level_event *events, size_t count,
                                           double reach, struct level_trend trend);
/* ln pull of an event, 0 for all when not all pulls are known. */
double event_level_ln_pull(const struct level_event *events, size_t count, size_t at);

#endif
