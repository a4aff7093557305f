/* user_bucket.h - the bucket of a user for gradual release: who is let in first is who is warmed first.
 * Room: common. May touch: zlib. Pure.
 *
 *   bucket = CRC-32 (ISO-HDLC, as zlib, PNG and PHP's crc32() have it) of the id's bytes, modulo 10,000
 *
 * A share of S percent lets in the buckets below 100 S. Any language can compute it in a line; README shows three.
 * The published check value, CRC-32 of "123456789" = 0xCBF43926 = 3421780262, puts that id into bucket 262. */
#ifndef REKINDLE_COMMON_USER_BUCKET_H
#define REKINDLE_COMMON_USER_BUCKET_H

#include "common/slice.h"

enum { USER_BUCKET_COUNT = 10000, USER_BUCKETS_A_PERCENT = USER_BUCKET_COUNT / 100 };

/* 0..9999. `id`: the bytes that the plan has in its column `id`. */
int user_bucket_of(struct slice id);

#endif
