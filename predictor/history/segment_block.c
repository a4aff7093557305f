/* segment_block.c - see segment_block.h.
 * Room: predictor/history. May touch: malloc. */
#include "predictor/history/segment_block.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "predictor/history/varint.h"

enum { BUCKETS_FIRST = 64, MEASURE_COUNT = 4 };

void block_cursor_start(struct block_cursor *cursor, const uint8_t *payload, size_t size,
                        enum entity entity, uint32_t key_count)
{
    cursor->at = payload;
    cursor->end = payload + size;
    cursor->entity = entity;
    cursor->keys_left = key_count;
    cursor->id_size = 0;
}

void block_cursor_free(struct block_cursor *cursor)
{
    free(cursor->buckets);
    cursor->buckets = NULL;
    cursor->bucket_capacity = 0;
}

static int set_problem(struct block_cursor *cursor, const char *problem)
{
    cursor->problem = problem;
    return -1;
}

static bool take_number(struct block_cursor *cursor, uint64_t *number)
{
    const uint8_t *after = varint_get(cursor->at, cursor->end, number);
    if (after == NULL) {
        return false;
    }
    cursor->at = after;
    return true;
}

/* The new id lies over the old one; it must come after it, so the first new byte must be larger or the old
 * id must end where the shared part does. */
static int take_id(struct block_cursor *cursor)
{
    uint64_t shared, suffix_size;
    if (!take_number(cursor, &shared) || !take_number(cursor, &suffix_size) ||
        suffix_size > (uint64_t)(cursor->end - cursor->at)) {
        return set_problem(cursor, "an id ends outside the block");
    }
    if (shared > cursor->id_size || suffix_size == 0 || suffix_size > ENTITY_ID_SIZE_MAX ||
        shared + suffix_size > ENTITY_ID_SIZE_MAX) {
        return set_problem(cursor, "an id has an impossible length");
    }
    if (shared < cursor->id_size && *cursor->at <= (uint8_t)cursor->id[shared]) {
        return set_problem(cursor, "the keys are not in order");
    }
    memcpy(cursor->id + shared, cursor->at, suffix_size);
    cursor->id_size = shared + suffix_size;
    cursor->at += suffix_size;
    return 0;
}

/* A pair takes a byte at least, so a hostile count cannot ask for more memory than eight times the block. */
static int make_room(struct block_cursor *cursor, uint64_t pair_count)
{
    if (pair_count == 0 || pair_count > (uint64_t)(cursor->end - cursor->at)) {
        return set_problem(cursor, "a key has an impossible number of buckets");
    }
    if (pair_count <= cursor->bucket_capacity) {
        return 0;
    }
    size_t capacity = cursor->bucket_capacity == 0 ? BUCKETS_FIRST : cursor->bucket_capacity;
    while (capacity < pair_count) {
        capacity *= 2;
    }
    struct active_bucket *buckets = realloc(cursor->buckets, capacity * sizeof *buckets);
    if (buckets == NULL) {
        return set_problem(cursor, NULL);
    }
    cursor->buckets = buckets;
    cursor->bucket_capacity = capacity;
    return 0;
}

static int take_measures(struct block_cursor *cursor, struct key_history *key)
{
    if (!take_number(cursor, &key->size_bytes_sum) || !take_number(cursor, &key->size_count) ||
        !take_number(cursor, &key->cost_us_sum) || !take_number(cursor, &key->cost_count)) {
        return set_problem(cursor, "the sums of a key end outside the block");
    }
    return 0;
}

static int take_pairs(struct block_cursor *cursor, size_t pair_count)
{
    int64_t bucket = 0;
    for (size_t i = 0; i < pair_count; i++) {
        uint64_t step, count = 1;
        if (!take_number(cursor, &step)) {
            return set_problem(cursor, "a bucket ends outside the block");
        }
        if ((step & 1) != 0) {
            if (!take_number(cursor, &count) || count > UINT32_MAX - 2) {
                return set_problem(cursor, "a bucket has an impossible count");
            }
            count += 2;
        }
        uint64_t distance = step >> 1;
        if (distance > UINT32_MAX || (i > 0 && distance == 0)) {
            return set_problem(cursor, "the buckets are not in order");
        }
        bucket = i == 0 ? varint_to_signed(distance) : bucket + (int64_t)distance;
        if (bucket > INT32_MAX) {
            return set_problem(cursor, "a bucket is out of range");
        }
        cursor->buckets[i] = (struct active_bucket){(int32_t)bucket, (uint32_t)count};
    }
    return 0;
}

int block_cursor_next(struct block_cursor *cursor, struct key_history *key)
{
    uint64_t pairs;
    if (cursor->keys_left == 0) {
        return cursor->at == cursor->end ? 0
                                         : set_problem(cursor, "bytes are left after the last key");
    }
    *key = (struct key_history){.entity = cursor->entity};
    if (take_id(cursor) != 0) {
        return -1;
    }
    if (!take_number(cursor, &pairs)) {
        return set_problem(cursor, "a key ends outside the block");
    }
    if (((pairs & 1) != 0 && take_measures(cursor, key) != 0) ||
        make_room(cursor, pairs >> 1) != 0 || take_pairs(cursor, (size_t)(pairs >> 1)) != 0) {
        return -1;
    }
    cursor->keys_left--;
    key->id = (struct slice){cursor->id, cursor->id_size};
    key->buckets = cursor->buckets;
    key->bucket_count = (size_t)(pairs >> 1);
    return 1;
}

size_t block_record_size_max(const struct key_history *key)
{
    return key->id.size + (3 + MEASURE_COUNT) * VARINT_SIZE_MAX +
           key->bucket_count * VARINT_SIZE_MAX; /* a step and a count of 33 bits each: 5 + 5 */
}

static size_t count_shared(struct slice before, struct slice id)
{
    size_t shorter = before.size < id.size ? before.size : id.size;
    size_t shared = 0;
    while (shared < shorter && before.bytes[shared] == id.bytes[shared]) {
        shared++;
    }
    return shared;
}

static uint8_t *put_pairs(uint8_t *at, const struct key_history *key)
{
    uint64_t distance = varint_from_signed(key->buckets[0].bucket);
    for (size_t i = 0; i < key->bucket_count; i++) {
        uint32_t count = key->buckets[i].count;
        if (i > 0) {
            distance = (uint64_t)((int64_t)key->buckets[i].bucket - key->buckets[i - 1].bucket);
        }
        assert(count > 0 && (i == 0 || key->buckets[i].bucket > key->buckets[i - 1].bucket));
        at = varint_put(at, distance << 1 | (count > 1));
        if (count > 1) {
            at = varint_put(at, count - 2);
        }
    }
    return at;
}

uint8_t *block_put_record(uint8_t *at, struct slice before, const struct key_history *key)
{
    size_t shared = count_shared(before, key->id);
    bool has_measures = (key->size_count | key->cost_count) != 0;
    assert(key->id.size > shared && key->bucket_count > 0);
    at = varint_put(at, shared);
    at = varint_put(at, key->id.size - shared);
    memcpy(at, key->id.bytes + shared, key->id.size - shared);
    at += key->id.size - shared;
    at = varint_put(at, (uint64_t)key->bucket_count << 1 | has_measures);
    if (has_measures) {
        at = varint_put(at, key->size_bytes_sum);
        at = varint_put(at, key->size_count);
        at = varint_put(at, key->cost_us_sum);
        at = varint_put(at, key->cost_count);
    }
    return put_pairs(at, key);
}
