/* value_buffer.h - a value while it is being put together; reused from row to row.
 * Room: loader/source. May touch: malloc. */
#ifndef REKINDLE_LOADER_VALUE_BUFFER_H
#define REKINDLE_LOADER_VALUE_BUFFER_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero is empty. */
struct value_buffer {
    char *bytes;
    size_t size, capacity;
    bool is_broken; /* memory ran out: nothing is put any more */
};
void value_buffer_free(struct value_buffer *buffer);

/* Room for `size` bytes at the end, or NULL; the caller adds to `size` what it writes. */
char *value_buffer_reserve(struct value_buffer *buffer, size_t size);
void value_buffer_put(struct value_buffer *buffer, const char *bytes, size_t size);

#endif
