/* line_chunk.h - some whole lines of one log, and what became of them.
 * Room: predictor/ingest. May touch: malloc. A chunk belongs to one thread at a time. */
#ifndef REKINDLE_PREDICTOR_LINE_CHUNK_H
#define REKINDLE_PREDICTOR_LINE_CHUNK_H

#include "common/entity.h"
#include "common/error.h"
#include "common/slice.h"

#include "predictor/ingest/access_event.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/line_judge.h"
#include "predictor/ingest/log_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENT_BATCH_SIZE = 256 };

struct bad_line {
    struct slice bytes; /* within the chunk, without the line's end */
    uint64_t line;      /* from 0 within the chunk */
    size_t column;
    enum line_fate fate;
};

struct line_counts {
    uint64_t lines;
    uint64_t fates[LINE_FATE_COUNT];
    uint64_t events[ENTITY_COUNT];
};

struct line_chunk {
    char *bytes; /* [LOG_CHUNK_CAPACITY] */
    size_t size;
    enum log_chunk_kind kind;
    bool is_first;        /* of its log: a byte order mark and a header may stand here */
    bool is_tail_excused; /* a bad tail is a line that is still being written, not a bad line */
    bool keeps_all_bad;   /* else the first BAD_SAMPLE_MAX are enough */
    /* the results, for whoever folds */
    struct line_counts counts;
    struct bad_line *bad; /* [bad_count] in order */
    size_t bad_count, bad_capacity;
};

/* What one thread needs to read chunks; it shares no cache line with another's. */
struct line_chunk_reader {
    struct line_judge judge;
    struct event_receiver receiver; /* of its events; set before each log */
    struct access_event batch[EVENT_BATCH_SIZE + ENTITY_COUNT];
    size_t batch_count;
    struct line_counts counts; /* of the chunk under way */
};

int line_chunk_init(struct line_chunk *chunk, struct error *err) MUST_CHECK;
void line_chunk_free(struct line_chunk *chunk);

int line_chunk_reader_init(struct line_chunk_reader *reader, const struct log_layout *layout,
                           struct error *err) MUST_CHECK;
void line_chunk_reader_free(struct line_chunk_reader *reader);

/* The next line in [*at, end) without its end (LF or CRLF); moves behind it. */
struct slice line_chunk_take_line(const char **at, const char *end);
/* `line` without a byte order mark. */
struct slice line_chunk_without_mark(struct slice line);

/* Reads all lines of `chunk`, hands their events over, fills in the results. -1: the receiver or memory failed. */
int line_chunk_read(struct line_chunk *chunk, struct line_chunk_reader *reader,
                    struct error *err) MUST_CHECK;

#endif
