/* log_fingerprint.h - what a log is known by: its bytes, never its name, its age or its compression.
 * Room: common. May touch: nothing. Not for several threads at once.
 * Feed the decompressed bytes in order; a mark may be asked for at any moment and costs next to nothing. */
#ifndef REKINDLE_COMMON_LOG_FINGERPRINT_H
#define REKINDLE_COMMON_LOG_FINGERPRINT_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_HEAD_SIZE = 4096 };

/* XXH3-128 of some bytes. */
struct log_digest {
    uint64_t high, low;
};

/* A log up to `size`: two logs with equal marks hold the same first `size` bytes. */
struct log_mark {
    uint64_t size, head_size; /* head_size = min(size, LOG_HEAD_SIZE) */
    struct log_digest digest; /* of the first `size` bytes */
    struct log_digest head;   /* of the first `head_size` bytes */
};

struct log_fingerprint;

/* NULL when out of memory. Free with log_fingerprint_free. */
struct log_fingerprint *log_fingerprint_new(struct error *err) MUST_CHECK;
void log_fingerprint_free(struct log_fingerprint *fingerprint);
void log_fingerprint_clear(struct log_fingerprint *fingerprint);

void log_fingerprint_feed(struct log_fingerprint *fingerprint, const void *bytes, size_t size);
/* The mark of all that has been fed so far. */
struct log_mark log_fingerprint_mark(const struct log_fingerprint *fingerprint);

/* The digest of `size` bytes at once. */
struct log_digest log_digest_of(const void *bytes, size_t size);

static inline bool log_digest_is_equal(struct log_digest a, struct log_digest b)
{
    return a.high == b.high && a.low == b.low;
}

static inline bool log_mark_is_equal(const struct log_mark *a, const struct log_mark *b)
{
    return a->size == b->size && log_digest_is_equal(a->digest, b->digest);
}

#endif
