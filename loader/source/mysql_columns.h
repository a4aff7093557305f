/* mysql_columns.h - the columns of a statement: what kind they are, where they arrive, how they look as text.
 * Room: loader/source. May touch: malloc. */
#ifndef REKINDLE_LOADER_MYSQL_COLUMNS_H
#define REKINDLE_LOADER_MYSQL_COLUMNS_H

#include "loader/source/mysql_link.h"
#include "loader/source/source_driver.h"

enum { MYSQL_COLUMN_TEXT_SIZE = 40 };

/* Where one column's text arrives. */
struct mysql_column {
    char *bytes;
    unsigned long capacity, length;
    MYSQL_FLAG is_null, is_cut;
    enum cell_kind kind; /* of what is not NULL */
    bool is_bits;        /* BIT: bytes that are a number */
    bool
        is_time; /* DATETIME and TIMESTAMP: arrive in `time`, since the library prints them slowly */
    unsigned fraction_digits; /* of a time */
    MYSQL_TIME time;
    char text[MYSQL_COLUMN_TEXT_SIZE];
};

enum id_kind mysql_columns_id_kind(const MYSQL_FIELD *field);
enum version_kind mysql_columns_version_kind(const MYSQL_FIELD *field);

/* A column as the server describes it, with some room for its text; free(column->bytes). -1: out of memory. */
int mysql_columns_init(struct mysql_column *column, const MYSQL_FIELD *field) MUST_CHECK;
/* Tells the library where the column's values go; again after `bytes` has moved. */
void mysql_columns_bind(MYSQL_BIND *bind, struct mysql_column *column);
/* The value that has arrived, borrowed from the column; one longer than `longest` (0: no limit) has no bytes. False:
 * there is more of it than `bytes` has room for. */
bool mysql_columns_make_cell(struct mysql_column *column, uint64_t longest, struct cell *cell);

#endif
