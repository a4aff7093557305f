/* csv_frames.h - a CSV file cut into records, as they lie in it; quoted newlines do not end one.
 * Room: common. May touch: the file it is given.
 * Promises: memory is bounded by the longest record allowed; lines are counted; a BOM is skipped. */
#ifndef REKINDLE_COMMON_CSV_FRAMES_H
#define REKINDLE_COMMON_CSV_FRAMES_H

#include "common/error.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSV_RECORD_SIZE_MAX = 1024 * 1024 };

/* One record without its line end; the bytes are borrowed until the next call. */
struct csv_frame {
    struct slice raw;
    uint64_t line, offset; /* where it begins: lines from 1, bytes from 0 */
    size_t quote_count;
};

struct csv_frames;

struct csv_frames *csv_frames_open(const char *path, struct error *err) MUST_CHECK;
void csv_frames_close(struct csv_frames *frames);
const char *csv_frames_path(const struct csv_frames *frames);

/* 1 and the next record, blank ones too; 0 at the end, -1 for a record that is too long or a quote that is
 * never closed. */
int csv_frames_next(struct csv_frames *frames, struct csv_frame *frame,
                    struct error *err) MUST_CHECK;

/* Where the next record begins, and back there. */
void csv_frames_tell(const struct csv_frames *frames, uint64_t *offset, uint64_t *line);
int csv_frames_seek(struct csv_frames *frames, uint64_t offset, uint64_t line,
                    struct error *err) MUST_CHECK;

/* To behind the first newline at or behind `offset`, whatever quotes are around it; lines count from 1 again. */
int csv_frames_skip_to(struct csv_frames *frames, uint64_t offset, struct error *err) MUST_CHECK;
/* In bytes, when it was opened; 0 for what has no size. */
uint64_t csv_frames_size(const struct csv_frames *frames);
bool csv_frames_is_same_file(const struct csv_frames *frames, const struct csv_frames *other);

/* ERROR_INPUT when size or time of the file differ from when it was opened. */
int csv_frames_check_unchanged(const struct csv_frames *frames, struct error *err) MUST_CHECK;

#endif
