/* source_asker.c - see source_asker.h.
 * Room: loader/source. May touch: clocks, the drivers. */
#include "loader/source/source_asker.h"

#include "common/monotonic.h"

#include <limits.h>
#include <time.h>

enum {
    AGAIN_MAX = 6,
    PAUSE_FIRST_MS = 50,
    PAUSE_MAX_MS = 2000,
    PAUSE_STEP_MS = 50, /* how long the stop flag may go unseen */
    GATE_STEP_MS = 10,  /* how long a risen limit may go unseen */
    PERCENT = 100
};

/* ---- one row */

/* The part of a window that one question is about. */
struct source_range {
    struct source_worker *worker;
    size_t begin, end; /* of window.asked */
    size_t
        expected; /* from `begin`: where the next row is likely to belong; databases answer in key order */
};

/* The index in window.asked of exactly this id; `range->end` when it was not asked. */
static size_t find_asked(const struct source_range *range, struct slice id)
{
    const struct slice *asked = range->worker->source->window.asked;
    size_t expected = range->begin + range->expected;
    if (expected < range->end && slice_is_equal(asked[expected], id)) {
        return expected;
    }
    size_t low = range->begin, high = range->end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = id_order_compare(asked[middle], id);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return range->end;
}

/* Can versions be asked for alone? */
static bool has_versions(const struct source *source)
{
    return source->version_kind != VERSION_NONE && source->version_kind != VERSION_SNAPSHOT;
}

/* Makes what `cells` say; for versions alone it is the version. */
static int make_record(struct source_worker *worker, const struct cell cells[],
                       struct record *record)
{
    struct source *source = worker->source;
    struct arena *arena = &source->window.batch->arenas[worker->number];
    if (source->window.content == SOURCE_VALUES || !has_versions(source)) {
        return value_encoding_make(&source->encoding, cells, &worker->buffer, arena, record);
    }
    *record = (struct record){.kind = value_encoding_kind(&source->encoding)};
    bool is_read = cells[1].bytes.bytes != NULL || cells[1].bytes.size == 0;
    if (cells[1].kind != CELL_NULL && is_read) {
        record->version = arena_copy(arena, cells[1].bytes);
        return record->version.bytes == NULL ? -1 : 0;
    }
    return 0;
}

static bool is_same_record(const struct record *a, const struct record *b)
{
    return a->kind == b->kind && a->value_size == b->value_size &&
           slice_is_equal(a->value, b->value) && slice_is_equal(a->version, b->version);
}

/* The right-row rule: a row whose id is not, byte for byte, one that was asked is not used. */
static int take_row(void *context, const struct cell cells[])
{
    struct source_range *range = context;
    struct source_window *window = &range->worker->source->window;
    if (cells[0].kind == CELL_NULL) {
        return 0;
    }
    size_t found = find_asked(range, cells[0].bytes);
    if (found == range->end) {
        return 0;
    }
    range->expected = found + 1 - range->begin;
    struct record *record = &window->batch->records[window->position_of[found]];
    struct record made;
    if (make_record(range->worker, cells, &made) != 0) {
        return -1;
    }
    bool is_first = record->kind == RECORD_MISSING;
    if (is_first) {
        *record = made;
    } else if (!is_same_record(record, &made)) {
        *record = (struct record){.kind = RECORD_AMBIGUOUS};
    }
    return 0;
}

/* ---- one question, until it is answered */

bool source_asker_is_stopped(const struct source *source)
{
    return source->stop != NULL && atomic_load(source->stop) != 0;
}

/* Sleeps, but not through a stop. */
static void pause_ms(const struct source *source, int64_t pause)
{
    for (int64_t slept = 0; slept < pause && !source_asker_is_stopped(source);
         slept += PAUSE_STEP_MS) {
        const struct timespec step = {0, PAUSE_STEP_MS * (long)NS_PER_US * US_PER_MS};
        nanosleep(&step, NULL);
    }
}

/* ---- the governor's limits */

size_t source_asker_rows_now(const struct source *source)
{
    size_t most = source->setup.chunk_rows;
    int limit = source->limits == NULL ? INT_MAX : atomic_load(&source->limits->chunk_rows);
    size_t rows = limit < 1 ? 1 : (size_t)limit;
    return rows < most ? rows : most;
}

void source_asker_wait(const struct source_worker *worker)
{
    struct source *source = worker->source;
    struct source_window *window = &source->window;
    while (source->limits != NULL &&
           atomic_load(&source->limits->connections) <= (int)worker->number &&
           atomic_load(&window->next_begin) < window->asked_count &&
           !source_asker_is_stopped(source) && !atomic_load(&window->has_failed)) {
        const struct timespec step = {0, GATE_STEP_MS * (long)NS_PER_US * US_PER_MS};
        nanosleep(&step, NULL);
    }
}

