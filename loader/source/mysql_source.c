/* mysql_source.c - the driver for MySQL and MariaDB: one prepared statement a connection and content.
 * Room: loader/source. May touch: sockets, libmysqlclient (MariaDB Connector/C 3, or Oracle's).
 *
 * DESIGN
 * A statement has exactly chunk_rows placeholders, so it is prepared once; a shorter chunk repeats its last id,
 * which IN does not mind. Ids of a number column are bound as numbers: bound as texts they would be compared as
 * floating point, loosely and without the index. Everything comes back as text, in the server's notation, so that
 * the same row gives the same bytes. The whole answer is stored before the first row is looked at: the server is
 * done with it, and a connection lost in the middle cannot look like the end of the data. */
#include "loader/source/mysql_link.h"
#include "loader/source/source_driver.h"

#include "loader/source/family_query.h"
#include "loader/source/id_order.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS_DEFAULT = 2,
    CAPACITY_FIRST = 512, /* of a column's buffer: more than any number's text */
    BINARY_CHARSET = 63,
    FRACTION_DIGITS_MAX = 6,
    NUMBER_SIZE = 40,
    BYTE_BITS = 8,
    CONTENT_COUNT = SOURCE_VERSIONS + 1
};

/* Where one column's text arrives. */
struct column_buffer {
    char *bytes;
    unsigned long capacity, length;
    MYSQL_FLAG is_null, is_cut;
    enum cell_kind kind; /* of what is not NULL */
    bool is_bits;        /* BIT: bytes that are a number */
    bool
        is_time; /* DATETIME and TIMESTAMP: arrive in `time`, since the library prints them slowly */
    unsigned fraction_digits; /* of a time */
    MYSQL_TIME time;
    char number[NUMBER_SIZE];
};

struct mysql_statement {
    MYSQL_STMT *handle; /* NULL: not prepared yet */
    size_t column_count;
    struct column_buffer *columns; /* [column_count] */
    MYSQL_BIND *binds;             /* [column_count] */
    struct cell *cells;            /* [column_count] */
};

struct mysql_connection {
    const struct source_setup *setup;
    MYSQL *mysql;
    struct mysql_statement statements[CONTENT_COUNT];
    MYSQL_BIND *parameters; /* [chunk_rows] */
    uint64_t *numbers;      /* [chunk_rows]: ids bound as numbers */
    enum id_kind id_kind;   /* known once the values' statement is prepared */
    char *id_name;
};

/* ---- what the server says about columns */

static bool is_integer(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        return (field->flags & ZEROFILL_FLAG) == 0;
    default:
        return false;
    }
}

static enum cell_kind kind_of(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_BIT:
        return CELL_NUMBER;
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_GEOMETRY:
        return field->charsetnr == BINARY_CHARSET ? CELL_BINARY : CELL_TEXT;
    default:
        return CELL_TEXT;
    }
}

static enum id_kind id_kind_of(const MYSQL_FIELD *field)
{
    if (is_integer(field)) {
        return (field->flags & UNSIGNED_FLAG) != 0 ? ID_UNSIGNED : ID_SIGNED;
    }
    return kind_of(field) == CELL_BINARY ? ID_BINARY : ID_TEXT;
}

/* A moment with a known number of fractional digits. */
static bool is_time(const MYSQL_FIELD *field)
{
    return (field->type == MYSQL_TYPE_TIMESTAMP || field->type == MYSQL_TYPE_DATETIME) &&
           field->decimals <= FRACTION_DIGITS_MAX;
}

static enum version_kind version_kind_of(const MYSQL_FIELD *field)
{
    if (is_time(field)) {
        return field->decimals > 0 ? VERSION_FINE_TIME : VERSION_COARSE_TIME;
    }
    return is_integer(field) ? VERSION_COUNTER : VERSION_COARSE_TIME;
}

/* ---- statements */

static void release_statement(struct mysql_statement *statement)
{
    if (statement->handle != NULL) {
        mysql_stmt_close(statement->handle);
    }
    for (size_t i = 0; i < statement->column_count && statement->columns != NULL; i++) {
        free(statement->columns[i].bytes);
    }
    free(statement->columns);
    free(statement->binds);
    free(statement->cells);
    *statement = (struct mysql_statement){0};
}

static enum source_failure explain_statement(MYSQL_STMT *handle, const char *what,
                                             struct error *err)
{
    unsigned number = mysql_stmt_errno(handle);
    mysql_link_explain(err, what, mysql_stmt_error(handle), number);
    return mysql_link_judge(number);
}

