/* segment_reader.c - see segment_reader.h; the layout is in segment_format.h.
 * Room: predictor/history. May touch: files, xxHash. */
#include "predictor/history/segment_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "predictor/history/segment_block.h"
#include "predictor/history/varint.h"

/* Where a block is and how it begins. */
struct block_entry {
    uint64_t offset, checksum;
    uint32_t payload_size;
    enum entity entity;
    struct slice first_id; /* in the footer */
};

struct segment_reader {
    int descriptor;
    char *path;
    struct segment_totals totals;
    uint64_t footer_offset;
    uint8_t *footer; /* footer and trailer */
    size_t footer_size;
    struct block_entry *blocks; /* [block_count] */
    size_t block_count;
    size_t next_block; /* the one to read when the cursor is at its end */
    uint8_t *block;    /* the block the cursor is in */
    size_t block_capacity;
    uint64_t bytes_read;
    uint64_t keys_read; /* since the last rewind, to be compared with the totals at the end */
    struct block_cursor cursor;
};

/* Every refusal of a segment ends with what to do. */
static int set_damaged(const struct segment_reader *reader, uint64_t offset, const char *what,
                       struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "%s: damaged at byte %" PRIu64 ": %s; nothing of it is used: put the folder "
                     "back from a backup, or remove it and ingest the logs again",
                     reader->path, offset, what);
}

