/* history_reader.h - reads a whole history in key order, in one pass, or looks up one key.
 * Room: predictor/history. May touch: files. Not for several threads at once; several readers are fine.
 * Promises: a reader sees the history of one moment, whatever writers do meanwhile, and needs no lock; a damaged
 * segment is an error, never left out. Memory: a block and an index a segment, and one key. */
#ifndef REKINDLE_PREDICTOR_HISTORY_READER_H
#define REKINDLE_PREDICTOR_HISTORY_READER_H

#include "common/error.h"
#include "predictor/history/key_history.h"
#include "predictor/history/log_ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_reader;

struct history_totals {
    uint32_t bucket_second;
    size_t segment_count, log_count;
    uint64_t key_count_max[ENTITY_COUNT]; /* a key in several segments is counted in each */
    uint64_t event_count;                 /* exact, but for counts that saturated */
    uint64_t size_bytes;                  /* of the segments */
    int32_t first_bucket, last_bucket;    /* both 0 when event_count is 0 */
};

/* ERROR_INPUT when there is no history, or a damaged or newer one. Free with history_reader_close. */
struct history_reader *history_reader_open(const char *dir, struct error *err) MUST_CHECK;
void history_reader_close(struct history_reader *reader);

/* 1 and the next key (borrowed until the next call), 0 at the end, -1. */
int history_reader_next(struct history_reader *reader, struct key_history *key,
                        struct error *err) MUST_CHECK;
/* The next key is the first again. */
void history_reader_rewind(struct history_reader *reader);
/* 1 and the key (borrowed until the next call), 0 when it is not known, -1. Rewind before the next `next`. */
int history_reader_find(struct history_reader *reader, enum entity entity, struct slice id,
                        struct key_history *key, struct error *err) MUST_CHECK;

const struct history_totals *history_reader_totals(const struct history_reader *reader);
const struct log_ledger *history_reader_ledger(const struct history_reader *reader);
/* Bytes read since open or rewind, up to totals->size_bytes: for progress. */
uint64_t history_reader_bytes_read(const struct history_reader *reader);

#endif
