/* segment_reader.h - reads one segment in order, or looks up one key.
 * Room: predictor/history. May touch: files.
 * Promises: a byte that changed, a missing or an extra one is ERROR_INPUT that names file and byte; no key of a
 * damaged block is ever handed out. Memory: one block and the index. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_READER_H
#define REKINDLE_PREDICTOR_SEGMENT_READER_H

#include "common/error.h"
#include "predictor/history/key_history.h"
#include "predictor/history/segment_format.h"

struct segment_reader;

/* What the manifest says of the file; a mismatch is refused. NULL: nothing is known. */
struct segment_expectation {
    uint32_t bucket_second;
    uint64_t size_bytes, checksum;
};

/* Takes over `descriptor` (closed also when it fails); `path` is for messages. Free with segment_reader_close. */
struct segment_reader *segment_reader_open(int descriptor, const char *path,
                                           const struct segment_expectation *expectation,
                                           struct error *err) MUST_CHECK;
void segment_reader_close(struct segment_reader *reader);

/* 1 and the next key, borrowed until the next call; 0 at the end; -1. */
int segment_reader_next(struct segment_reader *reader, struct key_history *key,
                        struct error *err) MUST_CHECK;
/* The next key is the first again. */
void segment_reader_rewind(struct segment_reader *reader);
/* 1 and the key (borrowed until the next call), 0 when absent, -1. Moves `next` somewhere: rewind first. */
int segment_reader_find(struct segment_reader *reader, enum entity entity, struct slice id,
                        struct key_history *key, struct error *err) MUST_CHECK;

const struct segment_totals *segment_reader_totals(const struct segment_reader *reader);
/* Bytes of the blocks read since open or rewind, for progress; at the end about totals->size_bytes. */
uint64_t segment_reader_bytes_read(const struct segment_reader *reader);

#endif
