/* stale_renewal.c - see stale_renewal.h.
 * Room: loader/warm. May touch: the recheck's sources. */
#include "loader/warm/stale_renewal.h"

#include <assert.h>
#include <stdlib.h>

#include "common/monotonic.h"

void stale_renewal_free(struct stale_renewal *renewal)
{
    write_batch_free(&renewal->batch);
    free(renewal->view.rows);
    free(renewal->places);
    free(renewal->ids);
    free(renewal->rows_of_ids);
    *renewal = (struct stale_renewal){0};
}

/* ---- which rows */

static bool is_to_renew(const struct renewal_options *options, size_t row)
{
    const struct write_batch *whole = options->whole;
    const struct window_row *window_row = &whole->window_rows[row];
    return whole->rows[row].outcome == OUTCOME_STALE_REMOVED && !window_row->is_held_out &&
           load_window_record(options->window, window_row)->is_from_image;
}

/* The old array stays where there is no memory for a larger one. */
static bool grow(void **array, size_t count, size_t size)
{
    void *larger = realloc(*array, count * size);
    *array = larger == NULL ? *array : larger;
    return larger != NULL;
}

static int make_room(struct stale_renewal *renewal, size_t count, struct error *err)
{
    if (count <= renewal->capacity) {
        return 0;
    }
    void *rows = renewal->view.rows, *places = renewal->places, *ids = renewal->ids,
         *rows_of_ids = renewal->rows_of_ids;
    bool is_enough = grow(&rows, count, sizeof *renewal->view.rows) &&
                     grow(&places, count, sizeof *renewal->places) &&
                     grow(&ids, count, sizeof *renewal->ids) &&
                     grow(&rows_of_ids, count, sizeof *renewal->rows_of_ids);
    renewal->view.rows = rows;
    renewal->places = places;
    renewal->ids = ids;
    renewal->rows_of_ids = rows_of_ids;
    renewal->capacity = is_enough ? count : renewal->capacity;
    return is_enough ? 0 : error_set_memory(err, "reading stale values anew");
}

static int choose(struct stale_renewal *renewal, const struct renewal_options *options,
                  struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < options->row_count; i++) {
        count += is_to_renew(options, i);
    }
    renewal->view.count = 0;
    if (make_room(renewal, count, err) != 0) {
        return -1;
    }
    renewal->view.parts = options->window->parts;
    renewal->view.part_count = options->window->part_count;
    for (size_t i = 0; i < options->row_count && count > 0; i++) {
        if (is_to_renew(options, i)) {
            renewal->places[renewal->view.count] = i;
            renewal->view.rows[renewal->view.count++] = options->whole->window_rows[i];
        }
    }
    return 0;
}

/* ---- what the source says of them */

/* The bytes live as long as the window's others. */
static int keep_record(struct window_part *part, size_t place, const struct record *fresh,
                       struct error *err)
{
    struct record *record = &part->batch.records[place];
    *record = *fresh;
    record->value = arena_copy(&part->batch.arenas[0], fresh->value);
    record->version = arena_copy(&part->batch.arenas[0], fresh->version);
    return record->value.bytes == NULL || record->version.bytes == NULL
               ? error_set_memory(err, "reading stale values anew")
               : 0;
}

static int fetch_family(struct stale_renewal *renewal, const struct renewal_options *options,
                        size_t family_index, struct error *err)
{
    struct recheck *recheck = options->recheck;
    size_t count = 0;
    for (size_t i = 0; i < renewal->view.count; i++) {
        if (renewal->view.rows[i].family_index == family_index) {
            renewal->ids[count] = renewal->view.rows[i].id;
            renewal->rows_of_ids[count++] = i;
        }
    }
    if (count == 0) {
        return 0;
    }
    if (source_fetch(recheck->sources->sources[family_index], SOURCE_VALUES, renewal->ids, count,
                     &recheck->batch, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct window_row *row = &renewal->view.rows[renewal->rows_of_ids[i]];
        if (keep_record(&options->window->parts[family_index], row->place,
                        &recheck->batch.records[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the intents: both lists are in rank order, and all ranks of the second are in the first */

static void correct_intents(const struct write_batch *renewed, struct write_batch *whole)
{
    size_t at = 0;
    for (size_t i = 0; i < renewed->item_count; i++) {
        while (whole->intents[at].rank < renewed->intents[i].rank) {
            at++;
            assert(at < whole->item_count);
        }
        whole->intents[at] = renewed->intents[i];
    }
}

int stale_renewal_prepare(struct stale_renewal *renewal, const struct renewal_options *options,
                          struct error *err)
{
    if (choose(renewal, options, err) != 0) {
        return -1;
    }
    if (renewal->view.count == 0) {
        return 0;
    }
    renewal->view.read_us = monotonic_us();
    for (size_t i = 0; i < renewal->view.part_count; i++) {
        if (fetch_family(renewal, options, i, err) != 0) {
            return error_add_context(err, "reading anew what an image had stale");
        }
    }
    if (batch_filler_fill(options->filler, &renewal->batch, &renewal->view, 0, renewal->view.count,
                          err) != 0) {
        return -1;
    }
    correct_intents(&renewal->batch, options->whole);
    return write_batch_encode_intent(options->whole, err) != 0 ? -1 : (int)renewal->view.count;
}

void stale_renewal_take_over(const struct stale_renewal *renewal, struct write_batch *whole)
{
    for (size_t i = 0; i < renewal->view.count; i++) {
        if (renewal->batch.rows[i].outcome != OUTCOME_NOT_REACHED) {
            whole->rows[renewal->places[i]] = renewal->batch.rows[i];
        }
    }
}
