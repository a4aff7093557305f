/* log_file.c - see log_file.h.
 * Room: predictor/ingest. May touch: what log_stream.h may. */
#include "predictor/ingest/log_file.h"

#include "predictor/ingest/log_stream.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct log_file {
    struct log_stream *stream;
    struct log_fingerprint *fingerprint; /* of all bytes before the carried ones */
    struct log_mark complete;            /* valid once is_finished */
    char *carried;                       /* [LOG_CHUNK_CAPACITY] read, but not yet given away */
    size_t carried_size;
    bool is_at_end;   /* of the stream */
    bool is_finished; /* the tail, if any, has been given */
    uint64_t skipped_lines;
    char *head; /* [head_size] holds the first line, too, when that is longer than LOG_HEAD_SIZE */
    size_t head_size, first_line_size;
};

/* ---- opening */

static int read_more(struct log_file *file, char *bytes, size_t room, size_t *got,
                     struct error *err)
{
    if (log_stream_read(file->stream, bytes, room, got, err) != 0) {
        return -1;
    }
    file->is_at_end = *got == 0;
    return 0;
}

/* Reads until the head and the first line are there, or it is too long to be one. */
static int read_head(struct log_file *file, struct error *err)
{
    const char *newline = NULL;
    while (!file->is_at_end && (file->carried_size < LOG_HEAD_SIZE || newline == NULL) &&
           file->carried_size <= LINE_SIZE_MAX) {
        size_t got;
        char *to = file->carried + file->carried_size;
        size_t room =
            file->carried_size < LOG_HEAD_SIZE ? LOG_HEAD_SIZE - file->carried_size : LOG_HEAD_SIZE;
        if (read_more(file, to, room, &got, err) != 0) {
            return -1;
        }
        newline = newline == NULL ? memchr(to, '\n', got) : newline;
        file->carried_size += got;
    }
    size_t line_size = newline == NULL ? file->carried_size : (size_t)(newline - file->carried);
    file->first_line_size = line_size > LINE_SIZE_MAX ? 0 : line_size;
    file->head_size = file->carried_size;
    file->head = malloc(file->head_size + 1);
    if (file->head == NULL) {
        return error_set_memory(err, "opening a log");
    }
    memcpy(file->head, file->carried, file->head_size);
    return 0;
}

struct log_file *log_file_open(const char *path, struct error *err)
{
    struct log_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        error_set_memory(err, "opening a log");
        return NULL;
    }
    file->carried = malloc(LOG_CHUNK_CAPACITY);
    if (file->carried == NULL) {
        error_set_memory(err, "opening a log");
        goto failed;
    }
    file->fingerprint = log_fingerprint_new(err);
    if (file->fingerprint == NULL) {
        goto failed;
    }
    file->stream = log_stream_open(path, err);
    if (file->stream != NULL && read_head(file, err) == 0) {
        return file;
    }
failed:
    log_file_close(file);
    return NULL;
}

void log_file_close(struct log_file *file)
{
    if (file == NULL) {
        return;
    }
    log_stream_close(file->stream);
    log_fingerprint_free(file->fingerprint);
    free(file->carried);
    free(file->head);
    free(file);
}

const char *log_file_name(const struct log_file *file)
{
    return log_stream_name(file->stream);
}

struct slice log_file_head(const struct log_file *file)
{
    return (struct slice){.bytes = file->head,
                          .size =
                              file->head_size < LOG_HEAD_SIZE ? file->head_size : LOG_HEAD_SIZE};
}

struct slice log_file_first_line(const struct log_file *file)
{
    size_t size = file->first_line_size;
    size -= size > 0 && file->head[size - 1] == '\r';
    return (struct slice){.bytes = file->head, .size = size};
}

/* ---- recognising */

static size_t count_newlines(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += bytes[i] == '\n';
    }
    return count;
}

/* The first `size` of the carried bytes have been used. */
static void pass(struct log_file *file, size_t size)
{
    log_fingerprint_feed(file->fingerprint, file->carried, size);
    file->skipped_lines += count_newlines(file->carried, size);
    file->carried_size -= size;
    memmove(file->carried, file->carried + size, file->carried_size);
}

