/* image_reader.c - see image_reader.h.
 * Room: loader/source. May touch: the image, reading only; an index in files without a name.
 *
 * The index tells the offset of a record; the block that it lies in is read, and verified, as a whole. A window's records
 * are looked at in the order in which they lie: a run that follows the image's order reads each block about once. */
#include "loader/source/image_reader.h"

#include "loader/source/file_index.h"
#include "loader/source/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { SAME_HASH_MAX = 8, FENCE_MIN = 64 };

/* A record that is asked for. */
struct asked_record {
    uint64_t offset;
    size_t at; /* in the ids */
};

struct image_reader {
    char path[PATH_MAX];
    struct image_file file;
    struct file_index *index;
    uint64_t *fence; /* [fence_count]: where the blocks of values begin, rising */
    size_t fence_count, fence_capacity;
    uint64_t count;
    int64_t begun_unix;
    struct asked_record *asked; /* [capacity] */
    size_t capacity;
    bool is_dead;
    struct error trouble;
};

static uint64_t hash_of(struct slice family, struct slice id)
{
    return XXH3_64bits_withSeed(id.bytes, id.size, XXH3_64bits(family.bytes, family.size));
}

/* ---- opening */

static int note_block(struct image_reader *reader, struct error *err)
{
    if (reader->fence_count == reader->fence_capacity) {
        size_t capacity = reader->fence_capacity == 0 ? FENCE_MIN : 2 * reader->fence_capacity;
        uint64_t *fence = realloc(reader->fence, capacity * sizeof *fence);
        if (fence == NULL) {
            return error_set_memory(err, "reading an image");
        }
        reader->fence = fence;
        reader->fence_capacity = capacity;
    }
    reader->fence[reader->fence_count++] = reader->file.block_at;
    return 0;
}

static int complain(const struct image_reader *reader, const char *what, struct error *err)
{
    return error_set(err, ERROR_INPUT, "%.400s %s", reader->path, what);
}

static int index_block(struct image_reader *reader, struct error *err)
{
    struct slice payload = reader->file.payload, rest = {payload.bytes + 1, payload.size - 1};
    struct image_record record = {.kind = RECORD_MISSING};
    if (note_block(reader, err) != 0) {
        return -1;
    }
    while (rest.size > 0) {
        uint64_t offset =
            reader->file.block_at + IMAGE_HEAD_SIZE + (uint64_t)(rest.bytes - payload.bytes);
        if (!image_format_next_record(&rest, &record)) {
            return complain(reader, "holds what is no value", err);
        }
        if (file_index_add(reader->index, hash_of(record.family, record.id), offset, err) != 0) {
            return -1;
        }
        reader->count++;
    }
    return 0;
}

/* Blocks of values up to the end block. */
static int index_blocks(struct image_reader *reader, struct error *err)
{
    uint64_t promised;
    for (;;) {
        int got = image_file_read(&reader->file, image_file_next(&reader->file), err);
        if (got <= 0) {
            return got < 0 ? -1 : complain(reader, "is cut off: its last block is missing", err);
        }
        if (image_format_read_end(reader->file.payload, &promised)) {
            return promised == reader->count
                       ? 0
                       : complain(reader, "holds another count of values than it says", err);
        }
        if (reader->file.payload.bytes[0] != IMAGE_VALUES || index_block(reader, err) != 0) {
            return err->kind != ERROR_NONE ? -1 : complain(reader, "holds a block of no kind", err);
        }
    }
}

static int open_file(struct image_reader *reader, const char *path, struct error *err)
{
    int size = snprintf(reader->path, sizeof reader->path, "%s", path);
    reader->file.path = reader->path;
    reader->file.descriptor = size >= (int)sizeof reader->path
                                  ? -1
                                  : open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return reader->file.descriptor < 0
               ? error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be opened", path)
               : 0;
}

static int read_begin(struct image_reader *reader, struct slice *identity, struct error *err)
{
    int got = image_file_read(&reader->file, 0, err);
    if (got < 0) {
        return -1;
    }
    return got == 1 && image_format_read_begin(reader->file.payload, &reader->begun_unix, identity)
               ? 0
               : complain(reader, "is no image of a run's values", err);
}

static int read_all(struct image_reader *reader, const char *path, const char *folder,
                    const char *identity, struct error *err)
{
    struct slice found = {NULL, 0};
    if (open_file(reader, path, err) != 0 || read_begin(reader, &found, err) != 0) {
        return -1;
    }
    if (!slice_is_equal(found, slice_of(identity))) {
        return complain(reader, "is an image of another run, or of families that were changed",
                        err);
    }
    reader->index = file_index_new(folder, err);
    if (reader->index == NULL || index_blocks(reader, err) != 0) {
        return -1;
    }
    return file_index_finish(reader->index, err);
}

struct image_reader *image_reader_open(const char *path, const char *folder, const char *identity,
                                       struct error *err)
{
    struct image_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        error_set_memory(err, "reading an image");
        return NULL;
    }
    reader->file.descriptor = -1;
    error_clear(err);
    if (read_all(reader, path, folder, identity, err) != 0) {
        image_reader_close(reader);
        return NULL;
    }
    return reader;
}

void image_reader_close(struct image_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->file.descriptor >= 0) {
        close(reader->file.descriptor);
    }
    image_file_free(&reader->file);
    file_index_free(reader->index);
    free(reader->fence);
    free(reader->asked);
    free(reader);
}

uint64_t image_reader_count(const struct image_reader *reader)
{
    return reader->count;
}

