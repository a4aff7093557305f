/* journal_record.c - see journal_record.h.
 * Room: loader/folder. May touch: malloc, xxHash. */
#include "loader/folder/journal_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    FRAME_MAGIC = 0x314a4b52, /* "RKJ1", little endian */
    FORMAT_VERSION = 1,
    SIZE_AT = 4,
    CHECKSUM_AT = 8,
    VARINT_SIZE_MAX = 10,
    VARINT_BITS = 7,
    VARINT_MORE = 0x80,
    FIXED_64_SIZE = 8,
    SIGN_SHIFT = 63,
    BYTE_BITS = 8,
    BYTE_MASK = 0xff,
    CAPACITY_MIN = 4096,
    ROW_SIZE_MAX = 3 * VARINT_SIZE_MAX + 1,
    KEY_FIXED_SIZE_MAX = 4 * VARINT_SIZE_MAX + 2 * FIXED_64_SIZE
};

/* ---- writing */

static int make_room(struct journal_buffer *buffer, size_t size, struct error *err)
{
    size_t needed = buffer->size + size;
    if (needed > (size_t)JOURNAL_PAYLOAD_SIZE_MAX) {
        return error_set(err, ERROR_RESOURCE,
                         "one journal record would be larger than 1 GiB; use a smaller "
                         "--window-ranks");
    }
    if (needed <= buffer->capacity) {
        return 0;
    }
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    unsigned char *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL) {
        return error_set_memory(err, "writing the journal");
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

/* The put functions rely on make_room having been called for what they add. */
static void put_byte(struct journal_buffer *buffer, unsigned byte)
{
    assert(buffer->size < buffer->capacity);
    buffer->bytes[buffer->size++] = (unsigned char)byte;
}

static void put_varint(struct journal_buffer *buffer, uint64_t number)
{
    while (number >= VARINT_MORE) {
        put_byte(buffer, (unsigned)(number & (VARINT_MORE - 1)) | VARINT_MORE);
        number >>= VARINT_BITS;
    }
    put_byte(buffer, (unsigned)number);
}

/* Differences may wrap: unsigned arithmetic makes the way back exact for any two numbers. */
static void put_difference(struct journal_buffer *buffer, int64_t number, int64_t base)
{
    uint64_t difference = (uint64_t)number - (uint64_t)base;
    put_varint(buffer, (difference << 1) ^ (0 - (difference >> SIGN_SHIFT)));
}

static void put_fixed(struct journal_buffer *buffer, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        put_byte(buffer, (unsigned)(number >> (i * BYTE_BITS)) & BYTE_MASK);
    }
}

static void put_slice(struct journal_buffer *buffer, struct slice slice)
{
    put_varint(buffer, slice.size);
    if (slice.size > 0) {
        assert(buffer->size + slice.size <= buffer->capacity);
        memcpy(buffer->bytes + buffer->size, slice.bytes, slice.size);
        buffer->size += slice.size;
    }
}

static int start_frame(struct journal_buffer *buffer, enum journal_kind kind, struct error *err)
{
    buffer->size = 0;
    if (make_room(buffer, CAPACITY_MIN, err) != 0) {
        return -1;
    }
    buffer->size = JOURNAL_FRAME_SIZE;
    put_byte(buffer, (unsigned)kind);
    return 0;
}

void journal_buffer_free(struct journal_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct journal_buffer){0};
}

int journal_encode_begin(struct journal_buffer *buffer, const struct journal_begin *begin,
                         struct error *err)
{
    size_t size = 2 * VARINT_SIZE_MAX + begin->plan_digest.size + begin->target.size + 1;
    if (start_frame(buffer, JOURNAL_BEGIN, err) != 0 || make_room(buffer, size, err) != 0) {
        return -1;
    }
    put_byte(buffer, FORMAT_VERSION);
    put_slice(buffer, begin->plan_digest);
    put_slice(buffer, begin->target);
    return 0;
}

