/* journal_cursor.c - see journal_cursor.h.
 * Room: loader/folder. May touch: the file `journal` of a run's folder, reading only. */
#include "loader/folder/journal_cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/folder/journal_record.h"

enum { SEARCH_BLOCK_SIZE = 1 << 16 };

struct journal_cursor {
    char *path;
    unsigned char *payload;
    size_t capacity;
    uint64_t offset, end; /* of the next record; where to stop */
    uint64_t record_at;   /* of the record last handed out */
    int descriptor;
};

/* As many bytes as there are, up to `size`; -1 with errno. */
static ssize_t read_at(int descriptor, unsigned char *bytes, size_t size, uint64_t offset)
{
    size_t got = 0;
    while (got < size) {
        ssize_t part = pread(descriptor, bytes + got, size - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part < 0) {
            return -1;
        }
        if (part == 0) {
            break;
        }
        got += (size_t)part;
    }
    return (ssize_t)got;
}

static int make_room(struct journal_cursor *cursor, size_t size, struct error *err)
{
    if (size <= cursor->capacity) {
        return 0;
    }
    unsigned char *payload = realloc(cursor->payload, size);
    if (payload == NULL) {
        return error_set_memory(err, "reading the journal");
    }
    cursor->payload = payload;
    cursor->capacity = size;
    return 0;
}

/* 1: a whole frame stands at `offset` and its payload is loaded; 0: there is none; -1: error. */
static int load_frame(struct journal_cursor *cursor, uint64_t offset, struct slice *payload,
                      struct error *err)
{
    unsigned char head[JOURNAL_FRAME_SIZE];
    uint64_t left = cursor->end - offset;
    if (left < sizeof head) {
        return 0;
    }
    ssize_t got = read_at(cursor->descriptor, head, sizeof head, offset);
    size_t size = got == (ssize_t)sizeof head ? journal_frame_payload_size(head) : 0;
    if (got >= 0 && (size == 0 || size > left - sizeof head)) {
        return 0;
    }
    if (got >= 0 && make_room(cursor, size, err) != 0) {
        return -1;
    }
    if (got >= 0) {
        got = read_at(cursor->descriptor, cursor->payload, size, offset + sizeof head);
    }
    if (got < 0) {
        return error_set_errno(err, ERROR_BACKEND, errno, "cannot read %s", cursor->path);
    }
    *payload = (struct slice){.bytes = (const char *)cursor->payload, .size = (size_t)got};
    return journal_frame_is_whole(head, *payload, offset);
}

/* Is one of the frames that could begin at the first `starts` bytes of `block` whole? */
static int find_in_block(struct journal_cursor *cursor, const unsigned char *block, size_t starts,
                         uint64_t at, struct error *err)
{
    for (size_t i = 0; i < starts; i++) {
        struct slice payload;
        bool is_head = journal_frame_payload_size(block + i) > 0;
        int found = is_head ? load_frame(cursor, at + i, &payload, err) : 0;
        if (found != 0) {
            return found;
        }
    }
    return 0;
}

int journal_cursor_find_behind(struct journal_cursor *cursor, struct error *err)
{
    unsigned char block[SEARCH_BLOCK_SIZE];
    for (uint64_t at = cursor->offset + 1; at + JOURNAL_FRAME_SIZE <= cursor->end;) {
        ssize_t got = read_at(cursor->descriptor, block, sizeof block, at);
        if (got < 0) {
            return error_set_errno(err, ERROR_BACKEND, errno, "cannot read %s", cursor->path);
        }
        if (got < JOURNAL_FRAME_SIZE) {
            return 0;
        }
        size_t starts = (size_t)got - JOURNAL_FRAME_SIZE + 1;
        int found = find_in_block(cursor, block, starts, at, err);
        if (found != 0) {
            return found;
        }
        at += starts;
    }
    return 0;
}

int journal_cursor_refuse(const struct journal_cursor *cursor, struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "%s: damaged at byte %" PRIu64 ", with whole records behind it; put back a "
                     "copy of the file, or move the run's folder away to start a new run",
                     cursor->path, cursor->offset);
}

struct journal_cursor *journal_cursor_open(const char *path, uint64_t offset, uint64_t end,
                                           struct error *err)
{
    struct journal_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL || (cursor->path = strdup(path)) == NULL) {
        free(cursor);
        error_set_memory(err, "reading the journal");
        return NULL;
    }
    cursor->offset = offset;
    cursor->end = end;
    cursor->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (cursor->descriptor < 0) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
        journal_cursor_close(cursor);
        return NULL;
    }
    return cursor;
}

int journal_cursor_try(struct journal_cursor *cursor, struct slice *payload, struct error *err)
{
    if (cursor->offset >= cursor->end) {
        return 0;
    }
    int found = load_frame(cursor, cursor->offset, payload, err);
    if (found == 1) {
        cursor->record_at = cursor->offset;
        cursor->offset += JOURNAL_FRAME_SIZE + payload->size;
    }
    return found;
}

int journal_cursor_next(struct journal_cursor *cursor, struct slice *payload, struct error *err)
{
    int found = journal_cursor_try(cursor, payload, err);
    return found == 0 && cursor->offset < cursor->end ? journal_cursor_refuse(cursor, err) : found;
}

const char *journal_cursor_path(const struct journal_cursor *cursor)
{
    return cursor->path;
}

uint64_t journal_cursor_offset(const struct journal_cursor *cursor)
{
    return cursor->offset;
}

uint64_t journal_cursor_record_at(const struct journal_cursor *cursor)
{
    return cursor->record_at;
}

int journal_cursor_complain(const struct journal_cursor *cursor, struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "%s: the record at byte %" PRIu64 " was written by another version of this "
                     "program",
                     cursor->path, cursor->record_at);
}

void journal_cursor_close(struct journal_cursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    if (cursor->descriptor >= 0) {
        close(cursor->descriptor);
    }
    free(cursor->payload);
    free(cursor->path);
    free(cursor);
}
