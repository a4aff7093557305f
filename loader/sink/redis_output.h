/* redis_output.h - commands in RESP, written straight into one growing buffer.
 * Room: loader/sink. May touch: malloc.
 * Promises: no allocation a command once the buffer has grown; a failed allocation is remembered in
 * `is_broken`, to be asked once before the bytes are sent. */
#ifndef REKINDLE_LOADER_REDIS_OUTPUT_H
#define REKINDLE_LOADER_REDIS_OUTPUT_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty buffer. */
struct redis_output {
    char *bytes;
    size_t begin, end; /* what waits to be sent */
    size_t capacity;
    bool is_broken; /* memory ran out: the bytes are not whole commands */
};

void redis_output_free(struct redis_output *output);
/* Forgets what waits. */
void redis_output_clear(struct redis_output *output);
static inline size_t redis_output_waiting(const struct redis_output *output)
{
    return output->end - output->begin;
}
/* The first `size` waiting bytes have been sent. */
void redis_output_consume(struct redis_output *output, size_t size);

/* A command begins: its name and arguments follow, `argument_count` in all. */
void redis_output_command(struct redis_output *output, size_t argument_count);
void redis_output_argument(struct redis_output *output, struct slice argument);
void redis_output_text(struct redis_output *output, const char *argument);
void redis_output_integer(struct redis_output *output, int64_t argument);
/* Bytes that are RESP already. */
void redis_output_raw(struct redis_output *output, const char *bytes, size_t size);

#endif