int journal_encode_intent(struct journal_buffer *buffer, const struct journal_intent_key *keys,
                          size_t count, struct error *err)
{
    if (start_frame(buffer, JOURNAL_INTENT, err) != 0) {
        return -1;
    }
    int64_t base = count > 0 ? keys[0].expire_unix : 0;
    uint64_t rank = 0;
    put_varint(buffer, count);
    put_difference(buffer, base, 0);
    for (size_t i = 0; i < count; i++) {
        const struct journal_intent_key *key = &keys[i];
        assert(key->rank > rank);
        if (make_room(buffer, KEY_FIXED_SIZE_MAX + key->key.size + key->version.size, err) != 0) {
            return -1;
        }
        put_varint(buffer, key->rank - rank);
        put_slice(buffer, key->key);
        put_slice(buffer, key->version);
        put_fixed(buffer, key->digest_high, FIXED_64_SIZE);
        put_fixed(buffer, key->digest_low, FIXED_64_SIZE);
        put_difference(buffer, key->expire_unix, base);
        rank = key->rank;
    }
    return 0;
}

/* A row without an entry in Redis has expiry 0: coded as a flag, not as a large difference. */
static void put_row(struct journal_buffer *buffer, const struct journal_done_row *row,
                    uint64_t rank_before, int64_t base)
{
    bool has_expiry = row->expire_unix != 0;
    put_varint(buffer, row->rank - rank_before);
    put_byte(buffer, (unsigned)row->outcome | (has_expiry ? VARINT_MORE : 0));
    put_varint(buffer, row->bytes);
    if (has_expiry) {
        put_difference(buffer, row->expire_unix, base);
    }
}

int journal_encode_done(struct journal_buffer *buffer, const struct journal_done *done,
                        const struct journal_done_row *rows, size_t count, struct error *err)
{
    if (start_frame(buffer, JOURNAL_DONE, err) != 0) {
        return -1;
    }
    int64_t base = count > 0 ? rows[0].expire_unix : 0;
    uint64_t rank = 0, benefit_bits;
    memcpy(&benefit_bits, &done->benefit_ms, sizeof benefit_bits);
    put_varint(buffer, count);
    put_varint(buffer, done->last_rank);
    put_difference(buffer, done->at_unix, 0);
    put_fixed(buffer, benefit_bits, FIXED_64_SIZE);
    put_difference(buffer, base, 0);
    for (size_t i = 0; i < count; i++) {
        assert(rows[i].rank > rank && rows[i].rank <= done->last_rank);
        if (make_room(buffer, ROW_SIZE_MAX, err) != 0) {
            return -1;
        }
        put_row(buffer, &rows[i], rank, base);
        rank = rows[i].rank;
    }
    return 0;
}

int journal_encode_lost(struct journal_buffer *buffer, int64_t at_unix, struct error *err)
{
    if (start_frame(buffer, JOURNAL_LOST, err) != 0) {
        return -1;
    }
    put_difference(buffer, at_unix, 0);
    return 0;
}

int journal_encode_rollback(struct journal_buffer *buffer, const struct journal_rollback *rollback,
                            const struct journal_verdict *rows, size_t count, struct error *err)
{
    uint64_t rank = 0;
    if (start_frame(buffer, JOURNAL_ROLLBACK, err) != 0) {
        return -1;
    }
    put_varint(buffer, rollback->intent_offset);
    put_varint(buffer, rollback->first);
    put_byte(buffer, rollback->is_part);
    put_varint(buffer, count);
    for (size_t i = 0; i < count; i++) {
        assert(rows[i].rank > rank);
        if (make_room(buffer, ROW_SIZE_MAX, err) != 0) {
            return -1;
        }
        put_varint(buffer, rows[i].rank - rank);
        put_byte(buffer, (unsigned)rows[i].verdict);
        rank = rows[i].rank;
    }
    return 0;
}

/* ---- frames */

static void store_fixed(unsigned char *bytes, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(number >> (i * BYTE_BITS));
    }
}

static uint64_t load_fixed(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number |= (uint64_t)bytes[i] << (i * BYTE_BITS);
    }
    return number;
}

