/* value_raw.c - value = raw:COLUMN: the bytes of one column; NULL there is nothing to cache.
 * Room: loader/source. May touch: nothing. */
#include "loader/source/value_encoder.h"

static const void *prepare(const struct family *family, const struct value_columns *columns,
                           struct arena *arena, struct error *err)
{
    const char *wanted = family->value_column == NULL ? "" : family->value_column;
    size_t at = value_encoding_find(columns, slice_of(wanted));
    if (at == columns->count) {
        error_set(err, ERROR_INPUT, "value = raw:%s, but the %s gives no such column", wanted,
                  columns->origin);
        return NULL;
    }
    size_t *raw_at = arena_take(arena, sizeof *raw_at);
    if (raw_at == NULL) {
        error_set_memory(err, "reading a query's columns");
        return NULL;
    }
    *raw_at = at;
    return raw_at;
}

static bool make(const void *prepared, const struct value_columns *columns,
                 const struct cell cells[], struct value_buffer *buffer)
{
    const size_t *raw_at = prepared;
    const struct cell *cell = &cells[*raw_at];
    (void)columns;
    value_buffer_put(buffer, cell->bytes.bytes, cell->bytes.size);
    return cell->kind != CELL_NULL;
}

const struct value_encoder value_raw_encoder = {
    .kind = RECORD_STRING, .prepare = prepare, .make = make};
