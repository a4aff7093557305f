/* value_hash.c - value = hash: name and value of each column but `version` and those that are NULL, in the order of the
 * names' bytes, so that equal hashes are equal bytes (record.h).
 * Room: loader/source. May touch: nothing. */
#include "loader/source/value_encoder.h"

#include <string.h>

static const void *prepare(const struct family *family, const struct value_columns *columns,
                           struct arena *arena, struct error *err)
{
    (void)family;
    size_t *order = arena_take(arena, columns->count * sizeof *order);
    if (order == NULL) {
        error_set_memory(err, "reading a query's columns");
        return NULL;
    }
    for (size_t i = 0; i < columns->count; i++) {
        size_t at = i;
        while (at > 0 && strcmp(columns->names[order[at - 1]], columns->names[i]) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    return order;
}

static void put_part(struct value_buffer *buffer, struct slice part)
{
    char *at = value_buffer_reserve(buffer, RECORD_LENGTH_SIZE + part.size);
    if (at != NULL) {
        record_hash_put(at, part);
        buffer->size += RECORD_LENGTH_SIZE + part.size;
    }
}

static bool make(const void *prepared, const struct value_columns *columns,
                 const struct cell cells[], struct value_buffer *buffer)
{
    const size_t *order = prepared;
    for (size_t i = 0; i < columns->count; i++) {
        size_t column = order[i];
        if (column != columns->version_at && cells[column].kind != CELL_NULL) {
            put_part(buffer, slice_of(columns->names[column]));
            put_part(buffer, cells[column].bytes);
        }
    }
    return true;
}

const struct value_encoder value_hash_encoder = {
    .kind = RECORD_HASH, .prepare = prepare, .make = make};
