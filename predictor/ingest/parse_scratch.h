/* parse_scratch.h - the bytes that one thread decodes into: escapes, doubled quotes, percent signs.
 * Room: predictor/ingest. May touch: nothing.
 * Promises: no line needs more than its own size and SCRATCH_ID_ROOM, so who cleared it before has room enough. */
#ifndef REKINDLE_PREDICTOR_PARSE_SCRATCH_H
#define REKINDLE_PREDICTOR_PARSE_SCRATCH_H

#include "common/entity.h"

#include <stddef.h>

struct csv_parser;

enum {
    LINE_SIZE_MAX = 1 << 20,                         /* a longer line is bad */
    SCRATCH_ID_ROOM = 2 * (ENTITY_ID_SIZE_MAX + 16), /* a byte too many, and ids that say none */
    SCRATCH_SIZE = LINE_SIZE_MAX + SCRATCH_ID_ROOM,
};

struct parse_scratch {
    char *bytes; /* [SCRATCH_SIZE] */
    size_t used;
    struct csv_parser *csv; /* for lines with awkward quotes; made at the first; see csv_quotes.h */
};

#endif
