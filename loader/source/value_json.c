/* value_json.c - value = json: an object of the row's columns but for `version`, in the query's order, no blanks.
 * Room: loader/source. May touch: nothing. */
#include "loader/source/json_text.h"
#include "loader/source/value_encoder.h"

/* The names as they stand in the object, `"name":`, are made once. */
static int quote_names(const struct value_columns *columns, struct value_buffer *buffer,
                       struct slice quoted[], struct arena *arena)
{
    for (size_t i = 0; i < columns->count; i++) {
        buffer->size = 0;
        json_text_put(buffer, slice_of(columns->names[i]));
        value_buffer_put(buffer, ":", 1);
        if (buffer->is_broken) {
            return -1;
        }
        quoted[i] = arena_copy(arena, (struct slice){buffer->bytes, buffer->size});
        if (quoted[i].bytes == NULL) {
            return -1;
        }
    }
    return 0;
}

static const void *prepare(const struct family *family, const struct value_columns *columns,
                           struct arena *arena, struct error *err)
{
    (void)family;
    struct value_buffer buffer = {0};
    struct slice *quoted = arena_take(arena, columns->count * sizeof *quoted);
    int result = quoted == NULL ? -1 : quote_names(columns, &buffer, quoted, arena);
    value_buffer_free(&buffer);
    if (result != 0) {
        error_set_memory(err, "reading a query's columns");
        return NULL;
    }
    return quoted;
}

static bool make(const void *prepared, const struct value_columns *columns,
                 const struct cell cells[], struct value_buffer *buffer)
{
    const struct slice *quoted = prepared;
    const char *between = "{";
    for (size_t i = 0; i < columns->count; i++) {
        if (i == columns->version_at) {
            continue;
        }
        value_buffer_put(buffer, between, 1);
        value_buffer_put(buffer, quoted[i].bytes, quoted[i].size);
        json_text_put_cell(buffer, &cells[i]);
        between = ",";
    }
    value_buffer_put(buffer, "}", 1);
    return true;
}

const struct value_encoder value_json_encoder = {
    .kind = RECORD_STRING, .prepare = prepare, .make = make};
