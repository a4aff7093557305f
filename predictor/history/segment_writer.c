/* segment_writer.c - see segment_writer.h; the layout is in segment_format.h.
 * Room: predictor/history. May touch: files, xxHash. */
#include "predictor/history/segment_writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/file_io.h"
#include "predictor/history/segment_block.h"
#include "predictor/history/varint.h"

/* Bytes that grow. */
struct buffer {
    uint8_t *bytes;
    size_t used, capacity;
};

struct segment_writer {
    int descriptor;
    char *path;
    struct segment_totals totals;
    uint64_t block_count;
    struct buffer block;  /* header and payload of the block being filled; empty between blocks */
    struct buffer footer; /* the index so far */
    uint32_t block_keys;
    enum entity entity; /* of the block and of the last key */
    bool has_keys;
    size_t last_id_size; /* the last key's id, for order and shared prefixes */
    char last_id[ENTITY_ID_SIZE_MAX];
    size_t first_id_size; /* the block's first id, for the index */
    char first_id[ENTITY_ID_SIZE_MAX];
};

static int reserve(struct buffer *buffer, size_t more, struct error *err)
{
    size_t wanted = buffer->used + more;
    if (wanted <= buffer->capacity) {
        return 0;
    }
    size_t capacity = buffer->capacity == 0 ? 2 * SEGMENT_BLOCK_SIZE : buffer->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL) {
        return error_set_memory(err, "writing a segment");
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

static int write_bytes(struct segment_writer *writer, const struct buffer *buffer,
                       struct error *err)
{
    writer->totals.size_bytes += buffer->used;
    return file_write_all(writer->descriptor, buffer->bytes, buffer->used, writer->path, err);
}

static int write_header(struct segment_writer *writer, uint32_t bucket_second, struct error *err)
{
    uint8_t header[SEGMENT_HEADER_SIZE];
    memcpy(header, SEGMENT_MAGIC_HEAD, SEGMENT_MAGIC_SIZE);
    word_put_32(word_put_32(header + SEGMENT_MAGIC_SIZE, SEGMENT_VERSION), bucket_second);
    struct buffer bytes = {.bytes = header, .used = sizeof header};
    return write_bytes(writer, &bytes, err);
}

static void free_writer(struct segment_writer *writer)
{
    if (writer->descriptor >= 0) {
        close(writer->descriptor);
    }
    free(writer->block.bytes);
    free(writer->footer.bytes);
    free(writer->path);
    free(writer);
}

struct segment_writer *segment_writer_open(const char *path, uint32_t bucket_second,
                                           struct error *err)
{
    struct segment_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->path = strdup(path)) == NULL) {
        free(writer);
        error_set_memory(err, "writing a segment");
        return NULL;
    }
    writer->descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (writer->descriptor < 0) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot write %s", path);
        free_writer(writer);
        return NULL;
    }
    if (write_header(writer, bucket_second, err) != 0) {
        segment_writer_abandon(writer);
        return NULL;
    }
    return writer;
}

void segment_writer_abandon(struct segment_writer *writer)
{
    if (writer != NULL) {
        unlink(writer->path);
        free_writer(writer);
    }
}

static int index_block(struct segment_writer *writer, uint64_t checksum, uint32_t payload_size,
                       struct error *err)
{
    struct buffer *footer = &writer->footer;
    if (reserve(footer, 3 * VARINT_SIZE_MAX + writer->first_id_size + SEGMENT_CHECKSUM_SIZE, err) !=
        0) {
        return -1;
    }
    uint8_t *at = varint_put(footer->bytes + footer->used, payload_size);
    at = varint_put(at, (uint64_t)writer->entity);
    at = varint_put(at, writer->first_id_size);
    memcpy(at, writer->first_id, writer->first_id_size);
    at = word_put_64(at + writer->first_id_size, checksum);
    footer->used = (size_t)(at - footer->bytes);
    return 0;
}

static int end_block(struct segment_writer *writer, struct error *err)
{
    struct buffer *block = &writer->block;
    size_t payload_size = block->used - SEGMENT_BLOCK_HEADER_SIZE;
    if (payload_size > SEGMENT_PAYLOAD_SIZE_MAX) {
        return error_set(err, ERROR_RESOURCE,
                         "writing %s: the history of one key needs more than 1 GiB; ingest the "
                         "logs into a history with longer buckets",
                         writer->path);
    }
    uint8_t *at = block->bytes + SEGMENT_CHECKSUM_SIZE;
    at = word_put_32(at, (uint32_t)payload_size);
    at = word_put_32(at, writer->block_keys);
    word_put_32(at, (uint32_t)writer->entity);
    uint64_t checksum =
        XXH3_64bits(block->bytes + SEGMENT_CHECKSUM_SIZE, block->used - SEGMENT_CHECKSUM_SIZE);
    word_put_64(block->bytes, checksum);
    if (index_block(writer, checksum, (uint32_t)payload_size, err) != 0 ||
        write_bytes(writer, block, err) != 0) {
        return -1;
    }
    writer->block_count++;
    block->used = 0;
    return 0;
}

