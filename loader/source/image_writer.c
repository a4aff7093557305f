/* image_writer.c - see image_writer.h.
 * Room: loader/source. May touch: the image and its draft PATH.part. */
#include "loader/source/image_writer.h"

#include "common/file_io.h"
#include "loader/source/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_SIZE = 256 * 1024, FILE_MODE = 0600 };

struct image_writer {
    char path[PATH_MAX], draft_path[PATH_MAX];
    int descriptor;
    uint64_t size; /* of the file */
    uint64_t count;
    char *block; /* the values that are not in the file yet: head, kind, records */
    size_t used, capacity;
};

/* ---- blocks */

static int append(struct image_writer *writer, char *block, size_t payload_size, struct error *err)
{
    size_t size = IMAGE_HEAD_SIZE + payload_size;
    image_format_seal(block, payload_size, writer->size);
    if (file_write_all(writer->descriptor, block, size, writer->draft_path, err) != 0) {
        return -1;
    }
    writer->size += size;
    return 0;
}

static int append_begin(struct image_writer *writer, const struct image_options *options,
                        struct error *err)
{
    struct slice identity = slice_of(options->identity);
    size_t size = image_format_begin_size(identity);
    char *block = malloc(IMAGE_HEAD_SIZE + size);
    if (block == NULL) {
        return error_set_memory(err, "beginning an image");
    }
    image_format_put_begin(block + IMAGE_HEAD_SIZE, options->now_unix, identity);
    int result = append(writer, block, size, err);
    free(block);
    return result;
}

static uint64_t count_records(struct slice payload)
{
    struct slice rest = {payload.bytes + 1, payload.size - 1};
    struct image_record record;
    uint64_t count = 0;
    while (image_format_next_record(&rest, &record)) {
        count++;
    }
    return count;
}

/* ---- opening */

/* Reads what an earlier session has left, up to the first block that is not whole; true: it can be gone on with. */
static bool survey_draft(struct image_writer *writer, const char *identity)
{
    struct image_file file = {.descriptor = writer->descriptor, .path = writer->draft_path};
    struct error ignored = {0};
    struct slice found = {NULL, 0};
    int64_t begun_unix;
    bool is_ours = image_file_read(&file, 0, &ignored) == 1 &&
                   image_format_read_begin(file.payload, &begun_unix, &found) &&
                   slice_is_equal(found, slice_of(identity));
    while (is_ours) {
        writer->size = image_file_next(&file);
        if (image_file_read(&file, writer->size, &ignored) != 1 ||
            file.payload.bytes[0] != IMAGE_VALUES) {
            break;
        }
        writer->count += count_records(file.payload);
    }
    image_file_free(&file);
    return is_ours;
}

static int open_draft(struct image_writer *writer, const struct image_options *options,
                      struct error *err)
{
    if (!options->is_resumed) {
        unlink(writer->draft_path); /* others may have it open: it is not written over */
    }
    writer->descriptor =
        open(writer->draft_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (writer->descriptor < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be written",
                               writer->draft_path);
    }
    bool goes_on = options->is_resumed && survey_draft(writer, options->identity);
    if (ftruncate(writer->descriptor, (off_t)writer->size) != 0 ||
        fchmod(writer->descriptor, FILE_MODE) != 0 ||
        lseek(writer->descriptor, (off_t)writer->size, SEEK_SET) < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be written",
                               writer->draft_path);
    }
    return goes_on ? 0 : append_begin(writer, options, err);
}

struct image_writer *image_writer_open(const struct image_options *options, struct error *err)
{
    struct image_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        error_set_memory(err, "beginning an image");
        return NULL;
    }
    writer->descriptor = -1;
    int size = snprintf(writer->path, sizeof writer->path, "%s", options->path);
    int draft_size =
        snprintf(writer->draft_path, sizeof writer->draft_path, "%s.part", options->path);
    if (size >= (int)sizeof writer->path || draft_size >= (int)sizeof writer->draft_path) {
        error_set(err, ERROR_INPUT, "the image's path is too long: %.200s...", options->path);
    } else if (open_draft(writer, options, err) == 0) {
        return writer;
    }
    image_writer_close(writer);
    return NULL;
}

void image_writer_close(struct image_writer *writer)
{
    if (writer != NULL) {
        if (writer->descriptor >= 0) {
            close(writer->descriptor);
        }
        free(writer->block);
        free(writer);
    }
}

void image_writer_discard(struct image_writer *writer)
{
    unlink(writer->draft_path);
}

/* ---- values */

static int make_room(struct image_writer *writer, size_t size, struct error *err)
{
    size_t wanted = IMAGE_HEAD_SIZE + 1 + size;
    wanted = wanted > BLOCK_SIZE ? wanted : BLOCK_SIZE;
    if (wanted > writer->capacity) {
        char *block = realloc(writer->block, wanted);
        if (block == NULL) {
            return error_set_memory(err, "writing an image");
        }
        writer->block = block;
        writer->capacity = wanted;
    }
    if (writer->used == 0) {
        writer->block[IMAGE_HEAD_SIZE] = IMAGE_VALUES;
        writer->used = IMAGE_HEAD_SIZE + 1;
    }
    return 0;
}

int image_writer_flush(struct image_writer *writer, struct error *err)
{
    size_t used = writer->used;
    writer->used = 0;
    return used == 0 ? 0 : append(writer, writer->block, used - IMAGE_HEAD_SIZE, err);
}

int image_writer_add(struct image_writer *writer, const struct image_record *record,
                     struct error *err)
{
    size_t size = image_format_record_size(record);
    if (size >= IMAGE_PAYLOAD_SIZE_MAX) {
        return 0; /* the source has it */
    }
    if ((writer->used + size > BLOCK_SIZE && image_writer_flush(writer, err) != 0) ||
        make_room(writer, size, err) != 0) {
        return -1;
    }
    image_format_put_record(writer->block + writer->used, record);
    writer->used += size;
    writer->count++;
    return 0;
}

/* ---- the end */

static int sync_folder(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int size = slash == NULL ? 1 : (int)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", size == 0 ? 1 : size, slash == NULL ? "." : path);
    return file_sync_folder(folder, err);
}

int image_writer_commit(struct image_writer *writer, struct error *err)
{
    char end[IMAGE_HEAD_SIZE + IMAGE_END_SIZE];
    image_format_put_end(end + IMAGE_HEAD_SIZE, writer->count);
    if (image_writer_flush(writer, err) != 0 || append(writer, end, IMAGE_END_SIZE, err) != 0) {
        return -1;
    }
    if (fsync(writer->descriptor) != 0 || rename(writer->draft_path, writer->path) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be finished",
                               writer->draft_path);
    }
    return sync_folder(writer->path, err);
}

uint64_t image_writer_size(const struct image_writer *writer)
{
    return writer->size + writer->used;
}

uint64_t image_writer_count(const struct image_writer *writer)
{
    return writer->count;
}
