/* journal_record_fuzz.c - any bytes as a record of the journal, and as a whole journal: entries lie within their payload,
 * come back as they were put, and a cursor ends, at a whole record's end or with a sentence. */
#define _GNU_SOURCE /* memfd_create */
#include "loader/folder/journal_cursor.h"
#include "loader/folder/journal_record.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static bool is_within(struct slice part, struct slice whole)
{
    return part.size == 0 ||
           (part.bytes >= whole.bytes && part.bytes + part.size <= whole.bytes + whole.size);
}

/* ---- one payload */

static void read_intent(struct slice payload)
{
    enum { KEPT_MAX = 64 };
    struct journal_reader reader;
    struct journal_intent_key keys[KEPT_MAX], key;
    size_t count = 0;
    int more = 0;
    if (!journal_decode_intent(payload, &reader)) {
        return;
    }
    while (count < KEPT_MAX && (more = journal_next_key(&reader, &key)) == 1) {
        require(is_within(key.key, payload) && is_within(key.version, payload));
        require(count == 0 || key.rank >= keys[count - 1].rank);
        keys[count++] = key;
    }
    struct journal_buffer buffer = {0};
    struct error err;
    if (more == 0 && count > 0 && journal_encode_intent(&buffer, keys, count, &err) == 0) {
        struct slice again = {(const char *)buffer.bytes + JOURNAL_FRAME_SIZE,
                              buffer.size - JOURNAL_FRAME_SIZE};
        require(journal_decode_intent(again, &reader));
        for (size_t i = 0; i < count; i++) {
            require(journal_next_key(&reader, &key) == 1 && key.rank == keys[i].rank &&
                    slice_is_equal(key.key, keys[i].key) &&
                    slice_is_equal(key.version, keys[i].version) &&
                    key.expire_unix == keys[i].expire_unix);
        }
        require(journal_next_key(&reader, &key) == 0);
    }
    journal_buffer_free(&buffer);
}

static void read_payload(struct slice payload)
{
    struct journal_reader reader;
    struct journal_begin begin;
    struct journal_done done;
    struct journal_rollback rollback;
    struct journal_done_row row;
    struct journal_verdict verdict;
    int64_t at_unix;
    int kind = journal_kind_of(payload);
    require(kind >= 0 && kind <= (int)JOURNAL_ROLLBACK);
    if (journal_decode_begin(payload, &begin)) {
        require(is_within(begin.plan_digest, payload) && is_within(begin.target, payload));
    }
    read_intent(payload);
    if (journal_decode_done(payload, &reader, &done)) {
        while (journal_next_row(&reader, &row) == 1) {
            require(row.outcome < OUTCOME_COUNT);
        }
    }
    if (journal_decode_rollback(payload, &reader, &rollback)) {
        while (journal_next_verdict(&reader, &verdict) == 1) {
            require(verdict.verdict < ROLLBACK_VERDICT_COUNT);
        }
    }
    (void)journal_decode_lost(payload, &at_unix);
}

/* ---- a whole journal */

static void read_file(const char *path, uint64_t size, uint64_t offset)
{
    struct error err = {0};
    struct slice payload;
    struct journal_cursor *cursor = journal_cursor_open(path, offset, size, &err);
    require(cursor != NULL);
    int more;
    while ((more = journal_cursor_next(cursor, &payload, &err)) == 1) {
        require(payload.size > 0 && journal_cursor_offset(cursor) <= size);
        read_payload(payload);
    }
    require(more == 0 || err.text[0] != '\0');
    require(journal_cursor_find_behind(cursor, &err) >= 0);
    journal_cursor_close(cursor);
}

/* The bytes as they are; and as a payload with a right frame, behind which they stand once more. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { PATH_SIZE = 64 };
    char path[PATH_SIZE];
    unsigned char *copy = malloc(size + 1);
    int file = memfd_create("journal", MFD_CLOEXEC);
    require(copy != NULL && file >= 0);
    memcpy(copy, bytes, size);
    read_payload((struct slice){(const char *)copy, size});
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct journal_buffer frame = {.bytes = calloc(1, size + JOURNAL_FRAME_SIZE),
                                   .size = size + JOURNAL_FRAME_SIZE,
                                   .capacity = size + JOURNAL_FRAME_SIZE};
    require(frame.bytes != NULL);
    memcpy(frame.bytes + JOURNAL_FRAME_SIZE, bytes, size);
    journal_frame_seal(&frame, 0);
    require(write(file, frame.bytes, frame.size) == (ssize_t)frame.size &&
            write(file, bytes, size) == (ssize_t)size);
    read_file(path, frame.size + size, 0);
    read_file(path, frame.size + size, frame.size);
    close(file);
    journal_buffer_free(&frame);
    free(copy);
    return 0;
}