static void bind_column(MYSQL_BIND *bind, struct column_buffer *column)
{
    if (column->is_time) {
        *bind = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DATETIME,
                             .buffer = &column->time,
                             .buffer_length = sizeof column->time,
                             .length = &column->length,
                             .is_null = &column->is_null,
                             .error = &column->is_cut};
        return;
    }
    *bind = (MYSQL_BIND){.buffer_type =
                             column->kind == CELL_BINARY ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING,
                         .buffer = column->bytes,
                         .buffer_length = column->capacity,
                         .length = &column->length,
                         .is_null = &column->is_null,
                         .error = &column->is_cut};
}

static int make_columns(struct mysql_statement *statement, const MYSQL_FIELD *fields, size_t count,
                        struct error *err)
{
    statement->column_count = count;
    statement->columns = calloc(count, sizeof *statement->columns);
    statement->binds = calloc(count, sizeof *statement->binds);
    statement->cells = calloc(count, sizeof *statement->cells);
    if (statement->columns == NULL || statement->binds == NULL || statement->cells == NULL) {
        return error_set_memory(err, "preparing a query");
    }
    for (size_t i = 0; i < count; i++) {
        struct column_buffer *column = &statement->columns[i];
        column->kind = kind_of(&fields[i]);
        column->is_bits = fields[i].type == MYSQL_TYPE_BIT;
        column->is_time = is_time(&fields[i]);
        column->fraction_digits = column->is_time ? fields[i].decimals : 0;
        column->capacity = CAPACITY_FIRST;
        column->bytes = malloc(CAPACITY_FIRST);
        if (column->bytes == NULL) {
            return error_set_memory(err, "preparing a query");
        }
        bind_column(&statement->binds[i], column);
    }
    return 0;
}

static enum source_failure prepare(struct mysql_connection *connection,
                                   struct mysql_statement *statement, const char *query,
                                   struct error *err)
{
    statement->handle = mysql_stmt_init(connection->mysql);
    if (statement->handle == NULL) {
        error_set_memory(err, "preparing a query");
        return SOURCE_FAILURE_FATAL;
    }
    if (mysql_stmt_prepare(statement->handle, query, strlen(query)) != 0) {
        return explain_statement(statement->handle, "cannot prepare the query", err);
    }
    size_t wanted = connection->setup->chunk_rows;
    if (mysql_stmt_param_count(statement->handle) != wanted) {
        error_set(err, ERROR_INPUT, "the query must have no placeholders (?) beside ({ids}): %s",
                  connection->setup->family->query);
        return SOURCE_FAILURE_FATAL;
    }
    MYSQL_RES *metadata = mysql_stmt_result_metadata(statement->handle);
    if (metadata == NULL) {
        error_set(err, ERROR_INPUT, "the query gives no columns: it must be a SELECT");
        return SOURCE_FAILURE_FATAL;
    }
    int result =
        make_columns(statement, mysql_fetch_fields(metadata), mysql_num_fields(metadata), err);
    mysql_free_result(metadata);
    return result == 0 ? SOURCE_FAILURE_NONE : SOURCE_FAILURE_FATAL;
}

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
    enum source_failure failure = prepare(connection, statement, query, err);
    free(query);
    if (failure != SOURCE_FAILURE_NONE) {
        release_statement(statement);
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
    connection->id_kind = id_kind_of(field);
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
        release_statement(&connection->statements[i]);
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
            description->version_kind = version_kind_of(&fields[i]);
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
    if (is_done) {
        return SOURCE_FAILURE_NONE;
    }
    if (mysql_stmt_errno(statement->handle) == 0) {
        error_set(err, ERROR_BACKEND, "MySQL: the query's columns have changed during the run");
        return SOURCE_FAILURE_FATAL;
    }
    return explain_statement(statement->handle, "the query failed", err);
}

/* Gets the rest of a value that did not fit, and room for the next one of that size. */
static int fetch_whole(struct mysql_statement *statement, size_t at, struct error *err)
{
    struct column_buffer *column = &statement->columns[at];
    unsigned long capacity = column->capacity;
    while (capacity < column->length) {
        capacity *= 2;
    }
    char *grown = realloc(column->bytes, capacity);
    if (grown == NULL) {
        return error_set_memory(err, "reading a row");
    }
    column->bytes = grown;
    column->capacity = capacity;
    bind_column(&statement->binds[at], column);
    if (mysql_stmt_fetch_column(statement->handle, &statement->binds[at], (unsigned)at, 0) != 0 ||
        mysql_stmt_bind_result(statement->handle, statement->binds) != 0) {
        explain_statement(statement->handle, "cannot read a long column", err);
        return -1;
    }
    return 0;
}

