/* summary_csv.h - reads a table of keys (one a row: frequency, recency, age) as a triple table.
 * Room: predictor/forecast. May touch: files. */
#ifndef REKINDLE_PREDICTOR_SUMMARY_CSV_H
#define REKINDLE_PREDICTOR_SUMMARY_CSV_H

#include "common/error.h"

#include "predictor/forecast/triple_table.h"

#include <stdint.h>

/* Reads the file at `path`. The header names the columns, in any order: `frequency` or `x`; `recency`, `t.x` or `t_x`;
 * `T`, `n.cal` or `n`; optionally `custs` or `weight`; others are ignored. Times may be any numbers in one unit, which
 * becomes the parameters' unit. `*row_count` is the data rows. Memory: 16 bytes a row, beyond four million rows a triple.
 * ERROR_INPUT with line, column and value for a row that makes no sense. Free the table also after a failure. */
int summary_csv_read(const char *path, struct triple_table *table, uint64_t *row_count,
                     struct error *err) MUST_CHECK;

#endif
