/* image_file.c - see image_file.h.
 * Room: loader/source. May touch: the file, reading only. */
#include "loader/source/image_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* How many bytes were there, or -1. */
static ssize_t read_at(const struct image_file *file, char *bytes, size_t size, uint64_t offset)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = pread(file->descriptor, bytes + got, size - got, (off_t)(offset + got));
        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more < 0) {
            return -1;
        }
        if (more == 0) {
            break;
        }
        got += (size_t)more;
    }
    return (ssize_t)got;
}

static int make_room(struct image_file *file, size_t size, struct error *err)
{
    if (size <= file->capacity) {
        return 0;
    }
    char *block = realloc(file->block, size);
    if (block == NULL) {
        return error_set_memory(err, "reading an image");
    }
    file->block = block;
    file->capacity = size;
    return 0;
}

static int complain(const struct image_file *file, uint64_t offset, const char *what,
                    struct error *err)
{
    return error_set(err, ERROR_INPUT, "%.400s: the block at byte %" PRIu64 " %s", file->path,
                     offset, what);
}

int image_file_read(struct image_file *file, uint64_t offset, struct error *err)
{
    size_t payload_size;
    if (file->payload.size > 0 && file->block_at == offset) {
        return 1;
    }
    file->payload = (struct slice){NULL, 0};
    if (make_room(file, IMAGE_HEAD_SIZE, err) != 0) {
        return -1;
    }
    ssize_t got = read_at(file, file->block, IMAGE_HEAD_SIZE, offset);
    if (got == 0) {
        return 0;
    }
    if (got < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be read", file->path);
    }
    if (got < IMAGE_HEAD_SIZE) {
        return complain(file, offset, "is cut off", err);
    }
    if (!image_format_read_head(file->block, &payload_size)) {
        return complain(file, offset, "is none", err);
    }
    if (make_room(file, IMAGE_HEAD_SIZE + payload_size, err) != 0) {
        return -1;
    }
    got = read_at(file, file->block + IMAGE_HEAD_SIZE, payload_size, offset + IMAGE_HEAD_SIZE);
    if (got < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be read", file->path);
    }
    if ((size_t)got < payload_size) {
        return complain(file, offset, "is cut off", err);
    }
    if (!image_format_is_whole(file->block, payload_size, offset)) {
        return complain(file, offset, "is damaged: its checksum is wrong", err);
    }
    file->block_at = offset;
    file->payload = (struct slice){file->block + IMAGE_HEAD_SIZE, payload_size};
    return 1;
}

uint64_t image_file_next(const struct image_file *file)
{
    return file->payload.size == 0 ? 0 : file->block_at + IMAGE_HEAD_SIZE + file->payload.size;
}

void image_file_free(struct image_file *file)
{
    free(file->block);
    file->block = NULL;
    file->capacity = 0;
    file->payload = (struct slice){NULL, 0};
}
