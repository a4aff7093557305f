/* mysql_source.c - the driver for MySQL and MariaDB: one prepared statement a connection and content.
 * Room: loader/source. May touch: sockets, libmysqlclient (MariaDB Connector/C 3, or Oracle's).
 *
 * DESIGN
 * A statement has exactly chunk_rows placeholders, so it is prepared once; a shorter chunk repeats its last id,
 * which IN does not mind. Ids of a number column are bound as numbers: bound as texts they would be compared as
 * floating point, loosely and without the index. Everything comes back as text, in the server's notation, so that
 * the same row gives the same bytes. The whole answer is stored before the first row is looked at: the server is
 * done with it, and a connection lost in the middle cannot look like the end of the data. */
#include "common/decimal.h"
#include "loader/source/mysql_link.h"
#include "loader/source/mysql_statement.h"
#include "loader/source/source_driver.h"

#include "loader/source/family_query.h"
#include "loader/source/id_order.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_DEFAULT = 2, CONTENT_COUNT = SOURCE_VERSIONS + 1 };

struct mysql_connection {
    const struct source_setup *setup;
    MYSQL *mysql;
    struct mysql_statement statements[CONTENT_COUNT];
    MYSQL_BIND *parameters; /* [chunk_rows] */
    uint64_t *numbers;      /* [chunk_rows]: ids bound as numbers */
    enum id_kind id_kind;   /* known once the values' statement is prepared */
    char *id_name;
};

/* ---- statements */

static char *render_query(const struct mysql_connection *connection, enum source_content content,
                          struct error *err)
{
    const char *query = connection->setup->family->query;
    size_t rows = connection->setup->chunk_rows;
    return content == SOURCE_VALUES
               ? family_query_render(query, rows, err)
               : family_query_render_versions(query, rows, connection->id_name, '`', err);
}

/* Prepares the content's statement unless it is; a failed one is left unprepared. */
static enum source_failure need_statement(struct mysql_connection *connection,
                                          enum source_content content, struct error *err)
{
    struct mysql_statement *statement = &connection->statements[content];
    if (statement->handle != NULL) {
        return SOURCE_FAILURE_NONE;
    }
    char *query = render_query(connection, content, err);
    if (query == NULL) {
        return SOURCE_FAILURE_FATAL;
    }
    enum source_failure failure =
        mysql_statement_prepare(statement, connection->mysql, connection->setup, query, err);
    free(query);
    if (failure != SOURCE_FAILURE_NONE) {
        mysql_statement_release(statement);
    }
    return failure;
}

/* Remembers what the values' statement says of the id column. */
static int learn_id(struct mysql_connection *connection, struct error *err)
{
    MYSQL_RES *metadata = mysql_stmt_result_metadata(connection->statements[SOURCE_VALUES].handle);
    if (metadata == NULL) {
        return error_set_memory(err, "preparing a query");
    }
    const MYSQL_FIELD *field = mysql_fetch_field_direct(metadata, 0);
    connection->id_kind = mysql_columns_id_kind(field);
    connection->id_name = strdup(field->name);
    mysql_free_result(metadata);
    return connection->id_name == NULL ? error_set_memory(err, "preparing a query") : 0;
}

/* ---- connecting */

static size_t connection_count(const struct config *config)
{
    return config->mysql.connections > 0 ? (size_t)config->mysql.connections : CONNECTIONS_DEFAULT;
}

static void disconnect(void *opaque)
{
    struct mysql_connection *connection = opaque;
    if (connection == NULL) {
        return;
    }
    for (size_t i = 0; i < CONTENT_COUNT; i++) {
        mysql_statement_release(&connection->statements[i]);
    }
    if (connection->mysql != NULL) {
        mysql_close(connection->mysql);
    }
    free(connection->parameters);
    free(connection->numbers);
    free(connection->id_name);
    free(connection);
}

static void *connect_mysql(const struct source_setup *setup, enum source_failure *failure,
                           struct error *err)
{
    struct mysql_connection *connection = calloc(1, sizeof *connection);
    *failure = SOURCE_FAILURE_FATAL;
    if (connection == NULL) {
        error_set_memory(err, "connecting to MySQL");
        return NULL;
    }
    connection->setup = setup;
    connection->parameters = calloc(setup->chunk_rows, sizeof *connection->parameters);
    connection->numbers = calloc(setup->chunk_rows, sizeof *connection->numbers);
    if (connection->parameters == NULL || connection->numbers == NULL) {
        error_set_memory(err, "connecting to MySQL");
        goto fail;
    }
    connection->mysql = mysql_link_open(&setup->config->mysql, failure, err);
    if (connection->mysql == NULL) {
        goto fail;
    }
    *failure = need_statement(connection, SOURCE_VALUES, err);
    if (*failure != SOURCE_FAILURE_NONE || learn_id(connection, err) != 0) {
        goto fail;
    }
    return connection;

fail:
    disconnect(connection);
    return NULL;
}

