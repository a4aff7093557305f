/* level_trend.h - how the levels of ordinary windows change while a history grows older.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_LEVEL_TREND_H
#define REKINDLE_PREDICTOR_LEVEL_TREND_H

#include "predictor/forecast/window_level.h"

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
 * sink beside scores. A line through the levels of `windows` [count], which share no time; its slope is held back a
 * little. */
struct level_trend level_trend_fit(const struct aged_level *windows, size_t count);
double level_trend_at(const struct level_trend *trend, double ln_age);

#endif
