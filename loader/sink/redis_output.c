/* redis_output.c - see redis_output.h.
 * Room: loader/sink. May touch: malloc.
 * This is the inner loop of a load: numbers are printed by hand, since snprintf alone would cost a third of it. */
#include "loader/sink/redis_output.h"

#include <stdlib.h>
#include <string.h>

enum {
    CAPACITY_FIRST = 256 * 1024,
    NUMBER_SIZE_MAX = 24,                 /* a sign and 20 digits, and room */
    FRAME_SIZE_MAX = NUMBER_SIZE_MAX + 5, /* `$N\r\n` before and `\r\n` after an argument */
    BASE_TEN = 10
};

void redis_output_free(struct redis_output *output)
{
    free(output->bytes);
    *output = (struct redis_output){0};
}

void redis_output_clear(struct redis_output *output)
{
    output->begin = 0;
    output->end = 0;
    output->is_broken = false;
}

void redis_output_consume(struct redis_output *output, size_t size)
{
    output->begin += size;
    if (output->begin == output->end) {
        output->begin = 0;
        output->end = 0;
    }
}

static int grow(struct redis_output *output, size_t wanted)
{
    size_t waiting = redis_output_waiting(output);
    size_t capacity = output->capacity == 0 ? CAPACITY_FIRST : output->capacity;
    while (capacity - waiting < wanted) {
        if (capacity > SIZE_MAX / 2) {
            return -1;
        }
        capacity *= 2;
    }
    char *bytes = malloc(capacity);
    if (bytes == NULL) {
        return -1;
    }
    if (waiting > 0) {
        memcpy(bytes, output->bytes + output->begin, waiting);
    }
    free(output->bytes);
    output->bytes = bytes;
    output->begin = 0;
    output->end = waiting;
    output->capacity = capacity;
    return 0;
}

/* Room for `size` bytes at the end, or NULL. */
static char *reserve(struct redis_output *output, size_t size)
{
    if (output->is_broken) {
        return NULL;
    }
    if (output->capacity - output->end >= size) {
        return output->bytes + output->end;
    }
    size_t waiting = redis_output_waiting(output);
    bool is_half_empty = output->begin > output->capacity / 2;
    if (is_half_empty && output->capacity - waiting >= size) {
        memmove(output->bytes, output->bytes + output->begin, waiting);
        output->begin = 0;
        output->end = waiting;
    } else if (grow(output, size) != 0) {
        output->is_broken = true;
        return NULL;
    }
    return output->bytes + output->end;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[NUMBER_SIZE_MAX];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % BASE_TEN);
        number /= BASE_TEN;
    } while (number > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

static char *put_line_end(char *at)
{
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

void redis_output_command(struct redis_output *output, size_t argument_count)
{
    char *at = reserve(output, FRAME_SIZE_MAX);
    if (at == NULL) {
        return;
    }
    *at++ = '*';
    at = put_line_end(put_number(at, argument_count));
    output->end = (size_t)(at - output->bytes);
}

void redis_output_argument(struct redis_output *output, struct slice argument)
{
    if (argument.size > SIZE_MAX - FRAME_SIZE_MAX) {
        output->is_broken = true;
        return;
    }
    char *at = reserve(output, argument.size + FRAME_SIZE_MAX);
    if (at == NULL) {
        return;
    }
    *at++ = '$';
    at = put_line_end(put_number(at, argument.size));
    if (argument.size > 0) {
        memcpy(at, argument.bytes, argument.size);
    }
    at = put_line_end(at + argument.size);
    output->end = (size_t)(at - output->bytes);
}

void redis_output_text(struct redis_output *output, const char *argument)
{
    redis_output_argument(output, slice_of(argument));
}

void redis_output_integer(struct redis_output *output, int64_t argument)
{
    char digits[NUMBER_SIZE_MAX];
    char *at = digits;
    uint64_t magnitude = argument < 0 ? 0 - (uint64_t)argument : (uint64_t)argument;
    if (argument < 0) {
        *at++ = '-';
    }
    at = put_number(at, magnitude);
    redis_output_argument(output, (struct slice){digits, (size_t)(at - digits)});
}

void redis_output_raw(struct redis_output *output, const char *bytes, size_t size)
{
    char *at = reserve(output, size);
    if (at == NULL) {
        return;
    }
    memcpy(at, bytes, size);
    output->end += size;
}