static int read_at(const struct segment_reader *reader, void *bytes, size_t size, uint64_t offset,
                   struct error *err)
{
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t got = pread(reader->descriptor, at, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_set_errno(err, ERROR_INPUT, errno, "reading %s", reader->path);
        }
        if (got == 0) {
            return set_damaged(reader, offset, "the file ends too early", err);
        }
        at += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

static int check_header(struct segment_reader *reader,
                        const struct segment_expectation *expectation, struct error *err)
{
    uint8_t header[SEGMENT_HEADER_SIZE];
    if (read_at(reader, header, sizeof header, 0, err) != 0) {
        return -1;
    }
    if (memcmp(header, SEGMENT_MAGIC_HEAD, SEGMENT_MAGIC_SIZE) != 0) {
        return set_damaged(reader, 0, "it does not begin like a segment", err);
    }
    uint32_t version = word_get_32(header + SEGMENT_MAGIC_SIZE);
    if (version != SEGMENT_VERSION) {
        return error_set(err, ERROR_INPUT,
                         "%s: the segment has version %" PRIu32
                         ", this program reads version %d; use the program that wrote it",
                         reader->path, version, SEGMENT_VERSION);
    }
    uint32_t bucket_second = word_get_32(header + SEGMENT_MAGIC_SIZE + sizeof version);
    if (expectation != NULL && bucket_second != expectation->bucket_second) {
        return set_damaged(reader, SEGMENT_MAGIC_SIZE + sizeof version,
                           "its bucket length is not that of the history", err);
    }
    return 0;
}

/* Loads footer and trailer; the trailer says where the footer is, so the trailer comes first. */
static int load_footer(struct segment_reader *reader, const struct segment_expectation *expectation,
                       struct error *err)
{
    uint8_t trailer[SEGMENT_TRAILER_SIZE];
    uint64_t trailer_offset = reader->totals.size_bytes - SEGMENT_TRAILER_SIZE;
    if (read_at(reader, trailer, sizeof trailer, trailer_offset, err) != 0) {
        return -1;
    }
    reader->footer_offset = word_get_64(trailer);
    uint64_t footer_size = word_get_64(trailer + 8);
    if (memcmp(trailer + 24, SEGMENT_MAGIC_TAIL, SEGMENT_MAGIC_SIZE) != 0 ||
        reader->footer_offset < SEGMENT_HEADER_SIZE || reader->footer_offset > trailer_offset ||
        footer_size != trailer_offset - reader->footer_offset ||
        footer_size < SEGMENT_TOTALS_SIZE) {
        return set_damaged(reader, trailer_offset, "it does not end like a segment", err);
    }
    reader->footer_size = (size_t)footer_size;
    reader->footer = malloc(reader->footer_size + SEGMENT_TRAILER_SIZE);
    if (reader->footer == NULL) {
        return error_set_memory(err, "opening a segment");
    }
    if (read_at(reader, reader->footer, reader->footer_size + SEGMENT_TRAILER_SIZE,
                reader->footer_offset, err) != 0) {
        return -1;
    }
    reader->totals.checksum = word_get_64(trailer + 16);
    uint64_t checksum = XXH3_64bits(reader->footer, reader->footer_size + 16);
    if (checksum != reader->totals.checksum ||
        (expectation != NULL && checksum != expectation->checksum)) {
        return set_damaged(reader, reader->footer_offset, "the footer's checksum differs", err);
    }
    return 0;
}

static void parse_totals(struct segment_reader *reader)
{
    const uint8_t *at = reader->footer + reader->footer_size - SEGMENT_TOTALS_SIZE;
    struct segment_totals *totals = &reader->totals;
    totals->key_count[ENTITY_USER] = word_get_64(at);
    totals->key_count[ENTITY_PRODUCT] = word_get_64(at + 8);
    totals->pair_count = word_get_64(at + 16);
    totals->event_count = word_get_64(at + 24);
    reader->block_count = (size_t)word_get_64(at + 32);
    totals->first_bucket = (int32_t)word_get_32(at + 40);
    totals->last_bucket = (int32_t)word_get_32(at + 44);
}

/* One row of the index; the end of it, or NULL. */
static const uint8_t *parse_entry(const uint8_t *at, const uint8_t *end, struct block_entry *entry)
{
    uint64_t payload_size, entity, id_size;
    if ((at = varint_get(at, end, &payload_size)) == NULL ||
        (at = varint_get(at, end, &entity)) == NULL ||
        (at = varint_get(at, end, &id_size)) == NULL || payload_size > SEGMENT_PAYLOAD_SIZE_MAX ||
        entity >= ENTITY_COUNT || id_size == 0 || id_size > ENTITY_ID_SIZE_MAX ||
        id_size + SEGMENT_CHECKSUM_SIZE > (uint64_t)(end - at)) {
        return NULL;
    }
    entry->payload_size = (uint32_t)payload_size;
    entry->entity = (enum entity)entity;
    entry->first_id = (struct slice){(const char *)at, (size_t)id_size};
    entry->checksum = word_get_64(at + id_size);
    return at + id_size + SEGMENT_CHECKSUM_SIZE;
}

static int parse_index(struct segment_reader *reader, struct error *err)
{
    const uint8_t *at = reader->footer;
    const uint8_t *end = reader->footer + reader->footer_size - SEGMENT_TOTALS_SIZE;
    uint64_t offset = SEGMENT_HEADER_SIZE;
    if (reader->block_count > (uint64_t)(end - at)) {
        return set_damaged(reader, reader->footer_offset, "the index is too short", err);
    }
    reader->blocks = malloc((reader->block_count + 1) * sizeof *reader->blocks);
    if (reader->blocks == NULL) {
        return error_set_memory(err, "opening a segment");
    }
    for (size_t i = 0; i < reader->block_count; i++) {
        struct block_entry *entry = &reader->blocks[i];
        at = parse_entry(at, end, entry);
        if (at == NULL) {
            return set_damaged(reader, reader->footer_offset, "the index makes no sense", err);
        }
        entry->offset = offset;
        offset += SEGMENT_BLOCK_HEADER_SIZE + entry->payload_size;
    }
    if (at != end || offset != reader->footer_offset) {
        return set_damaged(reader, reader->footer_offset, "the index and the blocks disagree", err);
    }
    return 0;
}

static int open_parts(struct segment_reader *reader, const struct segment_expectation *expectation,
                      struct error *err)
{
    struct stat status;
    if (fstat(reader->descriptor, &status) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", reader->path);
    }
    reader->totals.size_bytes = (uint64_t)status.st_size;
    if (expectation != NULL && reader->totals.size_bytes != expectation->size_bytes) {
        char what[96];
        snprintf(what, sizeof what, "it has %" PRIu64 " bytes instead of %" PRIu64,
                 reader->totals.size_bytes, expectation->size_bytes);
        return set_damaged(reader, reader->totals.size_bytes, what, err);
    }
    if (reader->totals.size_bytes <
        SEGMENT_HEADER_SIZE + SEGMENT_TOTALS_SIZE + SEGMENT_TRAILER_SIZE) {
        return set_damaged(reader, reader->totals.size_bytes, "it is too short", err);
    }
    if (check_header(reader, expectation, err) != 0 || load_footer(reader, expectation, err) != 0) {
        return -1;
    }
    parse_totals(reader);
    return parse_index(reader, err);
}

struct segment_reader *segment_reader_open(int descriptor, const char *path,
                                           const struct segment_expectation *expectation,
                                           struct error *err)
{
    struct segment_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || (reader->path = strdup(path)) == NULL) {
        free(reader);
        close(descriptor);
        error_set_memory(err, "opening a segment");
        return NULL;
    }
    reader->descriptor = descriptor;
    if (open_parts(reader, expectation, err) != 0) {
        segment_reader_close(reader);
        return NULL;
    }
    return reader;
}

