/* plan_digest.c - see plan_digest.h.
 * Room: common. May touch: nothing.
 * Each row is hashed alone (XXH3, 128 bits) and the hashes are added up lane by lane, which is commutative. It
 * tells one plan from another; it is no protection against someone who forges one. */
#include "common/plan_digest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

enum { BYTE_BITS = 8, RANK_SIZE = 8, SIZE_SIZE = 4, HEAD_SIZE = RANK_SIZE + 1 + 2 * SIZE_SIZE };
enum { TEXT_SIZE_MAX = 1024 };

static char *put_little_endian(char *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++) {
        *at++ = (char)(value >> (BYTE_BITS * i) & 0xff);
    }
    return at;
}

/* The sizes keep ("ab", "c") apart from ("a", "bc"). */
static void put_head(char *head, const struct plan_row *row)
{
    char *at = put_little_endian(head, row->rank, RANK_SIZE);
    at = put_little_endian(at, row->action == PLAN_WARM, 1);
    at = put_little_endian(at, row->family.size, SIZE_SIZE);
    put_little_endian(at, row->id.size, SIZE_SIZE);
}

static XXH128_hash_t hash_row(const struct plan_row *row)
{
    char bytes[HEAD_SIZE + TEXT_SIZE_MAX];
    size_t text_size = row->family.size + row->id.size;
    assert(text_size <= TEXT_SIZE_MAX); /* plan_columns[] sees to it */
    put_head(bytes, row);
    memcpy(bytes + HEAD_SIZE, row->family.bytes, row->family.size);
    memcpy(bytes + HEAD_SIZE + row->family.size, row->id.bytes, row->id.size);
    return XXH3_128bits(bytes, HEAD_SIZE + text_size);
}

void plan_digest_add(struct plan_digest *digest, const struct plan_row *row)
{
    XXH128_hash_t hash = hash_row(row);
    digest->low += hash.low64;
    digest->high += hash.high64;
}

void plan_digest_join(struct plan_digest *digest, const struct plan_digest *other)
{
    digest->low += other->low;
    digest->high += other->high;
}

void plan_digest_print(const struct plan_digest *digest, char *text)
{
    snprintf(text, PLAN_DIGEST_TEXT_SIZE, "%016" PRIx64 "%016" PRIx64, digest->high, digest->low);
}
