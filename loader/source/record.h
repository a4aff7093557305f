/* record.h - the door of the source room: what the database knows of one key, ready to be written.
 * Room: loader/source. May touch: common. */
#ifndef REKINDLE_LOADER_RECORD_H
#define REKINDLE_LOADER_RECORD_H

#include "common/slice.h"

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

enum { RECORD_LENGTH_SIZE = 4 }; /* of a length in the layout of RECORD_HASH */

struct record {
    enum record_kind kind;
    struct slice value; /* borrowed from the batch until it is cleared */
    struct slice
        version; /* the `version` column as text, empty when the family has none or it is NULL */
    uint64_t value_size; /* bytes of the value, also when it was too big to keep */
};

#endif
