/* image_format.c - see image_format.h.
 * Room: loader/source. May touch: xxHash. Pure. */
#include "loader/source/image_format.h"

#include <string.h>
#include <xxhash.h>

enum { MAGIC = 0x314d4b52, /* RKM1 */ U32_SIZE = 4, U64_SIZE = 8, PART_COUNT = 5 };

static void put_number(char *at, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (char)(number >> (i * RECORD_BYTE_BITS) & RECORD_BYTE_MASK);
    }
}

static uint64_t read_number(const char *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = size; i > 0; i--) {
        number = number << RECORD_BYTE_BITS | (unsigned char)at[i - 1];
    }
    return number;
}

static uint64_t checksum(const char *block, size_t payload_size, uint64_t offset)
{
    return XXH3_64bits_withSeed(block + IMAGE_HEAD_SIZE, payload_size, offset);
}

void image_format_seal(char *block, size_t payload_size, uint64_t offset)
{
    put_number(block, MAGIC, U32_SIZE);
    put_number(block + U32_SIZE, payload_size, U32_SIZE);
    put_number(block + U64_SIZE, checksum(block, payload_size, offset), U64_SIZE);
}

bool image_format_read_head(const char *head, size_t *payload_size)
{
    *payload_size = (size_t)read_number(head + U32_SIZE, U32_SIZE);
    return read_number(head, U32_SIZE) == MAGIC && *payload_size > 0 &&
           *payload_size <= IMAGE_PAYLOAD_SIZE_MAX;
}

bool image_format_is_whole(const char *block, size_t payload_size, uint64_t offset)
{
    return read_number(block + U64_SIZE, U64_SIZE) == checksum(block, payload_size, offset);
}

size_t image_format_begin_size(struct slice identity)
{
    return 1 + U64_SIZE + identity.size;
}

void image_format_put_begin(char *at, int64_t begun_unix, struct slice identity)
{
    *at = IMAGE_BEGIN;
    put_number(at + 1, (uint64_t)begun_unix, U64_SIZE);
    memcpy(at + 1 + U64_SIZE, identity.bytes, identity.size);
}

bool image_format_read_begin(struct slice payload, int64_t *begun_unix, struct slice *identity)
{
    if (payload.size < 1 + U64_SIZE || payload.bytes[0] != IMAGE_BEGIN) {
        return false;
    }
    *begun_unix = (int64_t)read_number(payload.bytes + 1, U64_SIZE);
    *identity = (struct slice){payload.bytes + 1 + U64_SIZE, payload.size - 1 - U64_SIZE};
    return true;
}

void image_format_put_end(char *at, uint64_t record_count)
{
    *at = IMAGE_END;
    put_number(at + 1, record_count, U64_SIZE);
}

bool image_format_read_end(struct slice payload, uint64_t *record_count)
{
    if (payload.size != IMAGE_END_SIZE || payload.bytes[0] != IMAGE_END) {
        return false;
    }
    *record_count = read_number(payload.bytes + 1, U64_SIZE);
    return true;
}

size_t image_format_record_size(const struct image_record *record)
{
    return (size_t)PART_COUNT * RECORD_LENGTH_SIZE + 1 + record->family.size + record->id.size +
           record->version.size + record->value.size;
}

char *image_format_put_record(char *at, const struct image_record *record)
{
    const char kind = (char)record->kind;
    at = record_hash_put(at, (struct slice){&kind, 1});
    at = record_hash_put(at, record->family);
    at = record_hash_put(at, record->id);
    at = record_hash_put(at, record->version);
    return record_hash_put(at, record->value);
}

bool image_format_next_record(struct slice *rest, struct image_record *record)
{
    struct slice kind;
    if (!record_hash_next(rest, &kind) || kind.size != 1 ||
        !record_hash_next(rest, &record->family) || !record_hash_next(rest, &record->id) ||
        !record_hash_next(rest, &record->version) || !record_hash_next(rest, &record->value)) {
        return false;
    }
    record->kind = (enum record_kind)kind.bytes[0];
    return record->kind == RECORD_STRING || record->kind == RECORD_HASH;
}
