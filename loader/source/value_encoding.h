/* value_encoding.h - makes a cached value of a database row; the same row gives the same bytes.
 * Room: loader/source. May touch: malloc.
 *
 * value =        is                                                         file
 * json           an object of the columns but `version`, in their order     value_json.c
 * raw:COLUMN     the bytes of one column                                    value_raw.c
 * hash           a Redis hash of the columns but `version` and NULLs        value_hash.c
 * template:TEXT  a text with {column} and {column|json} in it               value_template.c
 *
 * All are binary-safe, and longer than max_value (512 MiB at most: Redis' own limit) is too big. */
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

/* What the rows of one query consist of. */
struct value_columns {
    const char *const *names; /* [count] */
    size_t count;
    size_t version_at;  /* the column named `version`; `count`: there is none */
    const char *origin; /* "query" or "source": who gives them, for a sentence */
};

struct value_encoder;

/* How rows of one query become values; read-only once made. */
struct value_encoding_plan {
    const struct value_encoder *encoder;
    struct value_columns columns;
    const void *prepared;     /* the encoder's own */
    uint64_t max_value_bytes; /* never 0 */
};

/* Checks the columns (the first is the id) and lays the plan out in `arena`. ERROR_INPUT: a name that stands
 * twice, no column of the name that raw or the template asks for. */
int value_encoding_plan_init(struct value_encoding_plan *plan, const struct family *family,
                             const char *const names[], size_t count, struct arena *arena,
                             struct error *err) MUST_CHECK;

/* The column of that name, or `columns->count`. */
size_t value_encoding_find(const struct value_columns *columns, struct slice name);

/* RECORD_STRING or RECORD_HASH: what it makes of a row. */
enum record_kind value_encoding_kind(const struct value_encoding_plan *plan);

struct value_buffer;

/* Makes `record` of `cells` [column_count], its bytes in `arena`. -1: out of memory. */
int value_encoding_make(const struct value_encoding_plan *plan, const struct cell cells[],
                        struct value_buffer *buffer, struct arena *arena,
                        struct record *record) MUST_CHECK;

#endif
