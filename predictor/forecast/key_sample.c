/* key_sample.c - see key_sample.h.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/key_sample.h"

#include "predictor/forecast/attribute_table.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_AT_FIRST = 4096, HASH_BITS = 64 };

static bool is_in(const struct key_sample *sample, uint64_t hash)
{
    return sample->hash_limit_shift == 0 || hash >> (HASH_BITS - sample->hash_limit_shift) == 0;
}

static bool is_full(const struct key_sample *sample, size_t more_buckets)
{
    return sample->key_count + 1 > sample->key_count_max ||
           sample->bucket_count + more_buckets > sample->bucket_count_max;
}

/* Halves the limit and moves what stays to the front. */
static void thin(struct key_sample *sample)
{
    size_t key_count = 0;
    size_t bucket_count = 0;
    sample->hash_limit_shift++;
    for (size_t i = 0; i < sample->key_count; i++) {
        struct sampled_key key = sample->keys[i];
        if (is_in(sample, key.hash)) {
            memmove(&sample->buckets[bucket_count], &sample->buckets[key.begin],
                    key.count * sizeof *sample->buckets);
            key.begin = bucket_count;
            bucket_count += key.count;
            sample->keys[key_count++] = key;
        }
    }
    sample->key_count = key_count;
    sample->bucket_count = bucket_count;
}

static void *grow(void *array, size_t *space, size_t needed, size_t item_size)
{
    size_t wider = *space == 0 ? KEYS_AT_FIRST : *space;
    while (wider < needed) {
        wider *= 2;
    }
    if (wider == *space) {
        return array;
    }
    void *grown = realloc(array, wider * item_size);
    *space = grown == NULL ? *space : wider;
    return grown;
}

static int make_room(struct key_sample *sample, size_t more_buckets, struct error *err)
{
    struct sampled_key *keys =
        grow(sample->keys, &sample->key_space, sample->key_count + 1, sizeof *keys);
    if (keys == NULL) {
        return error_set_memory(err, "sampling keys for training");
    }
    sample->keys = keys;
    struct active_bucket *buckets = grow(sample->buckets, &sample->bucket_space,
                                         sample->bucket_count + more_buckets, sizeof *buckets);
    if (buckets == NULL) {
        return error_set_memory(err, "sampling keys for training");
    }
    sample->buckets = buckets;
    return 0;
}

int key_sample_offer(struct key_sample *sample, uint64_t hash, struct bucket_list buckets,
                     struct error *err)
{
    sample->offered_count++;
    while (is_in(sample, hash) && is_full(sample, buckets.count) &&
           sample->hash_limit_shift + 1 < HASH_BITS) {
        thin(sample);
    }
    if (!is_in(sample, hash) || is_full(sample, buckets.count)) {
        return 0;
    }
    if (make_room(sample, buckets.count, err) != 0) {
        return -1;
    }
    memcpy(&sample->buckets[sample->bucket_count], buckets.buckets,
           buckets.count * sizeof *buckets.buckets);
    sample->keys[sample->key_count++] =
        (struct sampled_key){.hash = hash, .begin = sample->bucket_count, .count = buckets.count};
    sample->bucket_count += buckets.count;
    return 0;
}

uint64_t key_sample_hash(struct slice id)
{
    return attribute_table_hash(id);
}

struct bucket_list key_sample_buckets(const struct key_sample *sample, size_t at)
{
    const struct sampled_key *key = &sample->keys[at];
    return (struct bucket_list){.buckets = &sample->buckets[key->begin], .count = key->count};
}

double key_sample_weight(const struct key_sample *sample)
{
    if (sample->key_count == 0) {
        return 1;
    }
    return (double)sample->offered_count / (double)sample->key_count;
}

void key_sample_free(struct key_sample *sample)
{
    free(sample->keys);
    free(sample->buckets);
    *sample = (struct key_sample){0};
}
