/* window_level.h - how many came in a past window beyond what the keys' scores say: its level, on the logit scale.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_WINDOW_LEVEL_H
#define REKINDLE_PREDICTOR_WINDOW_LEVEL_H

#include "predictor/forecast/training_set.h"

struct window_level {
    double level, error; /* with its standard error */
};

/* Calibrated scores of a set's rows, and the hazards they are on top of; NULL: the scores are logits. */
struct row_scores {
    const float *scores;                 /* [rows] */
    const struct return_ground *grounds; /* [rows] */
};

/* The level at which the rows of `origin` that are `asked` (NULL: all) sum to what came. */
struct window_level window_level_of_rows(const struct training_set *set, const uint8_t *asked,
                                         struct row_scores scores, size_t origin);
/* The same over keys beyond the threshold, unless too few of them came back to tell: then those of training as well. */
struct window_level window_level_of(const struct training_set *set, struct row_scores scores,
                                    size_t origin);
struct return_ground window_level_ground(struct row_scores scores, size_t row);
/* Whether a window of the set is of the sort that is asked for: events if the set has any (it has them only if the
 * coming window is one), otherwise ordinary windows. */
bool window_level_is_relevant(const struct training_set *set, size_t origin);

#endif
