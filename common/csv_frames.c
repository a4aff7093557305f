/* csv_frames.c - see csv_frames.h.
 * Room: common. May touch: the file it is given.
 * A record ends at the first newline with an even number of quotes before it. */
#include "common/csv_frames.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_SIZE_FIRST = 8 * 1024, /* after a seek: jumping about should not read much */
    READ_SIZE_MAX = 256 * 1024,
    BUFFER_SIZE = CSV_RECORD_SIZE_MAX + READ_SIZE_MAX
};

struct csv_frames {
    int descriptor;
    char *path;
    struct stat opened;  /* as it was then */
    char *buffer;        /* [BUFFER_SIZE] */
    size_t start, end;   /* unread bytes of it */
    uint64_t end_offset; /* of `end`, in the file */
    size_t read_size;
    bool is_at_end;
    uint64_t line; /* of the next record */
};

static int fill(struct csv_frames *frames, struct error *err)
{
    size_t kept = frames->end - frames->start;
    memmove(frames->buffer, frames->buffer + frames->start, kept);
    frames->start = 0;
    frames->end = kept;
    ssize_t got;
    do {
        got = read(frames->descriptor, frames->buffer + kept, frames->read_size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "reading %s", frames->path);
    }
    frames->end += (size_t)got;
    frames->end_offset += (uint64_t)got;
    frames->is_at_end = got == 0;
    if (frames->read_size < READ_SIZE_MAX) {
        frames->read_size *= 2;
    }
    return 0;
}

static size_t count_quotes(const char *bytes, size_t size)
{
    size_t count = 0;
    const char *end = bytes + size;
    for (const char *at = bytes; (at = memchr(at, '"', (size_t)(end - at))) != NULL; at++) {
        count++;
    }
    return count;
}

static int refuse_long_record(const struct csv_frames *frames, const struct csv_frame *frame,
                              struct error *err)
{
    return error_set(
        err, ERROR_INPUT,
        "%.400s:%" PRIu64
        ": the record that begins here is longer than %d bytes; is a quote not closed?",
        frames->path, frame->line, CSV_RECORD_SIZE_MAX);
}

/* Takes `size` bytes of the buffer as the record, `end_size` more as its line end. */
static int take_frame(struct csv_frames *frames, struct csv_frame *frame, size_t size,
                      size_t end_size, struct error *err)
{
    frame->raw = (struct slice){frames->buffer + frames->start, size};
    if (size > 0 && frame->raw.bytes[size - 1] == '\r') {
        frame->raw.size--;
    }
    frames->start += size + end_size;
    return size > CSV_RECORD_SIZE_MAX ? refuse_long_record(frames, frame, err) : 1;
}

/* The file ends without a newline. */
static int take_last_frame(struct csv_frames *frames, struct csv_frame *frame, size_t scanned,
                           struct error *err)
{
    size_t size = frames->end - frames->start;
    frame->quote_count += count_quotes(frames->buffer + frames->start + scanned, size - scanned);
    if (frame->quote_count % 2 != 0) {
        return error_set(err, ERROR_INPUT,
                         "%.400s:%" PRIu64 ": a quote that opens in this record is never closed",
                         frames->path, frame->line);
    }
    return size == 0 ? 0 : take_frame(frames, frame, size, 0, err);
}

int csv_frames_next(struct csv_frames *frames, struct csv_frame *frame, struct error *err)
{
    size_t scanned = 0;
    *frame = (struct csv_frame){
        .line = frames->line,
        .offset = frames->end_offset - (frames->end - frames->start),
    };
    for (;;) {
        const char *from = frames->buffer + frames->start + scanned;
        size_t size = frames->end - frames->start - scanned;
        const char *newline = memchr(from, '\n', size);
        if (newline != NULL) {
            size_t line_size = (size_t)(newline - from);
            frame->quote_count += count_quotes(from, line_size);
            frames->line++;
            if (frame->quote_count % 2 == 0) {
                return take_frame(frames, frame, scanned + line_size, 1, err);
            }
            scanned += line_size + 1;
        } else if (frames->is_at_end) {
            return take_last_frame(frames, frame, scanned, err);
        } else if (frames->end - frames->start > CSV_RECORD_SIZE_MAX) {
            return refuse_long_record(frames, frame, err);
        } else if (fill(frames, err) != 0) {
            return -1;
        }
    }
}

