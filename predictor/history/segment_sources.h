/* segment_sources.h - all segments of a history as sources of a merge, which tell how far it is.
 * Room: predictor/history. May touch: malloc. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_SOURCES_H
#define REKINDLE_PREDICTOR_SEGMENT_SOURCES_H

#include "predictor/history/key_merge.h"
#include "predictor/history/segment_reader.h"

/* Told for every key: bytes read so far, and of all segments. Has to be cheap. */
struct segment_watch {
    void (*tell)(void *context, uint64_t done_bytes, uint64_t total_bytes);
    void *context;
};

struct segment_sources;

/* `readers` [count] are borrowed until segment_sources_free, and `watch` (NULL: nobody is told) is. */
struct segment_sources *segment_sources_new(struct segment_reader *const *readers, size_t count,
                                            const struct segment_watch *watch,
                                            struct error *err) MUST_CHECK;
void segment_sources_free(struct segment_sources *sources);

/* [count], in the order of the readers. */
const struct key_source *segment_sources_list(const struct segment_sources *sources);

#endif
