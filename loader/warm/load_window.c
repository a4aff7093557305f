/* load_window.c - see load_window.h.
 * Room: loader/warm. May touch: the plan's reader, the sources. */
#include "loader/warm/load_window.h"

#include <stdlib.h>

#include "common/monotonic.h"
#include "loader/rules/plan_check.h"
#include "loader/warm/write_batch.h"

enum { FIRST_ROW_COUNT = 1000, CAPACITY_MIN = 256 };

int load_window_init(struct load_window *window, size_t family_count, struct error *err)
{
    *window = (struct load_window){.part_count = family_count};
    window->parts = calloc(family_count + 1, sizeof *window->parts);
    window->batch = calloc(1, sizeof *window->batch);
    return window->parts == NULL || window->batch == NULL ? error_set_memory(err, "making a window")
                                                          : 0;
}

void load_window_free(struct load_window *window)
{
    for (size_t i = 0; window->parts != NULL && i < window->part_count; i++) {
        record_batch_free(&window->parts[i].batch);
        free(window->parts[i].ids);
    }
    if (window->batch != NULL) {
        write_batch_free(window->batch);
    }
    free(window->batch);
    free(window->parts);
    free(window->rows);
    free(window->skips);
    arena_free(&window->text);
    *window = (struct load_window){0};
}

int window_sizer_init(struct window_sizer *sizer, size_t family_count, size_t row_count_max,
                      uint64_t bytes_max, struct error *err)
{
    *sizer = (struct window_sizer){
        .row_count_max = row_count_max, .bytes_max = bytes_max, .family_count = family_count};
    sizer->value_bytes = calloc(family_count + 1, sizeof *sizer->value_bytes);
    return sizer->value_bytes == NULL ? error_set_memory(err, "making a window") : 0;
}

void window_sizer_free(struct window_sizer *sizer)
{
    free(sizer->value_bytes);
    *sizer = (struct window_sizer){0};
}

/* ---- reading the plan */

static int grow(void **array, size_t *capacity, size_t count, size_t size, struct error *err)
{
    if (count < *capacity) {
        return 0;
    }
    size_t wanted = *capacity == 0 ? CAPACITY_MIN : 2 * *capacity;
    void *larger = realloc(*array, wanted * size);
    if (larger == NULL) {
        return error_set_memory(err, "reading a window of the plan");
    }
    *array = larger;
    *capacity = wanted;
    return 0;
}

static int add_row(struct load_window *window, const struct plan_row *row, size_t family_index,
                   struct error *err)
{
    struct window_part *part = &window->parts[family_index];
    void *rows = window->rows, *ids = part->ids;
    int result = grow(&rows, &window->capacity, window->count, sizeof *window->rows, err);
    window->rows = rows;
    if (result == 0) {
        result = grow(&ids, &part->capacity, part->count, sizeof *part->ids, err);
        part->ids = ids;
    }
    if (result != 0) {
        return -1;
    }
    struct window_row added = {.rank = row->rank,
                               .benefit_ms = row->benefit_ms,
                               .id = arena_copy(&window->text, row->id),
                               .key = arena_copy(&window->text, row->key),
                               .family_index = family_index,
                               .place = part->count};
    if (added.id.bytes == NULL || added.key.bytes == NULL) {
        return error_set_memory(err, "reading a window of the plan");
    }
    window->rows[window->count++] = added;
    part->ids[part->count++] = added.id;
    return 0;
}

/* A row of which only the outcome matters. */
static int add_held_out(struct load_window *window, const struct plan_row *row, size_t family_index,
                        struct error *err)
{
    void *rows = window->rows;
    int result = grow(&rows, &window->capacity, window->count, sizeof *window->rows, err);
    window->rows = rows;
    if (result != 0) {
        return -1;
    }
    struct window_row added = {.rank = row->rank,
                               .benefit_ms = row->benefit_ms,
                               .key = arena_copy(&window->text, row->key),
                               .family_index = family_index,
                               .is_held_out = true};
    if (added.key.bytes == NULL) {
        return error_set_memory(err, "reading a window of the plan");
    }
    window->rows[window->count++] = added;
    return 0;
}

