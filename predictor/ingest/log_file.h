/* log_file.h - one log: recognised by its first bytes and a prefix, then cut into chunks of whole lines.
 * Room: predictor/ingest. May touch: what log_stream.h may. One thread.
 *
 * The order of calls: open; as often as needed (skip, rewind); then next until the end; marks. All bytes that
 * pass by are fingerprinted and their lines counted. */
#ifndef REKINDLE_PREDICTOR_LOG_FILE_H
#define REKINDLE_PREDICTOR_LOG_FILE_H

#include "common/error.h"
#include "common/log_fingerprint.h"
#include "common/slice.h"

#include "predictor/ingest/parse_scratch.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LOG_CHUNK_TARGET = 512 << 10,                          /* small enough for a core's own cache */
    LOG_CHUNK_CAPACITY = LINE_SIZE_MAX + LOG_CHUNK_TARGET, /* a longer line is not kept whole */
};

enum log_chunk_kind {
    LOG_CHUNK_LINES,    /* whole lines, the last with its newline */
    LOG_CHUNK_OVERLONG, /* the start of one line that is too long; the rest of it was passed over */
    LOG_CHUNK_TAIL,     /* the last line, without a newline */
    LOG_CHUNK_END,
};

struct log_file;

/* Opens and reads the head. "-" is stdin; `path` is borrowed. */
struct log_file *log_file_open(const char *path, struct error *err) MUST_CHECK;
void log_file_close(struct log_file *file);

const char *log_file_name(const struct log_file *file);
/* The first LOG_HEAD_SIZE bytes, or all there are; lives as long as the file. */
struct slice log_file_head(const struct log_file *file);
/* The first line without its end, for a header; empty when there is none or it is longer than LINE_SIZE_MAX. */
struct slice log_file_first_line(const struct log_file *file);

/* Reads on to `size` bytes from the start (not less than before) and gives the mark there: `mark->size` is
 * smaller when the log is shorter. */
int log_file_skip(struct log_file *file, uint64_t size, struct log_mark *mark,
                  struct error *err) MUST_CHECK;
/* Back to the first byte. */
int log_file_rewind(struct log_file *file, struct error *err) MUST_CHECK;
/* Bytes before the next chunk. */
uint64_t log_file_offset(const struct log_file *file);
/* Lines that skipping has passed over. */
uint64_t log_file_skipped_lines(const struct log_file *file);

/* The next chunk into `bytes` [LOG_CHUNK_CAPACITY]; `*size` is 0 at the end. */
int log_file_next(struct log_file *file, char *bytes, size_t *size, enum log_chunk_kind *kind,
                  struct error *err) MUST_CHECK;

/* After the end: up to and with the last newline, and the whole; they differ by the unfinished last line. */
struct log_mark log_file_mark_complete(const struct log_file *file);
struct log_mark log_file_mark_whole(const struct log_file *file);

uint64_t log_file_packed_done(const struct log_file *file);
uint64_t log_file_packed_size(const struct log_file *file);

#endif
