/* key_history.h - the door of the history room: what is remembered of one key.
 * Room: predictor/history. May touch: common. */
#ifndef REKINDLE_PREDICTOR_KEY_HISTORY_H
#define REKINDLE_PREDICTOR_KEY_HISTORY_H

#include "common/entity.h"
#include "common/slice.h"

#include <stddef.h>
#include <stdint.h>

/* A bucket is bucket_second long and starts at `bucket * bucket_second` Unix time. */
struct active_bucket {
    int32_t bucket;
    uint32_t count; /* accesses in it, at least 1; saturates at UINT32_MAX */
};

/* Keys come ordered by (entity, id bytes), each once. Everything is borrowed until the next call. */
struct key_history {
    enum entity entity;
    struct slice id;
    const struct active_bucket *buckets; /* [bucket_count], ascending, each bucket once */
    size_t bucket_count;                 /* at least 1 */
    uint64_t size_bytes_sum, size_count; /* answers whose size was known */
    uint64_t cost_us_sum, cost_count;    /* answers whose duration was known */
};

#endif
