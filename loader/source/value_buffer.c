/* value_buffer.c - see value_buffer.h.
 * Room: loader/source. May touch: malloc. */
#include "loader/source/value_buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 4096 };

void value_buffer_free(struct value_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct value_buffer){0};
}

char *value_buffer_reserve(struct value_buffer *buffer, size_t size)
{
    if (buffer->is_broken) {
        return NULL;
    }
    if (buffer->capacity - buffer->size >= size) {
        return buffer->bytes + buffer->size;
    }
    size_t capacity = buffer->capacity == 0 ? CAPACITY_FIRST : buffer->capacity;
    while (capacity - buffer->size < size && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    char *grown = capacity - buffer->size < size ? NULL : realloc(buffer->bytes, capacity);
    if (grown == NULL) {
        buffer->is_broken = true;
        return NULL;
    }
    buffer->bytes = grown;
    buffer->capacity = capacity;
    return buffer->bytes + buffer->size;
}

void value_buffer_put(struct value_buffer *buffer, const char *bytes, size_t size)
{
    char *at = value_buffer_reserve(buffer, size);
    if (at != NULL && size > 0) {
        memcpy(at, bytes, size);
        buffer->size += size;
    }
}
