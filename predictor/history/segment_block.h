/* segment_block.h - the bytes of one block of a segment: keys of one entity, in order.
 * Room: predictor/history. May touch: malloc (the cursor's buckets).
 * Pure: no file is touched; the bytes may be hostile.
 *
 *   record  = shared suffix_size suffix[suffix_size] pairs [measures] pair[pair_count]
 *   shared    how many bytes the id has in common with the one before it in the block
 *   pairs     2 * pair_count + (1 if measures follow)
 *   measures  size_bytes_sum size_count cost_us_sum cost_count
 *   pair    = step [count - 2]; step is 2 * distance + (1 if the count is not 1 and follows)
 *   distance  for the first pair the bucket itself, zigzag; else the distance from the bucket before
 *
 * All numbers are varints: seven bits a byte, the lowest first, the high bit set in all but the last. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_BLOCK_H
#define REKINDLE_PREDICTOR_SEGMENT_BLOCK_H

#include "common/error.h"
#include "predictor/history/key_history.h"

#include <stddef.h>
#include <stdint.h>

/* Reads a block; all zero before the first start, free with block_cursor_free. */
struct block_cursor {
    const uint8_t *at, *end;
    enum entity entity;
    uint32_t keys_left;
    size_t id_size;
    struct active_bucket *buckets; /* [bucket_capacity], reused from key to key */
    size_t bucket_capacity;
    const char *problem; /* after -1: what is wrong, in words; NULL: out of memory */
    char id[ENTITY_ID_SIZE_MAX];
};

/* Begins at the first of `key_count` keys; the payload is borrowed until the next start. */
void block_cursor_start(struct block_cursor *cursor, const uint8_t *payload, size_t size,
                        enum entity entity, uint32_t key_count);
/* 1 and the next key (borrowed until the next call), 0 at the end, -1 when the bytes make no sense. */
int block_cursor_next(struct block_cursor *cursor, struct key_history *key) MUST_CHECK;
void block_cursor_free(struct block_cursor *cursor);

/* The most bytes that a record of `key` can take. */
size_t block_record_size_max(const struct key_history *key);
/* Writes the record of `key` to `at` and returns the end; `before` is the id before it, empty for the first. */
uint8_t *block_put_record(uint8_t *at, struct slice before, const struct key_history *key);

#endif
