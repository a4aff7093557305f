/* source_window.c - see source_window.h.
 * Room: loader/source. May touch: threads.
 * A window's ids are sorted as the primary key sorts them, repeated ones and those that the column cannot hold are
 * taken out, and the rest is cut into chunks; each connection has a thread (the caller's is the first) that takes the
 * next chunk until there is none. Threads share only the number of the next chunk and the flag that one of them has
 * failed: each writes its own records and its own arena. */
#include "loader/source/source_window.h"

#include "loader/source/json_text.h"
#include "loader/source/source_asker.h"

#include <stdlib.h>

/* ---- a window's ids */

int source_window_reserve(struct source *source, size_t count, struct error *err)
{
    if (count <= source->capacity) {
        return 0;
    }
    free(source->order);
    free(source->scratch);
    free(source->asked);
    free(source->position_of);
    source->capacity = 0;
    source->order = malloc(count * sizeof *source->order);
    source->scratch = malloc(2 * count * sizeof *source->scratch);
    source->asked = malloc(count * sizeof *source->asked);
    source->position_of = malloc(count * sizeof *source->position_of);
    if (source->order == NULL || source->scratch == NULL || source->asked == NULL ||
        source->position_of == NULL) {
        return error_set_memory(err, "sorting a window's ids");
    }
    source->capacity = count;
    return 0;
}

int source_window_clear(struct record_batch *batch, size_t count, struct error *err)
{
    if (batch->capacity < count) {
        struct record *grown = realloc(batch->records, count * sizeof *grown);
        if (grown == NULL) {
            return error_set_memory(err, "fetching a window");
        }
        batch->records = grown;
        batch->capacity = count;
    }
    batch->count = count;
    for (size_t i = 0; i < count; i++) {
        batch->records[i] = (struct record){.kind = RECORD_MISSING};
    }
    for (size_t i = 0; i < SOURCE_CONNECTION_MAX; i++) {
        arena_clear(&batch->arenas[i]);
    }
    return 0;
}

/* Can the id column hold exactly this text? If not, the id is missing without being asked: a number column
 * would otherwise compare `12abc` or `0012` with 12, and without its index. */
static bool is_askable(enum id_kind kind, struct slice id)
{
    bool is_negative;
    uint64_t magnitude;
    switch (kind) {
    case ID_SIGNED:
        return id_order_parse_integer(id, &is_negative, &magnitude) &&
               (is_negative || magnitude <= INT64_MAX);
    case ID_UNSIGNED:
        return id_order_parse_integer(id, &is_negative, &magnitude) && !is_negative;
    case ID_TEXT:
        return json_text_is_utf8(id);
    case ID_BINARY:
        return true;
    }
    return false;
}

static void choose_all(struct source *source, const struct slice ids[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        source->order[i] = i;
        source->position_of[i] = i;
    }
    source->window.asked = ids;
    source->window.position_of = source->position_of;
    source->window.asked_count = count;
}

void source_window_choose(struct source *source, const struct slice ids[], size_t count)
{
    size_t asked_count = 0;
    if (source->driver->is_in_asked_order) {
        choose_all(source, ids, count);
        return;
    }
    id_order_sort(ids, count, source->order, source->scratch);
    for (size_t i = 0; i < count; i++) {
        size_t position = source->order[i];
        bool is_repeated = i > 0 && slice_is_equal(ids[position], ids[source->order[i - 1]]);
        if (!is_repeated && is_askable(source->id_kind, ids[position])) {
            source->asked[asked_count] = ids[position];
            source->position_of[asked_count] = position;
            asked_count++;
        }
    }
    source->window.asked = source->asked;
    source->window.position_of = source->position_of;
    source->window.asked_count = asked_count;
}

void source_window_leave_out_found(struct source *source)
{
    struct source_window *window = &source->window;
    size_t kept = 0;
    for (size_t i = 0; i < window->asked_count; i++) {
        if (window->batch->records[source->position_of[i]].kind == RECORD_MISSING) {
            source->asked[kept] = source->asked[i];
            source->position_of[kept++] = source->position_of[i];
        }
    }
    window->asked_count = kept;
}

void source_window_finish(struct source *source, const struct slice ids[], size_t count)
{
    struct record *records = source->window.batch->records;
    struct source_account *account = &source->account;
    for (size_t i = 0; i < count; i++) {
        size_t position = source->order[i];
        if (i > 0 && slice_is_equal(ids[position], ids[source->order[i - 1]])) {
            records[position] = records[source->order[i - 1]];
        }
        const struct record *record = &records[position];
        account->missing_count += record->kind == RECORD_MISSING;
        account->ambiguous_count += record->kind == RECORD_AMBIGUOUS;
        account->value_bytes += record->value.size;
    }
    account->asked_count += count;
    account->found_count = account->asked_count - account->missing_count - account->ambiguous_count;
}

/* ---- one window */

static void *run_worker(void *context)
{
    struct source_worker *worker = context;
    struct source *source = worker->source;
    struct source_window *window = &source->window;
    while (!atomic_load(&window->has_failed)) {
        source_asker_wait(worker);
        size_t rows = source_asker_rows_now(source);
        size_t begin = atomic_fetch_add(&window->next_begin, rows);
        if (begin >= window->asked_count) {
            break;
        }
        size_t left = window->asked_count - begin;
        size_t count = left < rows ? left : rows;
        source_asker_take_turn(source, count);
        bool has_failed =
            source_asker_is_stopped(source) || source_asker_ask(worker, begin, begin + count) != 0;
        if (has_failed) {
            if (source_asker_is_stopped(source)) {
                error_set(&worker->err, ERROR_STOPPED, "stopped while asking the database");
            }
            atomic_store(&window->has_failed, true);
        }
    }
    return NULL;
}

int source_window_run(struct source *source, struct error *err)
{
    size_t rows = source_asker_rows_now(source);
    size_t chunk_count = (source->window.asked_count + rows - 1) / rows;
    size_t count = chunk_count < source->worker_count ? chunk_count : source->worker_count;
    bool is_running[SOURCE_CONNECTION_MAX] = {false};
    for (size_t i = 0; i < count; i++) {
        error_clear(&source->workers[i].err);
        source->workers[i].account = (struct source_account){0};
    }
    for (size_t i = 1; i < count; i++) {
        is_running[i] =
            pthread_create(&source->workers[i].thread, NULL, run_worker, &source->workers[i]) == 0;
    }
    run_worker(&source->workers[0]);
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_running[i]) {
            pthread_join(source->workers[i].thread, NULL);
        }
        const struct source_worker *worker = &source->workers[i];
        source->account.chunk_count += worker->account.chunk_count;
        source->account.retry_count += worker->account.retry_count;
        source->account.chunk_us_total += worker->account.chunk_us_total;
        if (worker->account.chunk_us_max > source->account.chunk_us_max) {
            source->account.chunk_us_max = worker->account.chunk_us_max;
        }
        if (worker->err.kind != ERROR_NONE && result == 0 &&
            atomic_load(&source->window.has_failed)) {
            *err = worker->err;
            result = -1;
        }
    }
    return result;
}