/* A BIT arrives as bytes, the highest first; it is a number to everybody else. */
static struct slice print_bits(struct column_buffer *column)
{
    uint64_t number = 0;
    for (unsigned long i = 0; i < column->length; i++) {
        number = number << BYTE_BITS | (unsigned char)column->bytes[i];
    }
    int size = snprintf(column->number, sizeof column->number, "%llu", (unsigned long long)number);
    return (struct slice){column->number, (size_t)size};
}

static char *put_digits(char *at, unsigned long value, int count)
{
    enum { BASE_TEN = 10 };
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % BASE_TEN);
        value /= BASE_TEN;
    }
    return at + count;
}

/* As the server prints it: 2026-01-31 23:59:59.000001. */
static struct slice print_time(struct column_buffer *column)
{
    enum { YEAR_DIGITS = 4, BASE_TEN = 10 };
    const MYSQL_TIME *time = &column->time;
    char *at = put_digits(column->number, time->year, YEAR_DIGITS);
    *at++ = '-';
    at = put_digits(at, time->month, 2);
    *at++ = '-';
    at = put_digits(at, time->day, 2);
    *at++ = ' ';
    at = put_digits(at, time->hour, 2);
    *at++ = ':';
    at = put_digits(at, time->minute, 2);
    *at++ = ':';
    at = put_digits(at, time->second, 2);
    if (column->fraction_digits > 0) {
        unsigned long fraction = time->second_part;
        for (unsigned i = column->fraction_digits; i < FRACTION_DIGITS_MAX; i++) {
            fraction /= BASE_TEN;
        }
        *at++ = '.';
        at = put_digits(at, fraction, (int)column->fraction_digits);
    }
    return (struct slice){column->number, (size_t)(at - column->number)};
}

static int make_cells(struct mysql_connection *connection, struct mysql_statement *statement,
                      struct error *err)
{
    uint64_t longest = connection->setup->family->max_value_bytes;
    for (size_t i = 0; i < statement->column_count; i++) {
        struct column_buffer *column = &statement->columns[i];
        struct cell *cell = &statement->cells[i];
        cell->kind = column->is_null ? CELL_NULL : column->kind;
        cell->bytes = (struct slice){column->bytes, column->length};
        if (column->is_null) {
            cell->bytes = (struct slice){NULL, 0};
        } else if (column->is_bits) {
            cell->bytes = print_bits(column);
        } else if (column->is_time) {
            cell->bytes = print_time(column);
        } else if (longest > 0 && column->length > longest) {
            cell->bytes.bytes = NULL;
        } else if (column->length > column->capacity) {
            if (fetch_whole(statement, i, err) != 0) {
                return -1;
            }
            cell->bytes.bytes = column->bytes;
        }
    }
    return 0;
}

static enum source_failure read_rows(struct mysql_connection *connection,
                                     struct mysql_statement *statement,
                                     const struct source_question *question, struct error *err)
{
    int fetched;
    while ((fetched = mysql_stmt_fetch(statement->handle)) == 0 ||
           fetched == MYSQL_DATA_TRUNCATED) {
        if (make_cells(connection, statement, err) != 0) {
            return SOURCE_FAILURE_FATAL;
        }
        if (question->take(question->context, statement->cells) != 0) {
            error_set_memory(err, "reading a row");
            return SOURCE_FAILURE_FATAL;
        }
    }
    if (fetched != MYSQL_NO_DATA || mysql_stmt_errno(statement->handle) != 0) {
        return explain_statement(statement->handle, "the answer broke off", err);
    }
    return SOURCE_FAILURE_NONE;
}

static enum source_failure ask_statement(struct mysql_connection *connection,
                                         struct mysql_statement *statement,
                                         const struct source_question *question, struct error *err)
{
    enum source_failure failure = execute(connection, statement, question, err);
    if (failure == SOURCE_FAILURE_NONE) {
        failure = read_rows(connection, statement, question, err);
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
    for (size_t i = 0; i < text->statement->column_count; i++) {
        const char *name = mysql_fetch_field_direct(metadata, (unsigned)i)->name;
        struct slice value = cells[i].bytes;
        bool is_whole_table =
            slice_is_equal(value, slice_of("ALL")) || slice_is_equal(value, slice_of("index"));
        text->is_scan = text->is_scan || (strcmp(name, "type") == 0 && is_whole_table);
        if (cells[i].kind != CELL_NULL && text->used < text->size) {
            int size = snprintf(text->plan + text->used, text->size - text->used, "%s=%.*s ", name,
                                (int)value.size, value.bytes);
            text->used += size > 0 ? (size_t)size : 0;
        }
    }
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
    enum source_failure failure = prepare(connection, &statement, text, err);
    if (failure == SOURCE_FAILURE_NONE) {
        failure = ask_statement(connection, &statement, &plan_question, err);
    }
    free(text);
    release_statement(&statement);
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
