/* value_digest.h - 128 bits that stand for a value in the journal: is what lies in Redis still ours?
 * Room: loader/folder. May touch: xxHash. Pure. */
#ifndef REKINDLE_LOADER_VALUE_DIGEST_H
#define REKINDLE_LOADER_VALUE_DIGEST_H

#include "common/slice.h"

#include <stdint.h>
#include <xxhash.h>

struct value_digest {
    uint64_t high, low;
};

/* XXH3-128 of a string's bytes, or of a hash in the layout of record.h. */
static inline struct value_digest value_digest_of(struct slice value)
{
    XXH128_hash_t hash = XXH3_128bits(value.bytes, value.size);
    return (struct value_digest){.high = hash.high64, .low = hash.low64};
}

#endif
