/* hash_index.h - from 64-bit hashes to small numbers.
 * Room: predictor/forecast. May touch: memory only.
 * Promises: 12 bytes a slot, at most three quarters of them used. */
#ifndef REKINDLE_PREDICTOR_HASH_INDEX_H
#define REKINDLE_PREDICTOR_HASH_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define HASH_INDEX_NONE UINT32_MAX

/* All zero is empty. */
struct hash_index {
    uint64_t *hashes;  /* [slot_count] */
    uint32_t *numbers; /* [slot_count]: one more than the number; 0: the slot is free */
    size_t slot_count; /* a power of two */
    size_t count;
};

/* The number of `hash`, the next of 0, 1, 2, ... when it is new; HASH_INDEX_NONE when out of memory. */
uint32_t hash_index_put(struct hash_index *index, uint64_t hash);
/* The number of `hash`, or HASH_INDEX_NONE. */
uint32_t hash_index_find(const struct hash_index *index, uint64_t hash);
void hash_index_free(struct hash_index *index);

#endif
