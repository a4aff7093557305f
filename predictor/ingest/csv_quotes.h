/* csv_quotes.h - CSV lines whose quotes need care, through libcsv in strict mode, a line at a time.
 * Room: predictor/ingest. May touch: malloc, through libcsv. One a thread. */
#ifndef REKINDLE_PREDICTOR_CSV_QUOTES_H
#define REKINDLE_PREDICTOR_CSV_QUOTES_H

#include "common/slice.h"

#include "predictor/ingest/parse_scratch.h"

#include <stddef.h>

/* Splits `line` (without its end) by RFC 4180; calls `on_field` for each field in order, whose bytes live for the
 * call. Returns the number of fields; 0 when the quotes are broken or memory ran out, with the byte (from 1)
 * where it stopped in `*column`. Blanks belong to fields. */
size_t csv_quotes_split(struct parse_scratch *scratch, struct slice line, char delimiter,
                        void (*on_field)(void *self, size_t index, struct slice field), void *self,
                        size_t *column);
/* Frees what the splitting made in `scratch`. */
void csv_quotes_free(struct parse_scratch *scratch);

#endif
