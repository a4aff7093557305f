/* write_batch.h - the rows of one batch and, for those that have a value, the same items for sink, journal and recheck.
 * Room: loader/warm. May touch: malloc.
 * Promises: arrays are reused from batch to batch; item i of each array is the same key, that of row row_of_item[i]. */
#ifndef REKINDLE_LOADER_WRITE_BATCH_H
#define REKINDLE_LOADER_WRITE_BATCH_H

#include "loader/folder/journal_record.h"
#include "loader/warm/load_window.h"
#include "loader/warm/recheck.h"
#include "loader/sink/sink.h"

/* All zero is an empty batch. */
struct write_batch {
    struct window_row *window_rows;     /* [row_count]; borrowed from the window */
    struct journal_done_row *rows;      /* [row_count] */
    struct sink_item *items;            /* [item_count] */
    struct journal_intent_key *intents; /* [item_count] */
    struct recheck_row *rechecks;       /* [item_count] */
    size_t *row_of_item;                /* [item_count], rising until something is gathered */
    size_t row_count, item_count, capacity;
    struct journal_buffer intent; /* of all items, for the journal; size 0: not encoded yet */
};

/* Makes room for `count` rows and empties the batch. */
int write_batch_reserve(struct write_batch *batch, size_t count, struct error *err) MUST_CHECK;
void write_batch_free(struct write_batch *batch);

/* How an item is written. */
struct write_terms {
    int64_t expire_unix;
    enum sink_mode mode;
    const char *version_field; /* for SINK_IF_NEWER */
    bool is_negative;          /* the record only says that the source has no such row */
};

/* Adds the item of a row that has a value. */
void write_batch_add(struct write_batch *batch, const struct window_row *row, size_t row_index,
                     const struct record *record, const struct write_terms *terms);

/* The intent of all items, before anything is gathered. */
int write_batch_encode_intent(struct write_batch *batch, struct error *err) MUST_CHECK;

/* Moves items in front, in their order, and returns how many there are: of the first `item_count`, those that hold our
 * value. The order of the rest is lost, and that of `intents` is not kept. */
size_t write_batch_gather_written(struct write_batch *batch, size_t item_count);
/* The same from `from` on: of the next `count`, those with this verdict. No item is lost. */
size_t write_batch_gather(struct write_batch *batch, size_t from, size_t count,
                          enum recheck_verdict verdict);
/* Drops the first `dropped` items, so that the `count` behind them become the first. */
void write_batch_drop(struct write_batch *batch, size_t dropped, size_t count);

#endif
