/* source.c - see source.h: windows into chunks, chunks onto connections, rows into records.
 * Room: loader/source. May touch: threads, the drivers.
 *
 * DESIGN
 * A window's ids are sorted as the primary key sorts them, repeated ones and those that the column cannot hold
 * are taken out, and the rest is cut into chunks; each connection has a thread (the caller's is the first) that
 * takes the next chunk until there is none. A chunk that fails is asked again from its beginning, so what a
 * half-read answer left behind is wiped first. Threads share only the number of the next chunk and the flag that
 * one of them has failed: each writes its own records and its own arena. */
#include "loader/source/source.h"

#include "common/monotonic.h"
#include "loader/source/id_order.h"
#include "loader/source/source_driver.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CHUNK_ROWS_DEFAULT = 500,
    CHUNK_ROWS_MAX = 1000, /* MariaDB turns longer lists into a join */
    AGAIN_MAX = 6,
    PAUSE_FIRST_MS = 50,
    PAUSE_MAX_MS = 2000,
    PAUSE_STEP_MS = 50, /* how long the stop flag may go unseen */
    GATE_STEP_MS = 10,  /* how long a risen limit may go unseen */
    PERCENT = 100,
    LOST_PATIENCE_MS = 30 * 1000
};

/* One connection and what belongs to its thread. */
struct source_worker {
    struct source *source;
    void *connection; /* NULL: not made yet, or lost */
    size_t number;
    struct value_buffer buffer;
    struct source_account account;
    struct error err;
    pthread_t thread;
};

/* One call of source_fetch; all of it is read-only to the threads but the two atomics. */
struct source_window {
    enum source_content content;
    const struct slice *asked; /* [asked_count] ascending, distinct */
    const size_t *position_of; /* [asked_count]: where the record belongs */
    size_t asked_count;
    struct record_batch *batch;
    atomic_size_t next_begin; /* of `asked` */
    atomic_bool has_failed;
};

struct source {
    struct source_setup setup;
    const struct source_driver *driver;
    const atomic_int *stop;
    struct source_limits *limits; /* NULL: none */
    struct arena arena;           /* the columns' names */
    struct value_encoding_plan encoding;
    enum id_kind id_kind;
    enum version_kind version_kind;
    struct source_worker workers[SOURCE_CONNECTION_MAX];
    size_t worker_count;
    struct source_window window;
    struct source_account account;  /* of all finished fetches */
    size_t *order;                  /* [capacity] */
    struct id_order_entry *scratch; /* [2 * capacity] */
    struct slice *asked;            /* [capacity] */
    size_t *position_of;            /* [capacity] */
    size_t capacity;
};

void source_limits_init(struct source_limits *limits)
{
    atomic_init(&limits->chunk_rows, INT_MAX);
    atomic_init(&limits->connections, INT_MAX);
    atomic_init(&limits->rest_percent, 0);
    atomic_init(&limits->chunk_count, 0);
    atomic_init(&limits->row_count, 0);
    atomic_init(&limits->chunk_us_total, 0);
}

/* ---- opening and closing */

static const struct source_driver *find_driver(enum family_source kind)
{
    switch (kind) {
    case SOURCE_MYSQL:
        return &mysql_source_driver;
    case SOURCE_SQLITE:
        return &sqlite_source_driver;
    case SOURCE_NONE:
    case SOURCE_FILE:
    case SOURCE_HTTP:
        return NULL;
    }
    return NULL;
}

static size_t choose_chunk_rows(const struct config *config)
{
    int64_t rows = config->mysql.chunk_rows;
    if (rows <= 0) {
        return CHUNK_ROWS_DEFAULT;
    }
    return rows > CHUNK_ROWS_MAX ? CHUNK_ROWS_MAX : (size_t)rows;
}

static int describe(struct source *source, struct error *err)
{
    struct source_description description = {0};
    if (source->driver->describe(source->workers[0].connection, &source->arena, &description,
                                 err) != 0) {
        return -1;
    }
    source->id_kind = description.id_kind;
    if (value_encoding_plan_init(&source->encoding, source->setup.family, description.names,
                                 description.column_count, &source->arena, err) != 0) {
        return -1;
    }
    bool has_version = source->encoding.version_at < description.column_count;
    source->version_kind = has_version ? description.version_kind : VERSION_NONE;
    return 0;
}

static void prepare_workers(struct source *source)
{
    size_t count = source->driver->connection_count(source->setup.config);
    count = count == 0 ? 1 : count;
    source->worker_count = count > SOURCE_CONNECTION_MAX ? SOURCE_CONNECTION_MAX : count;
    for (size_t i = 0; i < source->worker_count; i++) {
        source->workers[i].source = source;
        source->workers[i].number = i;
    }
}

