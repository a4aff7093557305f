/* feature_scale.c - see feature_scale.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/feature_scale.h"

#include <math.h>

static const enum key_feature interactions[SCALE_INTERACTIONS] = {
    FEATURE_MBGNBD,         FEATURE_GAP,          FEATURE_DAYS,         FEATURE_TENURE,
    FEATURE_ONCE,           FEATURE_DECAYED_DAYS, FEATURE_HITS_PER_DAY, FEATURE_EVENT_SEEN,
    FEATURE_EVENT_RESPONSE, FEATURE_EVENT_KIND,   FEATURE_EVENT_BORN,   FEATURE_EVENT_END,
    FEATURE_PLAIN_DAYS,     FEATURE_GROUP,        FEATURE_GROUP_EVENT,
};
static const double farthest = 4; /* deviations */

void feature_scale_learn(struct feature_scale *scale, const float *values, const float *weights,
                         size_t count)
{
    const double smallest_spread = 1e-6;
    for (size_t j = 0; j < FEATURE_COUNT; j++) {
        double weight = 0;
        double sum = 0;
        double squares = 0;
        for (size_t i = 0; i < count; i++) {
            double w = weights == NULL ? 1 : (double)weights[i];
            weight += w;
            sum += w * (double)values[i * FEATURE_COUNT + j];
        }
        scale->mean[j] = weight > 0 ? sum / weight : 0;
        for (size_t i = 0; i < count; i++) {
            double away = (double)values[i * FEATURE_COUNT + j] - scale->mean[j];
            squares += (weights == NULL ? 1 : (double)weights[i]) * away * away;
        }
        scale->spread[j] = weight > 0 ? sqrt(squares / weight) : 0;
        scale->spread[j] = scale->spread[j] > smallest_spread ? scale->spread[j] : 0;
    }
    scale->spread[FEATURE_EVENT_SHAPE] = 0; /* the link's, not a reason to come */
}

void feature_scale_apply(const struct feature_scale *scale, const float *row, bool is_event,
                         float design[DESIGN_COLUMNS])
{
    for (size_t j = 0; j < FEATURE_COUNT; j++) {
        double z = scale->spread[j] > 0 ? ((double)row[j] - scale->mean[j]) / scale->spread[j] : 0;
        design[j] = (float)fmin(fmax(z, -farthest), farthest);
    }
    for (size_t j = 0; j < SCALE_INTERACTIONS; j++) {
        design[FEATURE_COUNT + j] = is_event ? design[interactions[j]] : 0;
    }
}

enum key_feature feature_scale_source(size_t column)
{
    return column < FEATURE_COUNT ? (enum key_feature)column : interactions[column - FEATURE_COUNT];
}