void journal_frame_seal(struct journal_buffer *buffer, uint64_t offset)
{
    size_t size = buffer->size - JOURNAL_FRAME_SIZE;
    uint64_t checksum =
        XXH3_64bits_withSeed(buffer->bytes + JOURNAL_FRAME_SIZE, size, (XXH64_hash_t)offset);
    store_fixed(buffer->bytes, FRAME_MAGIC, SIZE_AT);
    store_fixed(buffer->bytes + SIZE_AT, size, CHECKSUM_AT - SIZE_AT);
    store_fixed(buffer->bytes + CHECKSUM_AT, checksum, FIXED_64_SIZE);
}

size_t journal_frame_payload_size(const unsigned char *head)
{
    uint64_t size = load_fixed(head + SIZE_AT, CHECKSUM_AT - SIZE_AT);
    bool is_frame = load_fixed(head, SIZE_AT) == FRAME_MAGIC && size <= JOURNAL_PAYLOAD_SIZE_MAX;
    return is_frame ? (size_t)size : 0;
}

bool journal_frame_is_whole(const unsigned char *head, struct slice payload, uint64_t offset)
{
    return payload.size > 0 && journal_frame_payload_size(head) == payload.size &&
           load_fixed(head + CHECKSUM_AT, FIXED_64_SIZE) ==
               XXH3_64bits_withSeed(payload.bytes, payload.size, (XXH64_hash_t)offset);
}

/* ---- reading */

static bool take_byte(struct journal_reader *reader, unsigned *byte)
{
    if (reader->at == reader->end) {
        return false;
    }
    *byte = *reader->at++;
    return true;
}

static bool take_varint(struct journal_reader *reader, uint64_t *number)
{
    unsigned byte = VARINT_MORE;
    *number = 0;
    for (unsigned i = 0; i < VARINT_SIZE_MAX && (byte & VARINT_MORE) != 0; i++) {
        if (!take_byte(reader, &byte)) {
            return false;
        }
        *number |= (uint64_t)(byte & (VARINT_MORE - 1)) << (i * VARINT_BITS);
    }
    return (byte & VARINT_MORE) == 0;
}

static bool take_difference(struct journal_reader *reader, int64_t base, int64_t *number)
{
    uint64_t coded;
    if (!take_varint(reader, &coded)) {
        return false;
    }
    *number = (int64_t)((uint64_t)base + ((coded >> 1) ^ (0 - (coded & 1))));
    return true;
}

static bool take_fixed(struct journal_reader *reader, uint64_t *number)
{
    if (reader->end - reader->at < FIXED_64_SIZE) {
        return false;
    }
    *number = load_fixed(reader->at, FIXED_64_SIZE);
    reader->at += FIXED_64_SIZE;
    return true;
}

static bool take_slice(struct journal_reader *reader, struct slice *slice)
{
    uint64_t size;
    if (!take_varint(reader, &size) || size > (uint64_t)(reader->end - reader->at)) {
        return false;
    }
    *slice = (struct slice){.bytes = (const char *)reader->at, .size = (size_t)size};
    reader->at += size;
    return true;
}

static bool take_rank(struct journal_reader *reader, uint64_t *rank)
{
    uint64_t difference;
    if (!take_varint(reader, &difference) || difference == 0 ||
        difference > UINT64_MAX - reader->rank) {
        return false;
    }
    reader->rank += difference;
    *rank = reader->rank;
    return true;
}

int journal_kind_of(struct slice payload)
{
    int kind = payload.size > 0 ? (unsigned char)payload.bytes[0] : 0;
    return kind >= JOURNAL_BEGIN && kind <= JOURNAL_ROLLBACK ? kind : 0;
}

static bool open_payload(struct slice payload, enum journal_kind kind,
                         struct journal_reader *reader)
{
    const unsigned char *bytes = (const unsigned char *)payload.bytes;
    if (journal_kind_of(payload) != (int)kind) {
        return false;
    }
    *reader = (struct journal_reader){.at = bytes + 1, .end = bytes + payload.size};
    return true;
}

