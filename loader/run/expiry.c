/* expiry.c - see expiry.h.
 * Room: loader/run. May touch: xxHash. Pure. */
#include "loader/run/expiry.h"

#include <xxhash.h>

#include "common/config.h"

int64_t expiry_unix(const struct family *family, int64_t window_end_unix, struct slice key)
{
    int64_t jitter = family->ttl_jitter_second > 0 ? family->ttl_jitter_second : 0;
    uint64_t hash = XXH3_64bits(key.bytes, key.size);
    return window_end_unix + family->ttl_after_end_second +
           (int64_t)(hash % ((uint64_t)jitter + 1));
}

int64_t expiry_negative_unix(const struct family *family, int64_t now_unix)
{
    return now_unix + family->negative_ttl_second;
}