int64_t image_reader_begun_unix(const struct image_reader *reader)
{
    return reader->begun_unix;
}

const char *image_reader_trouble(const struct image_reader *reader)
{
    return reader->is_dead ? reader->trouble.text : NULL;
}

int image_reader_ask_begun(const char *path, int64_t *begun_unix, struct error *err)
{
    struct image_reader *reader = calloc(1, sizeof *reader);
    struct slice identity = {NULL, 0};
    if (reader == NULL) {
        return error_set_memory(err, "reading an image");
    }
    reader->file.descriptor = -1;
    int result =
        open_file(reader, path, err) == 0 && read_begin(reader, &identity, err) == 0 ? 0 : -1;
    *begun_unix = reader->begun_unix;
    image_reader_close(reader);
    return result;
}

bool image_reader_is_image(const char *path)
{
    char head[IMAGE_HEAD_SIZE];
    size_t payload_size;
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = descriptor < 0 ? -1 : read(descriptor, head, sizeof head);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return got == (ssize_t)sizeof head && image_format_read_head(head, &payload_size);
}

/* ---- asking it */

/* The block that holds the byte at `offset`: the last one that begins before it. */
static uint64_t block_of(const struct image_reader *reader, uint64_t offset)
{
    size_t low = 0, high = reader->fence_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (reader->fence[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return reader->fence[low];
}

/* 1 and the record at `offset`, if it is that of `id`; 0; -1: the image cannot be read any more. */
static int read_record(struct image_reader *reader, uint64_t offset, struct slice family,
                       struct slice id, struct image_record *record)
{
    uint64_t block_at = block_of(reader, offset);
    int got = image_file_read(&reader->file, block_at, &reader->trouble);
    if (got < 0) {
        return -1;
    }
    struct slice payload = reader->file.payload;
    size_t begin = (size_t)(offset - block_at - IMAGE_HEAD_SIZE);
    if (got == 0 || begin >= payload.size) {
        return complain(reader, "was changed while it was being read", &reader->trouble);
    }
    struct slice rest = {payload.bytes + begin, payload.size - begin};
    return image_format_next_record(&rest, record) && slice_is_equal(record->family, family) &&
           slice_is_equal(record->id, id);
}

static int find_record(struct image_reader *reader, uint64_t likely, struct slice family,
                       struct slice id, struct image_record *record)
{
    int found = read_record(reader, likely, family, id, record);
    if (found == 0) { /* another id with its hash lies there */
        uint64_t offsets[SAME_HASH_MAX];
        int count = file_index_find(reader->index, hash_of(family, id), offsets, SAME_HASH_MAX,
                                    &reader->trouble);
        found = count < 0 ? -1 : 0;
        for (int i = count - 2; i >= 0 && found == 0; i--) {
            found = read_record(reader, offsets[i], family, id, record);
        }
    }
    return found;
}

static int compare_offsets(const void *a, const void *b)
{
    const struct asked_record *left = a;
    const struct asked_record *right = b;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

static int make_room(struct image_reader *reader, size_t count, struct error *err)
{
    if (count <= reader->capacity) {
        return 0;
    }
    struct asked_record *asked = realloc(reader->asked, count * sizeof *asked);
    if (asked == NULL) {
        return error_set_memory(err, "reading an image");
    }
    reader->asked = asked;
    reader->capacity = count;
    return 0;
}

/* Where the ids lie, to `asked`, in that order. Of several records the last counts: a resumed run has written it anew. */
static int find_offsets(struct image_reader *reader, struct slice family, const struct slice ids[],
                        size_t count, size_t *found_count)
{
    *found_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t offsets[SAME_HASH_MAX];
        int found = file_index_find(reader->index, hash_of(family, ids[i]), offsets, SAME_HASH_MAX,
                                    &reader->trouble);
        if (found < 0) {
            return -1;
        }
        if (found > 0) {
            reader->asked[(*found_count)++] =
                (struct asked_record){.offset = offsets[found - 1], .at = i};
        }
    }
    qsort(reader->asked, *found_count, sizeof *reader->asked, compare_offsets);
    return 0;
}

static int take_record(struct record_batch *batch, size_t at, const struct image_record *record,
                       struct error *err)
{
    struct slice value = arena_copy(&batch->arenas[0], record->value);
    struct slice version = arena_copy(&batch->arenas[0], record->version);
    if (value.bytes == NULL || version.bytes == NULL) {
        return error_set_memory(err, "reading an image");
    }
    batch->records[at] = (struct record){.kind = record->kind,
                                         .value = value,
                                         .version = version,
                                         .value_size = value.size,
                                         .is_from_image = true};
    return 0;
}

int image_reader_fetch(struct image_reader *reader, const char *family, const struct slice ids[],
                       size_t count, struct record_batch *batch, struct error *err)
{
    struct slice family_name = slice_of(family);
    size_t found_count = 0;
    if (make_room(reader, count, err) != 0) {
        return -1;
    }
    reader->is_dead =
        reader->is_dead || find_offsets(reader, family_name, ids, count, &found_count) != 0;
    for (size_t i = 0; !reader->is_dead && i < found_count; i++) {
        const struct asked_record *asked = &reader->asked[i];
        struct image_record record = {.kind = RECORD_MISSING};
        int found = find_record(reader, asked->offset, family_name, ids[asked->at], &record);
        if (found > 0 && take_record(batch, asked->at, &record, err) != 0) {
            return -1;
        }
        reader->is_dead = found < 0;
    }
    return 0;
}