bool journal_decode_begin(struct slice payload, struct journal_begin *begin)
{
    struct journal_reader reader;
    unsigned version;
    return open_payload(payload, JOURNAL_BEGIN, &reader) && take_byte(&reader, &version) &&
           version == FORMAT_VERSION && take_slice(&reader, &begin->plan_digest) &&
           take_slice(&reader, &begin->target) && reader.at == reader.end;
}

bool journal_decode_intent(struct slice payload, struct journal_reader *reader)
{
    return open_payload(payload, JOURNAL_INTENT, reader) && take_varint(reader, &reader->left) &&
           take_difference(reader, 0, &reader->expire_base);
}

bool journal_decode_done(struct slice payload, struct journal_reader *reader,
                         struct journal_done *done)
{
    uint64_t benefit_bits;
    if (!open_payload(payload, JOURNAL_DONE, reader) || !take_varint(reader, &reader->left) ||
        !take_varint(reader, &done->last_rank) || !take_difference(reader, 0, &done->at_unix) ||
        !take_fixed(reader, &benefit_bits) || !take_difference(reader, 0, &reader->expire_base)) {
        return false;
    }
    memcpy(&done->benefit_ms, &benefit_bits, sizeof benefit_bits);
    return true;
}

bool journal_decode_lost(struct slice payload, int64_t *at_unix)
{
    struct journal_reader reader;
    return open_payload(payload, JOURNAL_LOST, &reader) && take_difference(&reader, 0, at_unix) &&
           reader.at == reader.end;
}

bool journal_decode_rollback(struct slice payload, struct journal_reader *reader,
                             struct journal_rollback *rollback)
{
    unsigned is_part;
    if (!open_payload(payload, JOURNAL_ROLLBACK, reader) ||
        !take_varint(reader, &rollback->intent_offset) || !take_varint(reader, &rollback->first) ||
        !take_byte(reader, &is_part)) {
        return false;
    }
    rollback->is_part = is_part != 0;
    return take_varint(reader, &reader->left);
}

/* 1 while entries are announced, 0 when all are read and nothing is left over, else -1. */
static int expect_entry(struct journal_reader *reader)
{
    if (reader->left == 0) {
        return reader->at == reader->end ? 0 : -1;
    }
    reader->left--;
    return 1;
}

int journal_next_key(struct journal_reader *reader, struct journal_intent_key *key)
{
    int expected = expect_entry(reader);
    if (expected != 1) {
        return expected;
    }
    bool is_fine = take_rank(reader, &key->rank) && take_slice(reader, &key->key) &&
                   take_slice(reader, &key->version) && take_fixed(reader, &key->digest_high) &&
                   take_fixed(reader, &key->digest_low) &&
                   take_difference(reader, reader->expire_base, &key->expire_unix);
    return is_fine ? 1 : -1;
}

int journal_next_row(struct journal_reader *reader, struct journal_done_row *row)
{
    unsigned mark;
    int expected = expect_entry(reader);
    if (expected != 1) {
        return expected;
    }
    if (!take_rank(reader, &row->rank) || !take_byte(reader, &mark) ||
        (mark & (VARINT_MORE - 1)) >= OUTCOME_COUNT || !take_varint(reader, &row->bytes)) {
        return -1;
    }
    row->outcome = (enum outcome)(mark & (VARINT_MORE - 1));
    row->expire_unix = 0;
    bool has_expiry = (mark & VARINT_MORE) != 0;
    return !has_expiry || take_difference(reader, reader->expire_base, &row->expire_unix) ? 1 : -1;
}

int journal_next_verdict(struct journal_reader *reader, struct journal_verdict *row)
{
    unsigned verdict;
    int expected = expect_entry(reader);
    if (expected != 1) {
        return expected;
    }
    if (!take_rank(reader, &row->rank) || !take_byte(reader, &verdict) ||
        verdict >= ROLLBACK_VERDICT_COUNT) {
        return -1;
    }
    row->verdict = (enum rollback_verdict)verdict;
    return 1;
}
