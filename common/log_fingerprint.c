/* log_fingerprint.c - see log_fingerprint.h.
 * Room: common. May touch: xxHash. */
#include "common/log_fingerprint.h"

#include <stdlib.h>
#include <xxhash.h>

struct log_fingerprint {
    XXH3_state_t *state;
    uint64_t size;
    struct log_digest head; /* valid once size has reached LOG_HEAD_SIZE */
};

static struct log_digest digest_from_hash(XXH128_hash_t hash)
{
    return (struct log_digest){.high = hash.high64, .low = hash.low64};
}

struct log_fingerprint *log_fingerprint_new(struct error *err)
{
    struct log_fingerprint *fingerprint = calloc(1, sizeof *fingerprint);
    if (fingerprint == NULL || (fingerprint->state = XXH3_createState()) == NULL) {
        free(fingerprint);
        error_set_memory(err, "taking a log's fingerprint");
        return NULL;
    }
    log_fingerprint_clear(fingerprint);
    return fingerprint;
}

void log_fingerprint_free(struct log_fingerprint *fingerprint)
{
    if (fingerprint != NULL) {
        XXH3_freeState(fingerprint->state);
        free(fingerprint);
    }
}

void log_fingerprint_clear(struct log_fingerprint *fingerprint)
{
    XXH3_128bits_reset(fingerprint->state);
    fingerprint->size = 0;
}

void log_fingerprint_feed(struct log_fingerprint *fingerprint, const void *bytes, size_t size)
{
    const char *at = bytes;
    if (size > 0 && fingerprint->size < LOG_HEAD_SIZE) {
        size_t missing = (size_t)(LOG_HEAD_SIZE - fingerprint->size);
        size_t taken = size < missing ? size : missing;
        XXH3_128bits_update(fingerprint->state, at, taken);
        fingerprint->size += taken;
        fingerprint->head = digest_from_hash(XXH3_128bits_digest(fingerprint->state));
        at += taken;
        size -= taken;
    }
    if (size > 0) {
        XXH3_128bits_update(fingerprint->state, at, size);
        fingerprint->size += size;
    }
}

struct log_mark log_fingerprint_mark(const struct log_fingerprint *fingerprint)
{
    struct log_digest digest = digest_from_hash(XXH3_128bits_digest(fingerprint->state));
    bool is_short = fingerprint->size < LOG_HEAD_SIZE;
    return (struct log_mark){.size = fingerprint->size,
                             .digest = digest,
                             .head_size = is_short ? fingerprint->size : LOG_HEAD_SIZE,
                             .head = is_short ? digest : fingerprint->head};
}

struct log_digest log_digest_of(const void *bytes, size_t size)
{
    return digest_from_hash(XXH3_128bits(bytes, size));
}
