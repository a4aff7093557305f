/* ndjson_format.h - one JSON object a line: takes the wanted values, checks and passes over the rest.
 * Room: predictor/ingest. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_NDJSON_FORMAT_H
#define REKINDLE_PREDICTOR_NDJSON_FORMAT_H

#include "common/slice.h"

#include "predictor/ingest/field_map.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/parse_scratch.h"

#include <stddef.h>

enum { NDJSON_DEPTH_MAX = 64 };

/* Fills `fields` with the values of the names in `map`; `a.b` is the key b in the object at key a, or the key
 * "a.b". Strings come decoded (in `scratch` where they hold escapes), numbers and true and false as they are
 * written, null as not there; of a key that stands twice the last counts. The line must be one whole object by
 * RFC 8259, but for its UTF-8, which is not checked: ids are bytes. */
enum line_fate ndjson_format_parse(const struct field_map *map, struct slice line,
                                   struct parse_scratch *scratch, struct log_fields *fields,
                                   size_t *column);

#endif