static int describe(void *opaque, struct arena *arena, struct source_description *description,
                    struct error *err)
{
    struct mysql_connection *connection = opaque;
    MYSQL_RES *metadata = mysql_stmt_result_metadata(connection->statements[SOURCE_VALUES].handle);
    if (metadata == NULL) {
        return error_set_memory(err, "reading a query's columns");
    }
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    size_t count = mysql_num_fields(metadata);
    int result = 0;
    description->id_kind = connection->id_kind;
    description->column_count = count;
    description->names = arena_take(arena, count * sizeof *description->names);
    for (size_t i = 0; i < count && description->names != NULL; i++) {
        description->names[i] = arena_copy_text(arena, slice_of(fields[i].name));
        if (description->names[i] == NULL) {
            description->names = NULL;
        } else if (strcmp(fields[i].name, "version") == 0) {
            description->version_kind = mysql_columns_version_kind(&fields[i]);
        }
    }
    if (description->names == NULL) {
        result = error_set_memory(err, "reading a query's columns");
    }
    mysql_free_result(metadata);
    return result;
}

/* ---- asking */

static void bind_id(struct mysql_connection *connection, size_t at, const struct slice *id)
{
    MYSQL_BIND *bind = &connection->parameters[at];
    bool is_number, is_negative;
    uint64_t magnitude = 0;
    *bind = (MYSQL_BIND){0};
    switch (connection->id_kind) {
    case ID_SIGNED:
    case ID_UNSIGNED:
        is_number = id_order_parse_integer(*id, &is_negative, &magnitude);
        assert(is_number);
        (void)is_number;
        connection->numbers[at] = is_negative ? 0 - magnitude : magnitude;
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &connection->numbers[at];
        bind->is_unsigned = connection->id_kind == ID_UNSIGNED;
        return;
    case ID_TEXT:
    case ID_BINARY:
        bind->buffer_type = connection->id_kind == ID_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
        memcpy(&bind->buffer, &id->bytes, sizeof bind->buffer); /* the library only reads it */
        bind->buffer_length = id->size;
        return;
    }
}

static enum source_failure execute(struct mysql_connection *connection,
                                   struct mysql_statement *statement,
                                   const struct source_question *question, struct error *err)
{
    for (size_t i = 0; i < connection->setup->chunk_rows; i++) {
        bind_id(connection, i, &question->ids[i < question->count ? i : question->count - 1]);
    }
    bool is_done = mysql_stmt_bind_param(statement->handle, connection->parameters) == 0 &&
                   mysql_stmt_execute(statement->handle) == 0 &&
                   mysql_stmt_field_count(statement->handle) == statement->column_count &&
                   mysql_stmt_bind_result(statement->handle, statement->binds) == 0 &&
                   mysql_stmt_store_result(statement->handle) == 0;
    if (is_done && mysql_link_refuse_cut_values(connection->mysql, err) != 0) {
        unsigned number = mysql_errno(connection->mysql);
        return number == 0 ? SOURCE_FAILURE_FATAL : mysql_link_judge(number);
    }
    if (is_done) {
        return SOURCE_FAILURE_NONE;
    }
    if (mysql_stmt_errno(statement->handle) == 0) {
        error_set(err, ERROR_BACKEND, "MySQL: the query's columns have changed during the run");
        return SOURCE_FAILURE_FATAL;
    }
    return mysql_statement_explain(statement->handle, "the query failed", err);
}

/* Gets the rest of a value that did not fit, and room for the next one of that size. */
static enum source_failure ask_statement(struct mysql_connection *connection,
                                         struct mysql_statement *statement,
                                         const struct source_question *question, struct error *err)
{
    enum source_failure failure = execute(connection, statement, question, err);
    if (failure == SOURCE_FAILURE_NONE) {
        failure = mysql_statement_read(statement, connection->setup->family->max_value_bytes,
                                       question, err);
    }
    mysql_stmt_free_result(statement->handle);
    return failure;
}

