/* feature_files.h - what auto learns from and is asked about, as CSV files for other tools: `rank --dump-features`.
 * Room: predictor (top). May touch: predictor/forecast, the files it makes.
 * Promises: ENTITY-training.csv and ENTITY-asked.csv are in the folder complete, or as they were. */
#ifndef REKINDLE_PREDICTOR_FEATURE_FILES_H
#define REKINDLE_PREDICTOR_FEATURE_FILES_H

#include "common/entity.h"
#include "common/error.h"

#include "predictor/forecast/forecaster.h"

struct feature_files;

/* Makes the folder where there is none. Free with commit or abandon. */
struct feature_files *feature_files_open(const char *folder, struct error *err) MUST_CHECK;
/* After the fit: all that `forecaster` learned from, and the header of what it is asked. ERROR_USAGE when its model has
 * no features. */
int feature_files_begin(struct feature_files *files, enum entity entity,
                        const struct forecaster *forecaster, struct error *err) MUST_CHECK;
/* A key that is asked about, after feature_files_begin of its entity. */
int feature_files_add(struct feature_files *files, const struct forecaster *forecaster,
                      const struct key_history *key, struct error *err) MUST_CHECK;
/* Puts all files in place; frees also when it fails. */
int feature_files_commit(struct feature_files *files, struct error *err) MUST_CHECK;
/* NULL is fine. */
void feature_files_abandon(struct feature_files *files);

#endif