static void sleep_until(const struct source *source, int64_t until_us)
{
    int64_t left_us;
    while ((left_us = until_us - monotonic_us()) > 0 && !source_asker_is_stopped(source)) {
        int64_t step_us = left_us < PAUSE_STEP_MS * US_PER_MS ? left_us : PAUSE_STEP_MS * US_PER_MS;
        const struct timespec step = {0, (long)(step_us * NS_PER_US)};
        nanosleep(&step, NULL);
    }
}

void source_asker_take_turn(const struct source *source, size_t row_count)
{
    struct source_limits *limits = source->limits;
    int rate = limits == NULL ? 0 : atomic_load(&limits->rows_per_second);
    if (rate <= 0) {
        return;
    }
    int64_t turn_us = (int64_t)row_count * US_PER_SECOND / rate;
    int64_t next_us = atomic_load(&limits->next_us), begin_us;
    do {
        int64_t now_us = monotonic_us();
        begin_us = next_us > now_us ? next_us : now_us;
    } while (!atomic_compare_exchange_weak(&limits->next_us, &next_us, begin_us + turn_us));
    sleep_until(source, begin_us);
}

/* Adds a question to what the governor steers by, and rests after it. */
static void account_chunk(const struct source *source, size_t row_count, int64_t took_us)
{
    struct source_limits *limits = source->limits;
    if (limits == NULL) {
        return;
    }
    atomic_fetch_add(&limits->chunk_count, 1);
    atomic_fetch_add(&limits->row_count, (int64_t)row_count);
    atomic_fetch_add(&limits->chunk_us_total, took_us);
    sleep_until(source, monotonic_us() + took_us * atomic_load(&limits->rest_percent) / PERCENT);
}

static void wipe_range(const struct source_range *range)
{
    const struct source_window *window = &range->worker->source->window;
    for (size_t i = range->begin; i < range->end; i++) {
        window->batch->records[window->position_of[i]] = (struct record){.kind = RECORD_MISSING};
    }
}

static enum source_failure ask_once(struct source_range *range)
{
    struct source_worker *worker = range->worker;
    struct source *source = worker->source;
    if (worker->connection == NULL) {
        enum source_failure failure = SOURCE_FAILURE_FATAL;
        worker->connection = source->driver->connect(&source->setup, &failure, &worker->err);
        if (worker->connection == NULL) {
            return failure;
        }
    }
    range->expected = 0;
    const struct source_question question = {
        .content = has_versions(source) ? source->window.content : SOURCE_VALUES,
        .ids = source->window.asked + range->begin,
        .count = range->end - range->begin,
        .take = take_row,
        .context = range,
        .expected = &range->expected};
    int64_t started_us = monotonic_us();
    enum source_failure failure = source->driver->ask(worker->connection, &question, &worker->err);
    int64_t took_us = monotonic_us() - started_us;
    worker->account.chunk_count++;
    worker->account.chunk_us_total += took_us;
    if (took_us > worker->account.chunk_us_max) {
        worker->account.chunk_us_max = took_us;
    }
    account_chunk(source, question.count, took_us);
    return failure;
}

/* One of the ids is such that the database refuses the whole question: halve until it is alone and missing. */
static int ask_halves(struct source_worker *worker, size_t begin, size_t end)
{
    if (end - begin == 1) {
        return 0;
    }
    size_t middle = begin + (end - begin) / 2;
    return source_asker_ask(worker, begin, middle) != 0 ? -1
                                                        : source_asker_ask(worker, middle, end);
}

/* Is another try due after `failure`? Pauses before it. */
static bool is_worth_a_try(struct source_worker *worker, enum source_failure failure, int tries,
                           int64_t started_ms)
{
    struct source *source = worker->source;
    int64_t pause = tries > AGAIN_MAX ? PAUSE_MAX_MS : (int64_t)PAUSE_FIRST_MS << tries;
    pause = pause > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause;
    if (failure == SOURCE_FAILURE_LOST) {
        source->driver->disconnect(worker->connection);
        worker->connection = NULL;
        if (monotonic_ms() - started_ms > source_patience_ms(source->setup.config)) {
            return false;
        }
    } else if (failure != SOURCE_FAILURE_AGAIN || tries >= AGAIN_MAX) {
        return false;
    }
    worker->account.retry_count++;
    pause_ms(source, pause);
    return !source_asker_is_stopped(source) && !atomic_load(&source->window.has_failed);
}

int source_asker_ask(struct source_worker *worker, size_t begin, size_t end)
{
    struct source_range range = {.worker = worker, .begin = begin, .end = end};
    int64_t started_ms = monotonic_ms();
    for (int tries = 0;; tries++) {
        enum source_failure failure = ask_once(&range);
        if (failure == SOURCE_FAILURE_NONE) {
            error_clear(&worker->err);
            return 0;
        }
        wipe_range(&range);
        if (failure == SOURCE_FAILURE_IDS) {
            return ask_halves(worker, begin, end);
        }
        if (!is_worth_a_try(worker, failure, tries, started_ms)) {
            return -1;
        }
    }
}
