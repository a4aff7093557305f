/* batch_filler.c - see batch_filler.h.
 * Room: loader/warm. May touch: malloc, the clock. */
#include "loader/warm/batch_filler.h"

#include <time.h>

#include "loader/rules/expiry.h"

static const struct family *family_of(const struct batch_filler *filler,
                                      const struct window_row *row)
{
    return &filler->config->families[row->family_index];
}

static void add_value(const struct batch_filler *filler, struct write_batch *batch,
                      size_t row_index, const struct record *record)
{
    const struct window_row *row = &batch->window_rows[row_index];
    const struct family *family = family_of(filler, row);
    struct write_terms terms = {
        .expire_unix = expiry_unix(family, filler->window_end_unix, row->key),
        .mode = filler->mode,
        .version_field = family->version_in_value,
    };
    write_batch_add(batch, row, row_index, record, &terms);
}

/* A short entry that says "no such row", never in the place of another value; false when the family wants none. */
static bool add_negative(const struct batch_filler *filler, struct write_batch *batch,
                         size_t row_index)
{
    const struct window_row *row = &batch->window_rows[row_index];
    const struct family *family = family_of(filler, row);
    if (family->negative_ttl_second <= 0) {
        return false;
    }
    const char *text = family->negative_value != NULL ? family->negative_value : "";
    struct record record = {.kind = RECORD_STRING, .value = slice_of(text)};
    struct write_terms terms = {
        .expire_unix = expiry_negative_unix(family, (int64_t)time(NULL)),
        .is_negative = true,
    };
    write_batch_add(batch, row, row_index, &record, &terms);
    return true;
}

static enum outcome sort_row(const struct batch_filler *filler, struct write_batch *batch,
                             size_t row_index, const struct record *record)
{
    switch (record->kind) {
    case RECORD_STRING:
    case RECORD_HASH:
        add_value(filler, batch, row_index, record);
        return OUTCOME_NOT_REACHED;
    case RECORD_MISSING:
        return add_negative(filler, batch, row_index) ? OUTCOME_NOT_REACHED : OUTCOME_MISSING;
    case RECORD_AMBIGUOUS:
        return OUTCOME_FAILED;
    case RECORD_TOO_BIG:
        return OUTCOME_TOO_BIG;
    }
    return OUTCOME_FAILED;
}

int batch_filler_fill(const struct batch_filler *filler, struct write_batch *batch,
                      struct load_window *window, size_t from, size_t count, struct error *err)
{
    if (write_batch_reserve(batch, count, err) != 0) {
        return -1;
    }
    batch->window_rows = window->rows + from;
    batch->row_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct window_row *row = &batch->window_rows[i];
        batch->rows[i] = (struct journal_done_row){.rank = row->rank};
        batch->rows[i].outcome = row->is_held_out
                                     ? OUTCOME_HELD_OUT
                                     : sort_row(filler, batch, i, load_window_record(window, row));
    }
    return 0;
}

int batch_filler_prepare(const struct batch_filler *filler, struct load_window *window,
                         struct error *err)
{
    struct write_batch *batch = window->batch;
    if (batch_filler_fill(filler, batch, window, 0, window->count, err) != 0 ||
        write_batch_encode_intent(batch, err) != 0) {
        return -1;
    }
    window->is_prepared = true;
    return 0;
}