static enum source_failure ask(void *opaque, const struct source_question *question,
                               struct error *err)
{
    struct mysql_connection *connection = opaque;
    enum source_failure failure = need_statement(connection, question->content, err);
    if (failure != SOURCE_FAILURE_NONE) {
        return failure;
    }
    return ask_statement(connection, &connection->statements[question->content], question, err);
}

/* ---- clock and plan */

static int read_clock(void *opaque, int64_t *now_unix_us, struct error *err)
{
    static const char statement[] =
        "SELECT CAST(UNIX_TIMESTAMP(CURRENT_TIMESTAMP(6)) * 1000000 AS SIGNED)";
    enum { BASE_TEN = 10 };
    struct mysql_connection *connection = opaque;
    MYSQL_RES *result = mysql_query(connection->mysql, statement) == 0
                            ? mysql_store_result(connection->mysql)
                            : NULL;
    MYSQL_ROW row = result == NULL ? NULL : mysql_fetch_row(result);
    bool is_read = row != NULL && row[0] != NULL;
    if (is_read) {
        *now_unix_us = strtoll(row[0], NULL, BASE_TEN);
    } else {
        mysql_link_explain(err, "cannot read its clock", mysql_error(connection->mysql),
                           mysql_errno(connection->mysql));
    }
    if (result != NULL) {
        mysql_free_result(result);
    }
    return is_read ? 0 : -1;
}

/* A smaller table is read as a whole because that is quicker, and it does no harm. */
enum { SCAN_ROWS_MIN = 1000 };

/* Puts EXPLAIN's rows together as text: one line a table. */
struct plan_text {
    struct mysql_statement *statement;
    char *plan;
    size_t size, used;
    bool is_scan;
};

static int take_plan_row(void *context, const struct cell cells[])
{
    struct plan_text *text = context;
    MYSQL_RES *metadata = mysql_stmt_result_metadata(text->statement->handle);
    if (metadata == NULL) {
        return -1;
    }
    bool is_whole_table = false;
    uint64_t row_count = UINT64_MAX;
    for (size_t i = 0; i < text->statement->column_count; i++) {
        const char *name = mysql_fetch_field_direct(metadata, (unsigned)i)->name;
        struct slice value = cells[i].bytes;
        if (strcmp(name, "type") == 0) {
            is_whole_table =
                slice_is_equal(value, slice_of("ALL")) || slice_is_equal(value, slice_of("index"));
        } else if (strcmp(name, "rows") == 0 && decimal_parse_count(value, &row_count) != 0) {
            row_count = UINT64_MAX;
        }
        if (cells[i].kind != CELL_NULL && text->used < text->size) {
            int size = snprintf(text->plan + text->used, text->size - text->used, "%s=%.*s ", name,
                                (int)value.size, value.bytes);
            text->used += size > 0 ? (size_t)size : 0;
        }
    }
    text->is_scan = text->is_scan || (is_whole_table && row_count >= SCAN_ROWS_MIN);
    if (text->used > 0 && text->used <= text->size) {
        text->plan[text->used - 1] = '\n';
    }
    mysql_free_result(metadata);
    return 0;
}

static int explain(void *opaque, const struct source_question *question, char *plan, size_t size,
                   bool *is_scan, struct error *err)
{
    static const char keyword[] = "EXPLAIN ";
    struct mysql_connection *connection = opaque;
    struct mysql_statement statement = {0};
    char *query = render_query(connection, SOURCE_VALUES, err);
    if (query == NULL) {
        return -1;
    }
    char *text = malloc(sizeof keyword + strlen(query));
    if (text == NULL) {
        free(query);
        return error_set_memory(err, "explaining a query");
    }
    sprintf(text, "%s%s", keyword, query);
    free(query);
    struct plan_text found = {.statement = &statement, .plan = plan, .size = size};
    struct source_question plan_question = *question;
    plan_question.take = take_plan_row;
    plan_question.context = &found;
    enum source_failure failure =
        mysql_statement_prepare(&statement, connection->mysql, connection->setup, text, err);
    if (failure == SOURCE_FAILURE_NONE) {
        failure = ask_statement(connection, &statement, &plan_question, err);
    }
    free(text);
    mysql_statement_release(&statement);
    *is_scan = found.is_scan;
    return failure == SOURCE_FAILURE_NONE ? 0 : -1;
}

const struct source_driver mysql_source_driver = {
    .connection_count = connection_count,
    .connect = connect_mysql,
    .disconnect = disconnect,
    .describe = describe,
    .ask = ask,
    .clock = read_clock,
    .explain = explain,
};