void segment_reader_close(struct segment_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    close(reader->descriptor);
    block_cursor_free(&reader->cursor);
    free(reader->block);
    free(reader->blocks);
    free(reader->footer);
    free(reader->path);
    free(reader);
}

void segment_reader_rewind(struct segment_reader *reader)
{
    reader->next_block = 0;
    reader->bytes_read = 0;
    reader->keys_read = 0;
    reader->cursor.keys_left = 0;
    reader->cursor.at = reader->cursor.end;
}

static int reserve_block(struct segment_reader *reader, size_t size, struct error *err)
{
    if (size <= reader->block_capacity) {
        return 0;
    }
    size_t capacity = size + SEGMENT_BLOCK_SIZE;
    uint8_t *block = realloc(reader->block, capacity);
    if (block == NULL) {
        return error_set_memory(err, "reading a segment");
    }
    reader->block = block;
    reader->block_capacity = capacity;
    return 0;
}

static int load_block(struct segment_reader *reader, size_t number, struct error *err)
{
    const struct block_entry *entry = &reader->blocks[number];
    size_t size = SEGMENT_BLOCK_HEADER_SIZE + (size_t)entry->payload_size;
    if (reserve_block(reader, size, err) != 0 ||
        read_at(reader, reader->block, size, entry->offset, err) != 0) {
        return -1;
    }
    const uint8_t *head = reader->block + SEGMENT_CHECKSUM_SIZE;
    uint64_t checksum = XXH3_64bits(head, size - SEGMENT_CHECKSUM_SIZE);
    if (checksum != entry->checksum || checksum != word_get_64(reader->block)) {
        return set_damaged(reader, entry->offset, "the block's checksum differs", err);
    }
    if (word_get_32(head) != entry->payload_size || word_get_32(head + 8) != entry->entity) {
        return set_damaged(reader, entry->offset, "the block and the index disagree", err);
    }
    block_cursor_start(&reader->cursor, reader->block + SEGMENT_BLOCK_HEADER_SIZE,
                       entry->payload_size, entry->entity, word_get_32(head + 4));
    reader->next_block = number + 1;
    reader->bytes_read += size;
    return 0;
}

/* The next key of the block at hand. */
static int next_in_block(struct segment_reader *reader, struct key_history *key, struct error *err)
{
    int got = block_cursor_next(&reader->cursor, key);
    if (got >= 0) {
        return got;
    }
    if (reader->cursor.problem == NULL) {
        return error_set_memory(err, "reading a segment");
    }
    return set_damaged(reader, reader->blocks[reader->next_block - 1].offset,
                       reader->cursor.problem, err);
}

int segment_reader_next(struct segment_reader *reader, struct key_history *key, struct error *err)
{
    for (;;) {
        int got = next_in_block(reader, key, err);
        if (got != 0) {
            reader->keys_read += got == 1;
            return got;
        }
        if (reader->next_block == reader->block_count) {
            break;
        }
        if (load_block(reader, reader->next_block, err) != 0) {
            return -1;
        }
    }
    const uint64_t *key_count = reader->totals.key_count;
    if (reader->keys_read != key_count[ENTITY_USER] + key_count[ENTITY_PRODUCT]) {
        return set_damaged(reader, reader->footer_offset, "its keys are not as many as it says",
                           err);
    }
    return 0;
}

static int compare_keys(enum entity entity, struct slice id, enum entity other_entity,
                        struct slice other_id)
{
    return entity != other_entity ? (int)entity - (int)other_entity : slice_compare(id, other_id);
}

/* How many blocks begin at or before the key: the last of them may hold it. */
static size_t count_blocks_before(const struct segment_reader *reader, enum entity entity,
                                  struct slice id)
{
    size_t low = 0, high = reader->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct block_entry *entry = &reader->blocks[middle];
        if (compare_keys(entry->entity, entry->first_id, entity, id) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int segment_reader_find(struct segment_reader *reader, enum entity entity, struct slice id,
                        struct key_history *key, struct error *err)
{
    size_t before = count_blocks_before(reader, entity, id);
    if (before == 0) {
        return 0;
    }
    if (load_block(reader, before - 1, err) != 0) {
        return -1;
    }
    for (;;) {
        int got = next_in_block(reader, key, err);
        if (got != 1) {
            return got;
        }
        int order = compare_keys(key->entity, key->id, entity, id);
        if (order >= 0) {
            return order == 0;
        }
    }
}

const struct segment_totals *segment_reader_totals(const struct segment_reader *reader)
{
    return &reader->totals;
}

uint64_t segment_reader_bytes_read(const struct segment_reader *reader)
{
    return reader->bytes_read;
}
