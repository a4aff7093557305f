/* feature_scale.h - from a row of features to a row of the ridge: standardised, held within bounds, with interactions.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_FEATURE_SCALE_H
#define REKINDLE_PREDICTOR_FEATURE_SCALE_H

#include "predictor/forecast/key_features.h"
#include "predictor/forecast/training_set.h"

/* Columns that may mean something else in an event than in an ordinary window: they come twice. */
enum { SCALE_INTERACTIONS = 15, DESIGN_COLUMNS = FEATURE_COUNT + SCALE_INTERACTIONS };

struct feature_scale {
    double mean[FEATURE_COUNT], spread[FEATURE_COUNT]; /* a column that never varies has spread 0 */
};

/* Mean and standard deviation of each column over `values` [count][FEATURE_COUNT], weighted (NULL: all alike). */
void feature_scale_learn(struct feature_scale *scale, const float *values, const float *weights,
                         size_t count);
/* Fills `design`; values beyond 4 deviations are cut to them. */
void feature_scale_apply(const struct feature_scale *scale, const float *row, bool is_event,
                         float design[DESIGN_COLUMNS]);
/* The feature that a column of the design is about. */
enum key_feature feature_scale_source(size_t column);

#endif