int log_file_skip(struct log_file *file, uint64_t size, struct log_mark *mark, struct error *err)
{
    uint64_t offset = log_file_offset(file);
    while (offset < size) {
        if (file->carried_size == 0) {
            if (read_more(file, file->carried, LOG_CHUNK_TARGET, &file->carried_size, err) != 0) {
                return -1;
            }
            if (file->is_at_end) {
                break;
            }
        }
        uint64_t missing = size - offset;
        size_t part = missing < file->carried_size ? (size_t)missing : file->carried_size;
        pass(file, part);
        offset += part;
    }
    *mark = log_fingerprint_mark(file->fingerprint);
    return 0;
}

int log_file_rewind(struct log_file *file, struct error *err)
{
    if (log_stream_rewind(file->stream, err) != 0) {
        return -1;
    }
    log_fingerprint_clear(file->fingerprint);
    file->carried_size = 0;
    file->skipped_lines = 0;
    file->is_at_end = file->is_finished = false;
    return 0;
}

uint64_t log_file_offset(const struct log_file *file)
{
    return log_fingerprint_mark(file->fingerprint).size;
}

uint64_t log_file_skipped_lines(const struct log_file *file)
{
    return file->skipped_lines;
}

/* ---- cutting */

/* One past the last newline in [first, end), or NULL. */
static const char *behind_last_newline(const char *first, const char *end)
{
    while (end > first && end[-1] != '\n') {
        end--;
    }
    return end > first ? end : NULL;
}

/* Passes over the rest of a line of which `bytes` [size] are read: to behind its newline, or to the end. */
static int pass_overlong(struct log_file *file, const char *bytes, size_t size, struct error *err)
{
    struct log_mark before = log_fingerprint_mark(file->fingerprint);
    log_fingerprint_feed(file->fingerprint, bytes, size);
    file->carried_size = 0;
    while (!file->is_at_end) {
        if (read_more(file, file->carried, LOG_CHUNK_TARGET, &file->carried_size, err) != 0) {
            return -1;
        }
        const char *newline = memchr(file->carried, '\n', file->carried_size);
        if (newline != NULL) {
            pass(file, (size_t)(newline - file->carried) + 1);
            return 0;
        }
        pass(file, file->carried_size);
    }
    file->complete = before;
    file->is_finished = true;
    return 0;
}

static int give_tail(struct log_file *file, const char *bytes, size_t size,
                     enum log_chunk_kind *kind)
{
    file->complete = log_fingerprint_mark(file->fingerprint);
    file->is_finished = true;
    log_fingerprint_feed(file->fingerprint, bytes, size);
    *kind = size > 0 ? LOG_CHUNK_TAIL : LOG_CHUNK_END;
    return 0;
}

int log_file_next(struct log_file *file, char *bytes, size_t *size, enum log_chunk_kind *kind,
                  struct error *err)
{
    *size = 0;
    *kind = LOG_CHUNK_END;
    if (file->is_finished) {
        return 0;
    }
    size_t used = file->carried_size;
    memcpy(bytes, file->carried, used);
    file->carried_size = 0;
    const char *end = behind_last_newline(bytes, bytes + used);
    while (!file->is_at_end && used < LOG_CHUNK_CAPACITY &&
           (used < LOG_CHUNK_TARGET || end == NULL)) {
        size_t got;
        size_t room = (used < LOG_CHUNK_TARGET ? LOG_CHUNK_TARGET : LOG_CHUNK_CAPACITY) - used;
        if (read_more(file, bytes + used, room, &got, err) != 0) {
            return -1;
        }
        const char *newer = behind_last_newline(bytes + used, bytes + used + got);
        end = newer == NULL ? end : newer;
        used += got;
    }
    *size = end == NULL ? used : (size_t)(end - bytes);
    if (end != NULL) {
        *kind = LOG_CHUNK_LINES;
        file->carried_size = used - *size;
        memcpy(file->carried, end, file->carried_size);
        log_fingerprint_feed(file->fingerprint, bytes, *size);
        return 0;
    }
    if (used < LOG_CHUNK_CAPACITY) {
        return give_tail(file, bytes, used, kind);
    }
    *kind = LOG_CHUNK_OVERLONG;
    return pass_overlong(file, bytes, used, err);
}

struct log_mark log_file_mark_complete(const struct log_file *file)
{
    return file->complete;
}

struct log_mark log_file_mark_whole(const struct log_file *file)
{
    return log_fingerprint_mark(file->fingerprint);
}

uint64_t log_file_packed_done(const struct log_file *file)
{
    return log_stream_packed_done(file->stream);
}

uint64_t log_file_packed_size(const struct log_file *file)
{
    return log_stream_packed_size(file->stream);
}
