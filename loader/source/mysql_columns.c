/* mysql_columns.c - see mysql_columns.h.
 * Room: loader/source. May touch: malloc. */
#include "loader/source/mysql_columns.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CAPACITY_FIRST = 512, /* more than any number's text */
    BINARY_CHARSET = 63,
    FRACTION_DIGITS_MAX = 6,
    BYTE_BITS = 8
};

/* ---- what the server says about them */

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

enum id_kind mysql_columns_id_kind(const MYSQL_FIELD *field)
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

enum version_kind mysql_columns_version_kind(const MYSQL_FIELD *field)
{
    if (is_time(field)) {
        /* A TIMESTAMP comes in the session's zone, which is UTC; a DATETIME in whatever zone it was written. */
        enum version_kind fine =
            field->type == MYSQL_TYPE_TIMESTAMP ? VERSION_FINE_TIME : VERSION_FINE_LOCAL_TIME;
        return field->decimals > 0 ? fine : VERSION_COARSE_TIME;
    }
    return is_integer(field) ? VERSION_COUNTER : VERSION_COARSE_TIME;
}

/* ---- where they arrive */

int mysql_columns_init(struct mysql_column *column, const MYSQL_FIELD *field)
{
    column->kind = kind_of(field);
    column->is_bits = field->type == MYSQL_TYPE_BIT;
    column->is_time = is_time(field);
    column->fraction_digits = column->is_time ? field->decimals : 0;
    column->capacity = CAPACITY_FIRST;
    column->bytes = malloc(CAPACITY_FIRST);
    return column->bytes == NULL ? -1 : 0;
}

void mysql_columns_bind(MYSQL_BIND *bind, struct mysql_column *column)
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

/* ---- as text */

static struct slice print_bits(struct mysql_column *column)
{
    uint64_t number = 0;
    for (unsigned long i = 0; i < column->length; i++) {
        number = number << BYTE_BITS | (unsigned char)column->bytes[i];
    }
    int size = snprintf(column->text, sizeof column->text, "%llu", (unsigned long long)number);
    return (struct slice){column->text, (size_t)size};
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
static struct slice print_time(struct mysql_column *column)
{
    enum { YEAR_DIGITS = 4, BASE_TEN = 10 };
    const MYSQL_TIME *time = &column->time;
    char *at = put_digits(column->text, time->year, YEAR_DIGITS);
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
    return (struct slice){column->text, (size_t)(at - column->text)};
}

bool mysql_columns_make_cell(struct mysql_column *column, uint64_t longest, struct cell *cell)
{
    *cell = (struct cell){.kind = CELL_NULL};
    if (column->is_null) {
        return true;
    }
    cell->kind = column->kind;
    cell->bytes = (struct slice){column->bytes, column->length};
    if (column->is_bits) {
        cell->bytes = print_bits(column);
    } else if (column->is_time) {
        cell->bytes = print_time(column);
    } else if (longest > 0 && column->length > longest) {
        cell->bytes.bytes = NULL;
    } else {
        return column->length <= column->capacity;
    }
    return true;
}
