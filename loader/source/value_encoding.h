/* value_encoding.h - makes a cached value of a database row; the same row gives the same bytes.
 * Room: loader/source. May touch: malloc.
 *
 * json   {"id":7,"name":"Ann","note":null,...}: the columns in the query's order but for `version`, no blanks.
 *        Numbers stay as the database prints them; texts are escaped where JSON must be (\" \\ \b \f \n \r \t,
 *        \u00xx for other control bytes), a byte that is not UTF-8 becomes \ufffd, binary columns are base64.
 * raw    the bytes of one column. NULL there: there is nothing to cache.
 * hash   name and value of each column but `version` and those that are NULL.
 */
#ifndef REKINDLE_LOADER_VALUE_ENCODING_H
#define REKINDLE_LOADER_VALUE_ENCODING_H

#include "common/arena.h"
#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"
#include "loader/source/record.h"

#include <stdbool.h>
#include <stddef.h>

enum cell_kind {
    CELL_NULL,
    CELL_NUMBER,
    CELL_TEXT,
    CELL_BINARY,
    CELL_JSON /* is JSON already */
};

/* One column of one row, as text; `bytes` is NULL for a value longer than max_value: only its size counts. */
struct cell {
    enum cell_kind kind;
    struct slice bytes; /* borrowed for the call */
};

struct encoding_column {
    const char *name;
    struct slice json_name; /* `"name":`, escaped */
};

/* How rows of one query become values; read-only once made. */
struct value_encoding_plan {
    enum value_encoding encoding;
    const struct encoding_column *columns; /* [column_count] */
    size_t column_count;
    size_t version_at;        /* the column named `version`; column_count: there is none */
    size_t raw_at;            /* of raw */
    const size_t *name_order; /* [column_count]: columns by the bytes of their names */
    uint64_t max_value_bytes; /* 0: no limit */
};

/* Checks the columns (the first is the id) and lays the plan out in `arena`. ERROR_INPUT: a name that stands
 * twice, no such raw column. */
int value_encoding_plan_init(struct value_encoding_plan *plan, const struct family *family,
                             const char *const names[], size_t count, struct arena *arena,
                             struct error *err) MUST_CHECK;

/* A value while it is being put together; reused from row to row. All zero is empty. */
struct value_buffer {
    char *bytes;
    size_t size, capacity;
    bool is_broken; /* memory ran out */
};
void value_buffer_free(struct value_buffer *buffer);

/* Makes `record` of `cells` [column_count], its bytes in `arena`. -1: out of memory. */
int value_encoding_make(const struct value_encoding_plan *plan, const struct cell cells[],
                        struct value_buffer *buffer, struct arena *arena,
                        struct record *record) MUST_CHECK;

bool value_encoding_is_utf8(struct slice text);

#endif