struct source *source_open(const struct source_options *options, struct error *err)
{
    const struct family *family = options->family;
    const struct source_driver *driver = find_driver(family->source);
    if (driver == NULL || family->query == NULL) {
        error_set(err, ERROR_INPUT,
                  "[family %s] has no source with a query: give source = mysql or "
                  "sqlite, and query",
                  family->name);
        return NULL;
    }
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        error_set_memory(err, "opening the source");
        return NULL;
    }
    source->setup = (struct source_setup){.config = options->config,
                                          .family = family,
                                          .chunk_rows = choose_chunk_rows(options->config)};
    source->driver = driver;
    source->stop = options->stop;
    source->limits = options->limits;
    prepare_workers(source);
    enum source_failure failure;
    source->workers[0].connection = driver->connect(&source->setup, &failure, err);
    if (source->workers[0].connection == NULL || describe(source, err) != 0) {
        error_add_context(err, "[family %s]", family->name);
        source_close(source);
        return NULL;
    }
    return source;
}

void source_close(struct source *source)
{
    if (source == NULL) {
        return;
    }
    for (size_t i = 0; i < source->worker_count; i++) {
        source->driver->disconnect(source->workers[i].connection);
        value_buffer_free(&source->workers[i].buffer);
    }
    arena_free(&source->arena);
    free(source->order);
    free(source->scratch);
    free(source->asked);
    free(source->position_of);
    free(source);
}

/* ---- one row */

/* The part of a window that one question is about. */
struct source_range {
    struct source_worker *worker;
    size_t begin, end; /* of window.asked */
    size_t expected;   /* where the next row is likely to belong: databases answer in key order */
};

