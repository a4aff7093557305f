/* value_encoder.h - what a way of making values must be able to do: one row of value_encoding.c's table, and a file.
 * Room: loader/source. May touch: nothing. */
#ifndef REKINDLE_LOADER_VALUE_ENCODER_H
#define REKINDLE_LOADER_VALUE_ENCODER_H

#include "common/arena.h"
#include "loader/source/value_buffer.h"
#include "loader/source/value_encoding.h"

struct value_encoder {
    enum record_kind kind; /* of the records it makes */
    /* What it needs to know of the columns, in `arena`; NULL: refused. Never NULL for an encoder without needs. */
    const void *(*prepare)(const struct family *family, const struct value_columns *columns,
                           struct arena *arena, struct error *err);
    /* Appends the value of one row; false: there is nothing to cache. */
    bool (*make)(const void *prepared, const struct value_columns *columns,
                 const struct cell cells[], struct value_buffer *buffer);
};

extern const struct value_encoder value_json_encoder;
extern const struct value_encoder value_raw_encoder;
extern const struct value_encoder value_hash_encoder;
extern const struct value_encoder value_template_encoder;

#endif
