/* sqlite_source.c - the driver for SQLite files, opened read-only.
 * Room: loader/source. May touch: the database file.
 * SQLite gives each value its own type, so cells take theirs from the value, not from the column; only how ids
 * are asked follows the id column's declared type. Fractions are printed with the fewest digits that read back
 * as the same number, so that the same row gives the same bytes. */
#include "loader/source/source_driver.h"

#include "common/monotonic.h"
#include "loader/source/family_query.h"
#include "loader/source/id_order.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONNECTION_COUNT = 2,
    BUSY_TIMEOUT_MS = 2000,
    NUMBER_SIZE = 40,
    DIGITS_SHORT = 15, /* enough for what people wrote */
    DIGITS_EXACT = 17, /* enough for any double */
    CONTENT_COUNT = SOURCE_VERSIONS + 1
};

struct sqlite_connection {
    const struct source_setup *setup;
    sqlite3 *database;
    sqlite3_stmt *statements[CONTENT_COUNT]; /* NULL: not prepared yet */
    struct cell *cells;                      /* [column_count] */
    char (*numbers)[NUMBER_SIZE];            /* [column_count] */
    size_t column_count;
    enum id_kind id_kind;
};

static enum source_failure explain_failure(sqlite3 *database, const char *what, struct error *err)
{
    int code = database == NULL ? SQLITE_NOMEM : sqlite3_errcode(database);
    bool is_busy = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    error_set(err, ERROR_BACKEND, "SQLite: %s: %s", what,
              database == NULL ? "out of memory" : sqlite3_errmsg(database));
    return is_busy ? SOURCE_FAILURE_AGAIN : SOURCE_FAILURE_FATAL;
}

/* ---- statements */

static char *render_query(struct sqlite_connection *connection, enum source_content content,
                          struct error *err)
{
    const char *query = connection->setup->family->query;
    size_t rows = connection->setup->chunk_rows;
    if (content == SOURCE_VALUES) {
        return family_query_render(query, rows, err);
    }
    const char *id_name = sqlite3_column_name(connection->statements[SOURCE_VALUES], 0);
    return family_query_render_versions(query, rows, id_name, '"', err);
}

static enum source_failure prepare_text(struct sqlite_connection *connection, const char *query,
                                        sqlite3_stmt **statement, struct error *err)
{
    if (sqlite3_prepare_v2(connection->database, query, -1, statement, NULL) != SQLITE_OK) {
        return explain_failure(connection->database, "cannot prepare the query", err);
    }
    if (*statement == NULL || sqlite3_column_count(*statement) == 0) {
        error_set(err, ERROR_INPUT, "the query gives no columns: it must be a SELECT");
        return SOURCE_FAILURE_FATAL;
    }
    if ((size_t)sqlite3_bind_parameter_count(*statement) != connection->setup->chunk_rows) {
        error_set(err, ERROR_INPUT, "the query must have no placeholders (?) beside ({ids}): %s",
                  connection->setup->family->query);
        return SOURCE_FAILURE_FATAL;
    }
    return SOURCE_FAILURE_NONE;
}

static enum source_failure need_statement(struct sqlite_connection *connection,
                                          enum source_content content, struct error *err)
{
    if (connection->statements[content] != NULL) {
        return SOURCE_FAILURE_NONE;
    }
    char *query = render_query(connection, content, err);
    if (query == NULL) {
        return SOURCE_FAILURE_FATAL;
    }
    sqlite3_stmt *statement = NULL;
    enum source_failure failure = prepare_text(connection, query, &statement, err);
    free(query);
    if (failure != SOURCE_FAILURE_NONE) {
        sqlite3_finalize(statement);
        return failure;
    }
    connection->statements[content] = statement;
    return SOURCE_FAILURE_NONE;
}

/* As SQLite's own rules of affinity: INT anywhere in the declared type makes it an integer. */
static enum id_kind choose_id_kind(sqlite3_stmt *statement)
{
    const char *type = sqlite3_column_decltype(statement, 0);
    if (type != NULL && sqlite3_strlike("%INT%", type, 0) == 0) {
        return ID_SIGNED;
    }
    return type != NULL && sqlite3_strlike("%BLOB%", type, 0) == 0 ? ID_BINARY : ID_TEXT;
}

/* ---- connecting */

/* Readers do not disturb each other in SQLite; two are worth having while one waits for the disk. */
static size_t connection_count(const struct config *config)
{
    (void)config;
    return CONNECTION_COUNT;
}

static void disconnect(void *opaque)
{
    struct sqlite_connection *connection = opaque;
    if (connection == NULL) {
        return;
    }
    for (size_t i = 0; i < CONTENT_COUNT; i++) {
        sqlite3_finalize(connection->statements[i]);
    }
    sqlite3_close(connection->database);
    free(connection->cells);
    free(connection->numbers);
    free(connection);
}

