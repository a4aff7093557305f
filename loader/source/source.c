/* source.c - see source.h: the door of the room, over the drivers.
 * Room: loader/source. May touch: the drivers. */
#include "loader/source/source.h"

#include "loader/source/image_reader.h"
#include "loader/source/source_asker.h"
#include "loader/source/source_window.h"

#include <limits.h>
#include <stdlib.h>

enum {
    CHUNK_ROWS_DEFAULT = 500,
    CHUNK_ROWS_MAX = 1000 /* MariaDB turns longer lists into a join */
};

void source_limits_init(struct source_limits *limits)
{
    atomic_init(&limits->chunk_rows, INT_MAX);
    atomic_init(&limits->connections, INT_MAX);
    atomic_init(&limits->rest_percent, 0);
    atomic_init(&limits->rows_per_second, 0);
    atomic_init(&limits->next_us, 0);
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
    case SOURCE_FILE:
        return &file_source_driver;
    case SOURCE_HTTP:
        return &http_source_driver;
    case SOURCE_NONE:
        return NULL;
    }
    return NULL;
}

static size_t choose_chunk_rows(const struct config *config, const struct source_driver *driver)
{
    int64_t rows = config->mysql.chunk_rows;
    if (driver->chunk_rows > 0) {
        return driver->chunk_rows;
    }
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
    bool has_version = source->encoding.columns.version_at < description.column_count;
    bool is_known = has_version || description.version_kind == VERSION_SNAPSHOT;
    source->version_kind = is_known ? description.version_kind : VERSION_NONE;
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

static int check_family(const struct family *family, const struct source_driver *driver,
                        struct error *err)
{
    if (driver == NULL || (family->query == NULL && !driver->has_no_query)) {
        return error_set(err, ERROR_INPUT,
                         "[family %s] has no source with a query: give source = mysql or "
                         "sqlite, and query; or source = file or http",
                         family->name);
    }
    if (family->query != NULL && driver->has_no_query) {
        return error_set(err, ERROR_INPUT,
                         "[family %s] has a query, but its source is no database: leave one out",
                         family->name);
    }
    return 0;
}

struct source *source_open(const struct source_options *options, struct error *err)
{
    const struct family *family = options->family;
    const struct source_driver *driver = find_driver(family->source);
    if (check_family(family, driver, err) != 0) {
        return NULL;
    }
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        error_set_memory(err, "opening the source");
        return NULL;
    }
    source->setup = (struct source_setup){.config = options->config,
                                          .family = family,
                                          .stop = options->stop,
                                          .chunk_rows = choose_chunk_rows(options->config, driver)};
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

void source_use_image(struct source *source, struct image_reader *image)
{
    source->image = source->driver->is_in_asked_order ? NULL : image;
}

/* ---- fetching */

/* What the image has need not be asked for. */
static int fetch_from_image(struct source *source, const struct slice ids[], size_t count,
                            struct error *err)
{
    struct record_batch *batch = source->window.batch;
    if (source->image == NULL || source->window.content != SOURCE_VALUES) {
        return 0;
    }
    if (image_reader_fetch(source->image, source->setup.family->name, ids, count, batch, err) !=
        0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        source->account.image_count += batch->records[i].kind != RECORD_MISSING;
    }
    source_window_leave_out_found(source);
    return 0;
}

int source_fetch(struct source *source, enum source_content content, const struct slice ids[],
                 size_t count, struct record_batch *batch, struct error *err)
{
    if (source_window_reserve(source, count, err) != 0 ||
        source_window_clear(batch, count, err) != 0) {
        return -1;
    }
    source->window.content = content;
    source->window.batch = batch;
    atomic_store(&source->window.next_begin, 0);
    atomic_store(&source->window.has_failed, false);
    source_window_choose(source, ids, count);
    if (fetch_from_image(source, ids, count, err) != 0 ||
        (source->window.asked_count > 0 && source_window_run(source, err) != 0)) {
        batch->count = 0;
        return error_add_context(err, "[family %s]", source->setup.family->name);
    }
    source_window_finish(source, ids, count);
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
    if (source_window_reserve(source, count, err) != 0 || need_connection(source, err) != 0) {
        return -1;
    }
    source_window_choose(source, ids, count);
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
