/* mysql_statement.c - see mysql_statement.h.
 * Room: loader/source. May touch: sockets, libmysqlclient. */
#include "loader/source/mysql_statement.h"

#include <stdlib.h>
#include <string.h>

void mysql_statement_release(struct mysql_statement *statement)
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

enum source_failure mysql_statement_explain(MYSQL_STMT *handle, const char *what, struct error *err)
{
    unsigned number = mysql_stmt_errno(handle);
    mysql_link_explain(err, what, mysql_stmt_error(handle), number);
    return mysql_link_judge(number);
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
        struct mysql_column *column = &statement->columns[i];
        if (mysql_columns_init(column, &fields[i]) != 0) {
            return error_set_memory(err, "preparing a query");
        }
        mysql_columns_bind(&statement->binds[i], column);
    }
    return 0;
}

enum source_failure mysql_statement_prepare(struct mysql_statement *statement, MYSQL *mysql,
                                            const struct source_setup *setup, const char *query,
                                            struct error *err)
{
    statement->handle = mysql_stmt_init(mysql);
    if (statement->handle == NULL) {
        error_set_memory(err, "preparing a query");
        return SOURCE_FAILURE_FATAL;
    }
    if (mysql_stmt_prepare(statement->handle, query, strlen(query)) != 0) {
        return mysql_statement_explain(statement->handle, "cannot prepare the query", err);
    }
    size_t wanted = setup->chunk_rows;
    if (mysql_stmt_param_count(statement->handle) != wanted) {
        error_set(err, ERROR_INPUT, "the query must have no placeholders (?) beside ({ids}): %s",
                  setup->family->query);
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

/* ---- rows */

static int fetch_whole(struct mysql_statement *statement, size_t at, struct error *err)
{
    struct mysql_column *column = &statement->columns[at];
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
    mysql_columns_bind(&statement->binds[at], column);
    if (mysql_stmt_fetch_column(statement->handle, &statement->binds[at], (unsigned)at, 0) != 0 ||
        mysql_stmt_bind_result(statement->handle, statement->binds) != 0) {
        mysql_statement_explain(statement->handle, "cannot read a long column", err);
        return -1;
    }
    return 0;
}

/* A BIT arrives as bytes, the highest first; it is a number to everybody else. */
static int make_cells(struct mysql_statement *statement, uint64_t longest, struct error *err)
{
    for (size_t i = 0; i < statement->column_count; i++) {
        struct cell *cell = &statement->cells[i];
        uint64_t most = i == 0 ? 0 : longest; /* an id is compared, however long */
        if (mysql_columns_make_cell(&statement->columns[i], most, cell)) {
            continue;
        }
        if (fetch_whole(statement, i, err) != 0) {
            return -1;
        }
        cell->bytes.bytes = statement->columns[i].bytes;
    }
    return 0;
}

enum source_failure mysql_statement_read(struct mysql_statement *statement, uint64_t longest,
                                         const struct source_question *question, struct error *err)
{
    int fetched;
    while ((fetched = mysql_stmt_fetch(statement->handle)) == 0 ||
           fetched == MYSQL_DATA_TRUNCATED) {
        if (make_cells(statement, longest, err) != 0) {
            return SOURCE_FAILURE_FATAL;
        }
        if (question->take(question->context, statement->cells) != 0) {
            error_set_memory(err, "reading a row");
            return SOURCE_FAILURE_FATAL;
        }
    }
    if (fetched != MYSQL_NO_DATA || mysql_stmt_errno(statement->handle) != 0) {
        return mysql_statement_explain(statement->handle, "the answer broke off", err);
    }
    return SOURCE_FAILURE_NONE;
}
