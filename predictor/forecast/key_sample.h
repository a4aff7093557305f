/* key_sample.h - the whole histories of a sample of keys, within a bound of memory: what training works on.
 * Room: predictor/forecast. May touch: memory only.
 * Promises: a key is in the sample if the hash of its id is below a limit, which is halved when memory is full; so the
 * sample is all keys while they are few, does not depend on their order in any way that could bias it, and is the same
 * for the same input. */
#ifndef REKINDLE_PREDICTOR_KEY_SAMPLE_H
#define REKINDLE_PREDICTOR_KEY_SAMPLE_H

#include "common/error.h"

#include "predictor/forecast/as_of.h"

struct sampled_key {
    uint64_t hash;
    size_t begin, count; /* in the sample's buckets */
};

/* Set the two maxima, all else zero, before the first use. */
struct key_sample {
    size_t key_count_max, bucket_count_max;
    uint64_t hash_limit_shift; /* keys with hash < 2^(64 - shift) are in */
    struct sampled_key *keys;  /* [key_count] */
    size_t key_count, key_space;
    struct active_bucket *buckets; /* [bucket_count] */
    size_t bucket_count, bucket_space;
    uint64_t offered_count; /* keys shown */
};

/* Offers one key, which is copied if it is in. `hash` is key_sample_hash of its id. */
int key_sample_offer(struct key_sample *sample, uint64_t hash, struct bucket_list buckets,
                     struct error *err) MUST_CHECK;
/* The same as attribute_table_hash, so that a sampled key's attributes can be found. */
uint64_t key_sample_hash(struct slice id);
struct bucket_list key_sample_buckets(const struct key_sample *sample, size_t at);
/* How many keys one of the sample stands for, at least 1. */
double key_sample_weight(const struct key_sample *sample);
void key_sample_free(struct key_sample *sample);

#endif
