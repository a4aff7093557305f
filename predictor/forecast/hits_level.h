/* hits_level.h - the levels at which P(return) tells how often those come who come.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * Visits follow the pull of an event one to one; returns follow it by less, for who came three times at a strong event still
 * comes once at a weak one. Levels are those of returns: between events they lie only `reach` times as far apart as the
 * logarithms of pulls. Here they are set as far apart as those. */
#ifndef REKINDLE_PREDICTOR_HITS_LEVEL_H
#define REKINDLE_PREDICTOR_HITS_LEVEL_H

#include "predictor/forecast/auto_level.h"

/* Of each past window. */
void hits_level_past(const struct training_set *set, struct row_scores scores,
                     const struct auto_level *level, double levels[TRAINING_ORIGINS_MAX]);
/* Of the coming one. */
double hits_level_now(const struct training_set *set, const struct auto_level *level);

#endif
