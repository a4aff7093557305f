/* write_batch.c - see write_batch.h.
 * Room: loader/warm. May touch: malloc. */
#include "loader/warm/write_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "loader/folder/value_digest.h"

void write_batch_free(struct write_batch *batch)
{
    free(batch->rows);
    free(batch->items);
    free(batch->intents);
    free(batch->rechecks);
    free(batch->row_of_item);
    journal_buffer_free(&batch->intent);
    *batch = (struct write_batch){0};
}

int write_batch_reserve(struct write_batch *batch, size_t count, struct error *err)
{
    batch->row_count = 0;
    batch->item_count = 0;
    batch->intent.size = 0;
    if (count <= batch->capacity) {
        return 0;
    }
    write_batch_free(batch);
    batch->rows = calloc(count, sizeof *batch->rows);
    batch->items = calloc(count, sizeof *batch->items);
    batch->intents = calloc(count, sizeof *batch->intents);
    batch->rechecks = calloc(count, sizeof *batch->rechecks);
    batch->row_of_item = calloc(count, sizeof *batch->row_of_item);
    if (batch->rows == NULL || batch->items == NULL || batch->intents == NULL ||
        batch->rechecks == NULL || batch->row_of_item == NULL) {
        write_batch_free(batch);
        return error_set_memory(err, "writing a window");
    }
    batch->capacity = count;
    return 0;
}

void write_batch_add(struct write_batch *batch, const struct window_row *row, size_t row_index,
                     const struct record *record, const struct write_terms *terms)
{
    struct value_digest digest = value_digest_of(record->value);
    size_t i = batch->item_count++;
    assert(i < batch->capacity);
    batch->row_of_item[i] = row_index;
    batch->items[i] = (struct sink_item){.key = row->key,
                                         .value = record->value,
                                         .kind = record->kind,
                                         .mode = terms->mode,
                                         .version_field = terms->version_field,
                                         .result = SINK_NOT_SENT,
                                         .expire_unix = terms->expire_unix};
    batch->intents[i] = (struct journal_intent_key){.rank = row->rank,
                                                    .key = row->key,
                                                    .version = record->version,
                                                    .digest_high = digest.high,
                                                    .digest_low = digest.low,
                                                    .expire_unix = terms->expire_unix};
    batch->rechecks[i] = (struct recheck_row){.family_index = row->family_index,
                                              .id = row->id,
                                              .is_negative = terms->is_negative,
                                              .version = record->version,
                                              .digest_high = digest.high,
                                              .digest_low = digest.low};
}

int write_batch_encode_intent(struct write_batch *batch, struct error *err)
{
    return journal_encode_intent(&batch->intent, batch->intents, batch->item_count, err);
}

size_t write_batch_gather_written(struct write_batch *batch, size_t item_count)
{
    size_t count = 0;
    for (size_t i = 0; i < item_count; i++) {
        if (batch->items[i].result == SINK_DONE) {
            batch->items[count] = batch->items[i];
            batch->rechecks[count] = batch->rechecks[i];
            batch->row_of_item[count++] = batch->row_of_item[i];
        }
    }
    return count;
}

static void swap_items(struct write_batch *batch, size_t a, size_t b)
{
    struct sink_item item = batch->items[a];
    struct recheck_row recheck = batch->rechecks[a];
    size_t row = batch->row_of_item[a];
    batch->items[a] = batch->items[b];
    batch->rechecks[a] = batch->rechecks[b];
    batch->row_of_item[a] = batch->row_of_item[b];
    batch->items[b] = item;
    batch->rechecks[b] = recheck;
    batch->row_of_item[b] = row;
}

size_t write_batch_gather(struct write_batch *batch, size_t from, size_t count,
                          enum recheck_verdict verdict)
{
    size_t kept = from;
    for (size_t i = from; i < from + count; i++) {
        if (batch->rechecks[i].verdict == verdict) {
            swap_items(batch, kept++, i);
        }
    }
    return kept - from;
}

void write_batch_drop(struct write_batch *batch, size_t dropped, size_t count)
{
    memmove(batch->items, batch->items + dropped, count * sizeof *batch->items);
    memmove(batch->rechecks, batch->rechecks + dropped, count * sizeof *batch->rechecks);
    memmove(batch->row_of_item, batch->row_of_item + dropped, count * sizeof *batch->row_of_item);
}
