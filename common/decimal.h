/* decimal.h - plain numbers out of and into CSV cells, fast and whatever the locale.
 * Room: common. May touch: nothing. Pure. */
#ifndef REKINDLE_COMMON_DECIMAL_H
#define REKINDLE_COMMON_DECIMAL_H

#include "common/slice.h"

#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_PLACES_MAX = 9, DECIMAL_TEXT_SIZE = 352 }; /* the largest double has 309 digits */

/* Digits only, the whole text; -1 when it is anything else or does not fit. */
int decimal_parse_count(struct slice text, uint64_t *count);

/* `12.5`, `-3`, `1.2E-05`, with `point` as the decimal point; correctly rounded. -1 for anything else: no
 * blanks, no thousands separators, no inf, nan or hex, and nothing that is too large for a double. */
int decimal_parse(struct slice text, char point, double *number);

/* Writes `number`, which is finite, with at most `places` (0..9) digits behind the point, trailing zeros cut,
 * never "-0"; to `text` [DECIMAL_TEXT_SIZE], not terminated. Returns the length. */
size_t decimal_print(char *text, double number, int places);
size_t decimal_print_count(char *text, uint64_t count);

#endif