static int open_file(struct sqlite_connection *connection, struct error *err)
{
    const char *path = connection->setup->config->sqlite_file;
    if (path == NULL) {
        return error_set(err, ERROR_INPUT, "source = sqlite needs [sqlite] file = PATH");
    }
    if (sqlite3_open_v2(path, &connection->database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        explain_failure(connection->database, "cannot open the file", err);
        return error_add_context(err, "%s", path);
    }
    sqlite3_busy_timeout(connection->database, BUSY_TIMEOUT_MS);
    return 0;
}

static int prepare_cells(struct sqlite_connection *connection, struct error *err)
{
    connection->column_count = (size_t)sqlite3_column_count(connection->statements[SOURCE_VALUES]);
    connection->cells = calloc(connection->column_count, sizeof *connection->cells);
    connection->numbers = calloc(connection->column_count, sizeof *connection->numbers);
    return connection->cells == NULL || connection->numbers == NULL
               ? error_set_memory(err, "preparing a query")
               : 0;
}

static void *connect_sqlite(const struct source_setup *setup, enum source_failure *failure,
                            struct error *err)
{
    struct sqlite_connection *connection = calloc(1, sizeof *connection);
    *failure = SOURCE_FAILURE_FATAL;
    if (connection == NULL) {
        error_set_memory(err, "opening a database");
        return NULL;
    }
    connection->setup = setup;
    if (open_file(connection, err) != 0) {
        goto fail;
    }
    *failure = need_statement(connection, SOURCE_VALUES, err);
    if (*failure != SOURCE_FAILURE_NONE) {
        error_add_context(err, "%s", setup->config->sqlite_file);
        goto fail;
    }
    if (prepare_cells(connection, err) != 0) {
        goto fail;
    }
    connection->id_kind = choose_id_kind(connection->statements[SOURCE_VALUES]);
    return connection;

fail:
    disconnect(connection);
    return NULL;
}

/* A declared integer is a counter; a time is text here, whose precision SQLite does not know. */
static enum version_kind choose_version_kind(sqlite3_stmt *statement, int column)
{
    const char *type = sqlite3_column_decltype(statement, column);
    bool is_integer = type != NULL && sqlite3_strlike("%INT%", type, 0) == 0;
    return is_integer ? VERSION_COUNTER : VERSION_COARSE_TIME;
}

static int describe(void *opaque, struct arena *arena, struct source_description *description,
                    struct error *err)
{
    struct sqlite_connection *connection = opaque;
    sqlite3_stmt *statement = connection->statements[SOURCE_VALUES];
    description->id_kind = connection->id_kind;
    description->column_count = connection->column_count;
    description->names = arena_take(arena, connection->column_count * sizeof *description->names);
    if (description->names == NULL) {
        return error_set_memory(err, "reading a query's columns");
    }
    for (size_t i = 0; i < connection->column_count; i++) {
        const char *name = sqlite3_column_name(statement, (int)i);
        description->names[i] = name == NULL ? NULL : arena_copy_text(arena, slice_of(name));
        if (description->names[i] == NULL) {
            return error_set_memory(err, "reading a query's columns");
        }
        if (strcmp(name, "version") == 0) {
            description->version_kind = choose_version_kind(statement, (int)i);
        }
    }
    return 0;
}

/* ---- asking */

static int bind_id(struct sqlite_connection *connection, sqlite3_stmt *statement, int at,
                   const struct slice *id)
{
    bool is_negative;
    uint64_t magnitude = 0;
    switch (connection->id_kind) {
    case ID_SIGNED:
    case ID_UNSIGNED:
        (void)id_order_parse_integer(*id, &is_negative, &magnitude);
        return sqlite3_bind_int64(statement, at,
                                  (sqlite3_int64)(is_negative ? 0 - magnitude : magnitude));
    case ID_TEXT:
        return sqlite3_bind_text64(statement, at, id->bytes, id->size, SQLITE_STATIC, SQLITE_UTF8);
    case ID_BINARY:
        return sqlite3_bind_blob64(statement, at, id->bytes, id->size, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static int bind_ids(struct sqlite_connection *connection, sqlite3_stmt *statement,
                    const struct source_question *question)
{
    size_t rows = connection->setup->chunk_rows;
    for (size_t i = 0; i < rows; i++) {
        size_t at = i < question->count ? i : question->count - 1;
        if (bind_id(connection, statement, (int)i + 1, &question->ids[at]) != SQLITE_OK) {
            return -1;
        }
    }
    return 0;
}

static struct slice print_fraction(char *text, double number)
{
    int size = snprintf(text, NUMBER_SIZE, "%.*g", DIGITS_SHORT, number);
    if (strtod(text, NULL) < number || strtod(text, NULL) > number) {
        size = snprintf(text, NUMBER_SIZE, "%.*g", DIGITS_EXACT, number);
    }
    return (struct slice){text, (size_t)size};
}

static void make_cell(struct sqlite_connection *connection, sqlite3_stmt *statement, int at)
{
    struct cell *cell = &connection->cells[at];
    char *number = connection->numbers[at];
    uint64_t longest = connection->setup->family->max_value_bytes;
    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER:
        cell->kind = CELL_NUMBER;
        cell->bytes.bytes = number;
        cell->bytes.size = (size_t)snprintf(number, NUMBER_SIZE, "%lld",
                                            (long long)sqlite3_column_int64(statement, at));
        return;
    case SQLITE_FLOAT:
        cell->kind = CELL_NUMBER;
        cell->bytes = print_fraction(number, sqlite3_column_double(statement, at));
        return;
    case SQLITE_TEXT:
        cell->kind = CELL_TEXT;
        cell->bytes.bytes = (const char *)sqlite3_column_text(statement, at);
        break;
    case SQLITE_BLOB:
        cell->kind = CELL_BINARY;
        cell->bytes.bytes = sqlite3_column_blob(statement, at);
        break;
    default:
        *cell = (struct cell){.kind = CELL_NULL};
        return;
    }
    cell->bytes.size = (size_t)sqlite3_column_bytes(statement, at);
    if (at > 0 && longest > 0 && cell->bytes.size > longest) { /* an id is compared, however long */
        cell->bytes.bytes = NULL;
    }
}

static enum source_failure read_rows(struct sqlite_connection *connection, sqlite3_stmt *statement,
                                     const struct source_question *question, struct error *err)
{
    int column_count = sqlite3_column_count(statement);
    int stepped;
    while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < column_count; i++) {
            make_cell(connection, statement, i);
        }
        if (question->take(question->context, connection->cells) != 0) {
            error_set_memory(err, "reading a row");
            return SOURCE_FAILURE_FATAL;
        }
    }
    return stepped == SQLITE_DONE ? SOURCE_FAILURE_NONE
                                  : explain_failure(connection->database, "the query failed", err);
}

static enum source_failure ask(void *opaque, const struct source_question *question,
                               struct error *err)
{
    struct sqlite_connection *connection = opaque;
    enum source_failure failure = need_statement(connection, question->content, err);
    if (failure != SOURCE_FAILURE_NONE) {
        return failure;
    }
    sqlite3_stmt *statement = connection->statements[question->content];
    if (bind_ids(connection, statement, question) != 0) {
        failure = explain_failure(connection->database, "cannot bind an id", err);
    } else {
        failure = read_rows(connection, statement, question, err);
    }
    sqlite3_reset(statement);
    return failure;
}

/* ---- clock and plan */

/* The file has no clock of its own; who writes to it is on this machine. */
static int read_clock(void *opaque, int64_t *now_unix_us, struct error *err)
{
    (void)opaque;
    (void)err;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *now_unix_us = (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / NS_PER_US;
    return 0;
}

/* The last column of EXPLAIN QUERY PLAN is what people read: `SEARCH users USING ...`, `SCAN users`. */
static void read_plan(sqlite3_stmt *statement, char *plan, size_t size, bool *is_scan)
{
    enum { DETAIL_COLUMN = 3 };
    size_t used = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, DETAIL_COLUMN);
        if (detail == NULL) {
            continue;
        }
        *is_scan = *is_scan || strncmp(detail, "SCAN ", sizeof "SCAN " - 1) == 0;
        if (used < size) {
            int printed = snprintf(plan + used, size - used, "%s\n", detail);
            used += printed > 0 ? (size_t)printed : 0;
        }
    }
}

static int explain(void *opaque, const struct source_question *question, char *plan, size_t size,
                   bool *is_scan, struct error *err)
{
    struct sqlite_connection *connection = opaque;
    (void)question; /* SQLite's plan does not depend on the ids */
    char *query = render_query(connection, SOURCE_VALUES, err);
    if (query == NULL) {
        return -1;
    }
    char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", query);
    free(query);
    if (text == NULL) {
        return error_set_memory(err, "explaining a query");
    }
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->database, text, -1, &statement, NULL);
    sqlite3_free(text);
    if (code != SQLITE_OK) {
        explain_failure(connection->database, "cannot explain the query", err);
        return -1;
    }
    read_plan(statement, plan, size, is_scan);
    sqlite3_finalize(statement);
    return 0;
}

const struct source_driver sqlite_source_driver = {
    .connection_count = connection_count,
    .connect = connect_sqlite,
    .disconnect = disconnect,
    .describe = describe,
    .ask = ask,
    .clock = read_clock,
    .explain = explain,
};
