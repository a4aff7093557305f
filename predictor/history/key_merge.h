/* key_merge.h - several sorted sources of keys become one, equal keys combined.
 * Room: predictor/history. May touch: malloc.
 * Memory: the buckets of one key, whatever the number of keys. */
#ifndef REKINDLE_PREDICTOR_KEY_MERGE_H
#define REKINDLE_PREDICTOR_KEY_MERGE_H

#include "common/error.h"
#include "predictor/history/key_history.h"

#include <stddef.h>

/* Where sorted keys come from: a segment, a run in memory, an array of a test. */
struct key_source {
    int (*next)(void *self, struct key_history *key, struct error *err); /* 1, 0, -1 */
    void *self;
};

struct key_merge;

/* `sources` is copied, what `self` points to stays the caller's. NULL when out of memory. */
struct key_merge *key_merge_new(const struct key_source *sources, size_t source_count,
                                struct error *err) MUST_CHECK;
void key_merge_free(struct key_merge *merge);

/* 1 and the next key (borrowed until the next call), 0 at the end, -1. */
int key_merge_next(struct key_merge *merge, struct key_history *key, struct error *err) MUST_CHECK;
/* Begins again, after the caller has set all sources back to their first keys. */
void key_merge_restart(struct key_merge *merge);

/* Adds without going past the largest number. */
static inline uint32_t count_add_32(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static inline uint64_t count_add_64(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
