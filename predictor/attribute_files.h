/* attribute_files.h - the attribute files of the command line and the config, one for each entity.
 * Room: predictor (top). May touch: predictor/forecast, the files it is given. */
#ifndef REKINDLE_PREDICTOR_ATTRIBUTE_FILES_H
#define REKINDLE_PREDICTOR_ATTRIBUTE_FILES_H

#include "predictor/pipeline.h"

#include "predictor/forecast/attribute_table.h"

/* Fills `tables` by `--attributes ENTITY=FILE`, else `[entity ENTITY] attributes`; NULL where there is none. Free with
 * attribute_files_free, also when it failed. ERROR_USAGE for an option that is none. */
int attribute_files_load(const struct pipeline *pipeline,
                         struct attribute_table *tables[ENTITY_COUNT],
                         struct error *err) MUST_CHECK;
void attribute_files_free(struct attribute_table *tables[ENTITY_COUNT]);

#endif