/* The index in window.asked of exactly this id; `range->end` when it was not asked. */
static size_t find_asked(const struct source_range *range, struct slice id)
{
    const struct slice *asked = range->worker->source->window.asked;
    if (range->expected < range->end && slice_is_equal(asked[range->expected], id)) {
        return range->expected;
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

/* Makes what `cells` say; for versions alone it is the version. */
static int make_record(struct source_worker *worker, const struct cell cells[],
                       struct record *record)
{
    struct source *source = worker->source;
    struct arena *arena = &source->window.batch->arenas[worker->number];
    if (source->window.content == SOURCE_VALUES || source->version_kind == VERSION_NONE) {
        return value_encoding_make(&source->encoding, cells, &worker->buffer, arena, record);
    }
    *record = (struct record){.kind = source->encoding.encoding == VALUE_HASH ? RECORD_HASH
                                                                              : RECORD_STRING};
    if (cells[1].kind != CELL_NULL) {
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
    range->expected = found + 1;
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

static bool is_stopped(const struct source *source)
{
    return source->stop != NULL && atomic_load(source->stop) != 0;
}

/* Sleeps, but not through a stop. */
static void pause_ms(const struct source *source, int64_t pause)
{
    for (int64_t slept = 0; slept < pause && !is_stopped(source); slept += PAUSE_STEP_MS) {
        const struct timespec step = {0, PAUSE_STEP_MS * (long)NS_PER_US * US_PER_MS};
        nanosleep(&step, NULL);
    }
}

/* ---- the governor's limits */

static size_t chunk_rows_now(const struct source *source)
{
    size_t most = source->setup.chunk_rows;
    int limit = source->limits == NULL ? INT_MAX : atomic_load(&source->limits->chunk_rows);
    size_t rows = limit < 1 ? 1 : (size_t)limit;
    return rows < most ? rows : most;
}

/* Waits until this connection may ask, or need not any more. */
static void wait_for_turn(const struct source_worker *worker)
{
    struct source *source = worker->source;
    struct source_window *window = &source->window;
    while (source->limits != NULL &&
           atomic_load(&source->limits->connections) <= (int)worker->number &&
           atomic_load(&window->next_begin) < window->asked_count && !is_stopped(source) &&
           !atomic_load(&window->has_failed)) {
        const struct timespec step = {0, GATE_STEP_MS * (long)NS_PER_US * US_PER_MS};
        nanosleep(&step, NULL);
    }
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
    int64_t rest_us = took_us * atomic_load(&limits->rest_percent) / PERCENT;
    while (rest_us > 0 && !is_stopped(source)) {
        int64_t step_us = rest_us < PAUSE_STEP_MS * US_PER_MS ? rest_us : PAUSE_STEP_MS * US_PER_MS;
        const struct timespec step = {0, (long)(step_us * NS_PER_US)};
        nanosleep(&step, NULL);
        rest_us -= step_us;
    }
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
    range->expected = range->begin;
    const struct source_question question = {
        .content = source->version_kind == VERSION_NONE ? SOURCE_VALUES : source->window.content,
        .ids = source->window.asked + range->begin,
        .count = range->end - range->begin,
        .take = take_row,
        .context = range};
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

static int ask_range(struct source_worker *worker, size_t begin, size_t end);

/* One of the ids is such that the database refuses the whole question: halve until it is alone and missing. */
static int ask_halves(struct source_worker *worker, size_t begin, size_t end)
{
    if (end - begin == 1) {
        return 0;
    }
    size_t middle = begin + (end - begin) / 2;
    return ask_range(worker, begin, middle) != 0 ? -1 : ask_range(worker, middle, end);
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
        if (monotonic_ms() - started_ms > LOST_PATIENCE_MS) {
            return false;
        }
    } else if (failure != SOURCE_FAILURE_AGAIN || tries >= AGAIN_MAX) {
        return false;
    }
    worker->account.retry_count++;
    pause_ms(source, pause);
    return !is_stopped(source) && !atomic_load(&source->window.has_failed);
}

static int ask_range(struct source_worker *worker, size_t begin, size_t end)
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

/* ---- one window */

static void *run_worker(void *context)
{
    struct source_worker *worker = context;
    struct source *source = worker->source;
    struct source_window *window = &source->window;
    while (!atomic_load(&window->has_failed)) {
        wait_for_turn(worker);
        size_t rows = chunk_rows_now(source);
        size_t begin = atomic_fetch_add(&window->next_begin, rows);
        if (begin >= window->asked_count) {
            break;
        }
        size_t left = window->asked_count - begin;
        bool has_failed = is_stopped(source) ||
                          ask_range(worker, begin, begin + (left < rows ? left : rows)) != 0;
        if (has_failed) {
            if (is_stopped(source)) {
                error_set(&worker->err, ERROR_STOPPED, "stopped while asking the database");
            }
            atomic_store(&window->has_failed, true);
        }
    }
    return NULL;
}

/* Runs the window on as many threads as it has chunks, or connections. */
static int run_window(struct source *source, struct error *err)
{
    size_t rows = chunk_rows_now(source);
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

/* ---- a window's ids */

static int reserve_scratch(struct source *source, size_t count, struct error *err)
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

static int prepare_batch(struct record_batch *batch, size_t count, struct error *err)
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
        return value_encoding_is_utf8(id);
    case ID_BINARY:
        return true;
    }
    return false;
}

static void choose_asked(struct source *source, const struct slice ids[], size_t count)
{
    size_t asked_count = 0;
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

/* Gives repeated ids the record of the first, and counts. */
static void finish_records(struct source *source, const struct slice ids[], size_t count)
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

int source_fetch(struct source *source, enum source_content content, const struct slice ids[],
                 size_t count, struct record_batch *batch, struct error *err)
{
    if (reserve_scratch(source, count, err) != 0 || prepare_batch(batch, count, err) != 0) {
        return -1;
    }
    source->window.content = content;
    source->window.batch = batch;
    atomic_store(&source->window.next_begin, 0);
    atomic_store(&source->window.has_failed, false);
    choose_asked(source, ids, count);
    if (source->window.asked_count > 0 && run_window(source, err) != 0) {
        prepare_batch(batch, 0, err);
        return error_add_context(err, "[family %s]", source->setup.family->name);
    }
    finish_records(source, ids, count);
    return 0;
}

/* ---- the rest */

enum version_kind source_version_kind(const struct source *source)
{
    return source->version_kind;
}

/* Makes the first connection again if it was lost. */
static int need_connection(struct source *source, struct error *err)
{
    enum source_failure failure;
    struct source_worker *worker = &source->workers[0];
    if (worker->connection == NULL) {
        worker->connection = source->driver->connect(&source->setup, &failure, err);
    }
    return worker->connection == NULL ? -1 : 0;
}

int source_clock(struct source *source, int64_t *now_unix_us, struct error *err)
{
    if (need_connection(source, err) != 0) {
        return -1;
    }
    return source->driver->clock(source->workers[0].connection, now_unix_us, err);
}

int source_explain(struct source *source, const struct slice ids[], size_t count, char *plan,
                   size_t size, bool *is_scan, struct error *err)
{
    plan[0] = '\0';
    *is_scan = false;
    if (reserve_scratch(source, count, err) != 0 || need_connection(source, err) != 0) {
        return -1;
    }
    choose_asked(source, ids, count);
    size_t rows = source->setup.chunk_rows;
    if (source->window.asked_count == 0) {
        return 0;
    }
    const struct source_question question = {
        .ids = source->asked,
        .count = source->window.asked_count < rows ? source->window.asked_count : rows};
    return source->driver->explain(source->workers[0].connection, &question, plan, size, is_scan,
                                   err);
}

struct source_account source_account(const struct source *source)
{
    return source->account;
}

void record_batch_free(struct record_batch *batch)
{
    for (size_t i = 0; i < SOURCE_CONNECTION_MAX; i++) {
        arena_free(&batch->arenas[i]);
    }
    free(batch->records);
    *batch = (struct record_batch){0};
}