static int add_skip(struct load_window *window, const struct plan_row *row, struct error *err)
{
    void *skips = window->skips;
    int result =
        grow(&skips, &window->skip_capacity, window->skip_count, sizeof *window->skips, err);
    window->skips = skips;
    if (result != 0) {
        return -1;
    }
    struct window_skip added = {row->rank, arena_copy(&window->text, row->key)};
    if (added.key.bytes == NULL) {
        return error_set_memory(err, "reading a window of the plan");
    }
    window->skips[window->skip_count++] = added;
    return 0;
}

static void clear(struct load_window *window)
{
    window->count = 0;
    window->skip_count = 0;
    window->last_rank = 0;
    window->is_prepared = false;
    window->is_intended = false;
    arena_clear(&window->text);
    for (size_t i = 0; i < window->part_count; i++) {
        window->parts[i].count = 0;
    }
}

static bool is_full(const struct load_window *window, const struct window_sizer *sizer)
{
    double bytes = 0;
    bool is_guess = false;
    for (size_t i = 0; i < window->part_count; i++) {
        bytes += sizer->value_bytes[i] * (double)window->parts[i].count;
        is_guess = is_guess || (window->parts[i].count > 0 && sizer->value_bytes[i] <= 0);
    }
    return window->count >= sizer->row_count_max || window->skip_count >= sizer->row_count_max ||
           bytes >= (double)sizer->bytes_max || (is_guess && window->count >= FIRST_ROW_COUNT);
}

static bool is_at_end(const struct load_window *window, const struct window_feed *feed)
{
    return feed->until_rank != 0 && window->last_rank >= feed->until_rank;
}

static int add(struct load_window *window, const struct window_feed *feed,
               const struct plan_row *row, struct error *err)
{
    size_t family_index;
    if (row->action == PLAN_SKIP) {
        return add_skip(window, row, err);
    }
    if (plan_check_row(feed->config, row, feed->plan_path, plan_reader_line(feed->plan),
                       &family_index, err) != 0) {
        return -1;
    }
    return holdout_has(&feed->holdout, row->entity, row->id)
               ? add_held_out(window, row, family_index, err)
               : add_row(window, row, family_index, err);
}

int load_window_read(struct load_window *window, const struct window_feed *feed,
                     const struct window_sizer *sizer, struct error *err)
{
    struct plan_row row;
    int more = 1;
    clear(window);
    while (!is_full(window, sizer) && !is_at_end(window, feed) &&
           (more = plan_reader_next(feed->plan, &row, err)) == 1) {
        if (row.rank <= feed->after_rank) {
            continue;
        }
        window->last_rank = row.rank;
        if (add(window, feed, &row, err) != 0) {
            return -1;
        }
    }
    return more < 0 ? -1 : window->last_rank > 0;
}

/* ---- asking the sources */

static void learn_size(struct window_sizer *sizer, size_t family_index,
                       const struct record_batch *batch)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < batch->count; i++) {
        bytes += batch->records[i].value.size;
    }
    double mean = (double)bytes / (double)batch->count;
    sizer->value_bytes[family_index] = mean < 1 ? 1 : mean;
}

int load_window_fetch(struct load_window *window, struct source_set *sources,
                      struct window_sizer *sizer, struct error *err)
{
    window->read_us = monotonic_us();
    for (size_t i = 0; i < window->part_count; i++) {
        struct window_part *part = &window->parts[i];
        if (part->count == 0) {
            continue;
        }
        if (source_fetch(sources->sources[i], SOURCE_VALUES, part->ids, part->count, &part->batch,
                         err) != 0) {
            return -1;
        }
        learn_size(sizer, i, &part->batch);
    }
    return 0;
}

const struct record *load_window_record(const struct load_window *window,
                                        const struct window_row *row)
{
    return &window->parts[row->family_index].batch.records[row->place];
}
