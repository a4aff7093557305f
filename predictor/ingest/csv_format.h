/* csv_format.h - rows of CSV: a walk from delimiter to delimiter, and the careful way where quotes need it.
 * Room: predictor/ingest. May touch: nothing but what csv_quotes.h may. */
#ifndef REKINDLE_PREDICTOR_CSV_FORMAT_H
#define REKINDLE_PREDICTOR_CSV_FORMAT_H

#include "common/error.h"
#include "common/slice.h"

#include "predictor/ingest/field_map.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/parse_scratch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSV_COLUMN_MAX = 1024 };

struct csv_format {
    char delimiter;
    bool has_header;                /* columns are named by a header line, not by number */
    size_t column_count;            /* of the header; 0: not known */
    size_t wanted_count;            /* columns up to the last wanted one */
    int8_t slot_of[CSV_COLUMN_MAX]; /* FIELD_ABSENT: nobody wants it */
};

/* `delimiter` as given: NULL (comma), one byte, `tab`, `comma`, `semicolon`, `pipe`, `\t`, `\x01`. */
int csv_format_init(struct csv_format *format, const char *delimiter, struct error *err) MUST_CHECK;
/* Learns the columns once `map` is complete: all names are numbers from 1, or a header will name them. */
int csv_format_bind(struct csv_format *format, const struct field_map *map,
                    struct error *err) MUST_CHECK;
/* Learns the columns of one file from its header (a BOM may stand before it). ERROR_INPUT says what is missing,
 * and which other delimiter would do. */
int csv_format_read_header(struct csv_format *format, const struct field_map *map,
                           struct slice header, const char *path, struct error *err) MUST_CHECK;

/* Fills `fields`; the bytes are those of `line`, or decoded in `scratch`. */
enum line_fate csv_format_parse(const struct csv_format *format, struct slice line,
                                struct parse_scratch *scratch, struct log_fields *fields,
                                size_t *column);

#endif
