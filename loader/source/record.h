/* record.h - the door of the source room: what the database knows of one key, ready to be written.
 * Room: loader/source. May touch: common. */
#ifndef REKINDLE_LOADER_RECORD_H
#define REKINDLE_LOADER_RECORD_H

#include "common/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* How a value is written: one SET, or one hash by script. */
enum record_kind {
    RECORD_STRING,
    RECORD_HASH, /* value: name, value, name, value..., in the order of the names' bytes, each as a
                  * 4-byte little-endian length and its bytes: equal hashes are equal bytes */
    RECORD_MISSING, /* the database has no such id, byte for byte, or `value = raw:` is NULL there */
    RECORD_AMBIGUOUS, /* the query gave different rows for this id: which one is right is not known */
    RECORD_TOO_BIG,   /* larger than the family's max_value; `value` is empty, value_size tells */
};

enum {
    RECORD_LENGTH_SIZE = 4, /* of a length in the layout of RECORD_HASH */
    RECORD_BYTE_BITS = 8,
    RECORD_BYTE_MASK = 0xff
};

struct record {
    enum record_kind kind;
    struct slice value; /* borrowed from the batch until it is cleared */
    struct slice
        version; /* the `version` column as text, empty when the family has none or it is NULL */
    uint64_t value_size; /* bytes of the value, also when it was too big to keep */
    bool is_from_image;  /* it may be as old as an image, not only as old as a fetch */
};

/* Takes the next name or value off the front of a hash in the layout above; false at its end. */
static inline bool record_hash_next(struct slice *rest, struct slice *part)
{
    if (rest->size < RECORD_LENGTH_SIZE) {
        return false;
    }
    size_t size = 0;
    for (int i = RECORD_LENGTH_SIZE - 1; i >= 0; i--) {
        size = size << RECORD_BYTE_BITS | (unsigned char)rest->bytes[i];
    }
    if (size > rest->size - RECORD_LENGTH_SIZE) {
        return false;
    }
    *part = (struct slice){rest->bytes + RECORD_LENGTH_SIZE, size};
    rest->bytes += RECORD_LENGTH_SIZE + size;
    rest->size -= RECORD_LENGTH_SIZE + size;
    return true;
}

/* Writes a name or a value of a hash to `at`; returns what follows it. The size fits in 32 bits. */
static inline char *record_hash_put(char *at, struct slice part)
{
    for (int i = 0; i < RECORD_LENGTH_SIZE; i++) {
        *at++ = (char)(part.size >> (i * RECORD_BYTE_BITS) & RECORD_BYTE_MASK);
    }
    if (part.size > 0) {
        memcpy(at, part.bytes, part.size);
    }
    return at + part.size;
}

#endif
