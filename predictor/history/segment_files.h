/* segment_files.h - opens all the segments that a manifest names, at once.
 * Room: predictor/history. May touch: files. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_FILES_H
#define REKINDLE_PREDICTOR_SEGMENT_FILES_H

#include "predictor/history/manifest.h"
#include "predictor/history/segment_reader.h"

#define SEGMENT_PREFIX "segment-"

/* 1 and a reader for each segment in the manifest's order, to be given to segment_files_close; 0 when a file is
 * absent, with a sentence for the case that it stays so; -1. */
int segment_files_open(const char *dir, const struct manifest *manifest,
                       struct segment_reader ***readers, struct error *err) MUST_CHECK;
/* NULL is fine. */
void segment_files_close(struct segment_reader **readers, size_t count);

#endif
