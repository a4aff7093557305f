/* bucket.h - from a time to the bucket that holds it, also before 1970.
 * Room: predictor/history. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_BUCKET_H
#define REKINDLE_PREDICTOR_BUCKET_H

#include <stdint.h>

enum { BUCKET_SECOND_DEFAULT = 3600 };

/* floor(at_unix / bucket_second), which is at least 1. */
static inline int64_t bucket_floor(int64_t at_unix, int64_t bucket_second)
{
    int64_t bucket = at_unix / bucket_second;
    return at_unix % bucket_second < 0 ? bucket - 1 : bucket;
}

/* 0 and `*bucket`, or -1 when the time is too far from 1970 for a bucket's 32 bits. */
static inline int bucket_from_unix(int64_t at_unix, int64_t bucket_second, int32_t *bucket)
{
    int64_t wide = bucket_floor(at_unix, bucket_second);
    if (wide < INT32_MIN || wide > INT32_MAX) {
        return -1;
    }
    *bucket = (int32_t)wide;
    return 0;
}

/* When the bucket starts. */
static inline int64_t bucket_start_unix(int32_t bucket, int64_t bucket_second)
{
    return (int64_t)bucket * bucket_second;
}

#endif
