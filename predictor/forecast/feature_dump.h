/* feature_dump.h - the rows of a training set and of keys as CSV, for study with other tools.
 * Room: predictor/forecast. May touch: the stream it is given. */
#ifndef REKINDLE_PREDICTOR_FEATURE_DUMP_H
#define REKINDLE_PREDICTOR_FEATURE_DUMP_H

#include "common/slice.h"

#include "predictor/forecast/training_set.h"

#include <stdio.h>

/* Header and rows: `origin,is_event,target,weight,label` and the features. Write errors stay in ferror(). */
void feature_dump_training(const struct training_set *set, FILE *out);
/* The header of feature_dump_key: `id` and the features. */
void feature_dump_header(FILE *out);
void feature_dump_key(struct slice id, const float row[FEATURE_COUNT], FILE *out);

#endif
