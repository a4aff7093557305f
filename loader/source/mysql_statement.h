/* mysql_statement.h - a prepared query and the rows that come back.
 * Room: loader/source. May touch: sockets, libmysqlclient (MariaDB Connector/C 3, or Oracle's). */
#ifndef REKINDLE_LOADER_MYSQL_STATEMENT_H
#define REKINDLE_LOADER_MYSQL_STATEMENT_H

#include "loader/source/mysql_columns.h"

struct mysql_statement {
    MYSQL_STMT *handle; /* NULL: not prepared yet */
    size_t column_count;
    struct mysql_column *columns; /* [column_count] */
    MYSQL_BIND *binds;            /* [column_count] */
    struct cell *cells;           /* [column_count] */
};

/* Prepares `query`, which has setup->chunk_rows placeholders; release it also when it failed. */
enum source_failure mysql_statement_prepare(struct mysql_statement *statement, MYSQL *mysql,
                                            const struct source_setup *setup, const char *query,
                                            struct error *err);
void mysql_statement_release(struct mysql_statement *statement);

/* Hands the rows of a stored result on; values longer than `longest` (0: no limit) have no bytes. */
enum source_failure mysql_statement_read(struct mysql_statement *statement, uint64_t longest,
                                         const struct source_question *question, struct error *err);

/* Fills `err` with what the statement's last call failed of. */
enum source_failure mysql_statement_explain(MYSQL_STMT *handle, const char *what,
                                            struct error *err);

#endif