static int begin_block(struct segment_writer *writer, const struct key_history *key,
                       struct error *err)
{
    if (reserve(&writer->block, SEGMENT_BLOCK_HEADER_SIZE, err) != 0) {
        return -1;
    }
    writer->block.used = SEGMENT_BLOCK_HEADER_SIZE;
    writer->block_keys = 0;
    writer->entity = key->entity;
    writer->last_id_size = 0;
    writer->first_id_size = key->id.size;
    memcpy(writer->first_id, key->id.bytes, key->id.size);
    return 0;
}

static void add_to_totals(struct segment_totals *totals, const struct key_history *key,
                          bool has_keys)
{
    int32_t first = key->buckets[0].bucket, last = key->buckets[key->bucket_count - 1].bucket;
    totals->first_bucket = has_keys && totals->first_bucket < first ? totals->first_bucket : first;
    totals->last_bucket = has_keys && totals->last_bucket > last ? totals->last_bucket : last;
    totals->key_count[key->entity]++;
    totals->pair_count += key->bucket_count;
    for (size_t i = 0; i < key->bucket_count; i++) {
        totals->event_count += key->buckets[i].count;
    }
}

int segment_writer_append(struct segment_writer *writer, const struct key_history *key,
                          struct error *err)
{
    struct buffer *block = &writer->block;
    assert(key->id.size > 0 && key->id.size <= ENTITY_ID_SIZE_MAX);
    if (block->used > 0 && (key->entity != writer->entity ||
                            block->used >= SEGMENT_BLOCK_HEADER_SIZE + SEGMENT_BLOCK_SIZE)) {
        if (end_block(writer, err) != 0) {
            return -1;
        }
    }
    if ((block->used == 0 && begin_block(writer, key, err) != 0) ||
        reserve(block, block_record_size_max(key), err) != 0) {
        return -1;
    }
    struct slice before = {writer->last_id, writer->last_id_size};
    uint8_t *end = block_put_record(block->bytes + block->used, before, key);
    block->used = (size_t)(end - block->bytes);
    writer->block_keys++;
    add_to_totals(&writer->totals, key, writer->has_keys);
    writer->has_keys = true;
    writer->last_id_size = key->id.size;
    memcpy(writer->last_id, key->id.bytes, key->id.size);
    return 0;
}

static uint8_t *put_totals(uint8_t *at, const struct segment_writer *writer)
{
    const struct segment_totals *totals = &writer->totals;
    at = word_put_64(at, totals->key_count[ENTITY_USER]);
    at = word_put_64(at, totals->key_count[ENTITY_PRODUCT]);
    at = word_put_64(at, totals->pair_count);
    at = word_put_64(at, totals->event_count);
    at = word_put_64(at, writer->block_count);
    at = word_put_32(at, (uint32_t)totals->first_bucket);
    return word_put_32(at, (uint32_t)totals->last_bucket);
}

static int write_footer(struct segment_writer *writer, struct error *err)
{
    struct buffer *footer = &writer->footer;
    if (reserve(footer, SEGMENT_TOTALS_SIZE + SEGMENT_TRAILER_SIZE, err) != 0) {
        return -1;
    }
    uint8_t *at = put_totals(footer->bytes + footer->used, writer);
    size_t footer_size = (size_t)(at - footer->bytes);
    at = word_put_64(at, writer->totals.size_bytes);
    at = word_put_64(at, footer_size);
    writer->totals.checksum = XXH3_64bits(footer->bytes, (size_t)(at - footer->bytes));
    at = word_put_64(at, writer->totals.checksum);
    memcpy(at, SEGMENT_MAGIC_TAIL, SEGMENT_MAGIC_SIZE);
    footer->used = footer_size + SEGMENT_TRAILER_SIZE;
    return write_bytes(writer, footer, err);
}

int segment_writer_close(struct segment_writer *writer, enum segment_durability durability,
                         struct segment_totals *totals, struct error *err)
{
    if ((writer->block.used > 0 && end_block(writer, err) != 0) || write_footer(writer, err) != 0) {
        segment_writer_abandon(writer);
        return -1;
    }
    if (durability == SEGMENT_DURABLE && fsync(writer->descriptor) != 0) {
        error_set_errno(err, ERROR_INPUT, errno, "writing %s to disk", writer->path);
        segment_writer_abandon(writer);
        return -1;
    }
    *totals = writer->totals;
    free_writer(writer);
    return 0;
}