static int skip_byte_order_mark(struct csv_frames *frames, struct error *err)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    while (frames->end - frames->start < sizeof mark && !frames->is_at_end) {
        if (fill(frames, err) != 0) {
            return -1;
        }
    }
    if (frames->end - frames->start >= sizeof mark &&
        memcmp(frames->buffer + frames->start, mark, sizeof mark) == 0) {
        frames->start += sizeof mark;
    }
    return 0;
}

struct csv_frames *csv_frames_open(const char *path, struct error *err)
{
    struct csv_frames *frames = calloc(1, sizeof *frames);
    if (frames == NULL) {
        error_set_memory(err, "reading CSV");
        return NULL;
    }
    frames->line = 1;
    frames->read_size = READ_SIZE_FIRST;
    frames->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (frames->descriptor < 0 || fstat(frames->descriptor, &frames->opened) != 0) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot read %.400s", path);
        goto failed;
    }
    frames->path = strdup(path);
    frames->buffer = malloc(BUFFER_SIZE);
    if (frames->path == NULL || frames->buffer == NULL) {
        error_set_memory(err, "reading CSV");
        goto failed;
    }
    if (skip_byte_order_mark(frames, err) != 0) {
        goto failed;
    }
    return frames;
failed:
    csv_frames_close(frames);
    return NULL;
}

void csv_frames_close(struct csv_frames *frames)
{
    if (frames == NULL) {
        return;
    }
    if (frames->descriptor >= 0) {
        close(frames->descriptor);
    }
    free(frames->buffer);
    free(frames->path);
    free(frames);
}

const char *csv_frames_path(const struct csv_frames *frames)
{
    return frames->path;
}

void csv_frames_tell(const struct csv_frames *frames, uint64_t *offset, uint64_t *line)
{
    *offset = frames->end_offset - (frames->end - frames->start);
    *line = frames->line;
}

int csv_frames_seek(struct csv_frames *frames, uint64_t offset, uint64_t line, struct error *err)
{
    uint64_t buffer_offset = frames->end_offset - frames->end;
    frames->line = line;
    if (offset >= buffer_offset && offset <= frames->end_offset) {
        frames->start = (size_t)(offset - buffer_offset);
        return 0;
    }
    if (lseek(frames->descriptor, (off_t)offset, SEEK_SET) < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be read out of order",
                               frames->path);
    }
    frames->start = frames->end = 0;
    frames->end_offset = offset;
    frames->read_size = READ_SIZE_FIRST;
    frames->is_at_end = false;
    return 0;
}

int csv_frames_skip_to(struct csv_frames *frames, uint64_t offset, struct error *err)
{
    if (csv_frames_seek(frames, offset, 1, err) != 0) {
        return -1;
    }
    while (!frames->is_at_end) {
        const char *from = frames->buffer + frames->start;
        const char *newline = memchr(from, '\n', frames->end - frames->start);
        if (newline != NULL) {
            frames->start = (size_t)(newline + 1 - frames->buffer);
            return 0;
        }
        frames->start = frames->end;
        if (fill(frames, err) != 0) {
            return -1;
        }
    }
    return 0;
}

uint64_t csv_frames_size(const struct csv_frames *frames)
{
    return S_ISREG(frames->opened.st_mode) ? (uint64_t)frames->opened.st_size : 0;
}

static bool is_same_state(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool csv_frames_is_same_file(const struct csv_frames *frames, const struct csv_frames *other)
{
    return frames->opened.st_dev == other->opened.st_dev &&
           frames->opened.st_ino == other->opened.st_ino &&
           is_same_state(&frames->opened, &other->opened);
}

int csv_frames_check_unchanged(const struct csv_frames *frames, struct error *err)
{
    struct stat now;
    if (fstat(frames->descriptor, &now) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "reading %.400s", frames->path);
    }
    if (!is_same_state(&now, &frames->opened)) {
        return error_set(err, ERROR_INPUT,
                         "%.400s was changed while it was being read; start again", frames->path);
    }
    return 0;
}
