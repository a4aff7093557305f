/* units.h - `200k 2GiB 15m 30d 80%` in, and the same out. The only place that knows units.
 * Room: common. May touch: nothing. Pure. */
#ifndef REKINDLE_COMMON_UNITS_H
#define REKINDLE_COMMON_UNITS_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

enum { UNITS_TEXT_SIZE = 32 };

/* Each takes the whole text or fails with ERROR_INPUT and a sentence that shows the bad text and an
 * example of a good one; the caller adds which option it was. */

/* Counts: `200k` `3M` `1G` (powers of 1000), `17`. */
int units_parse_count(const char *text, uint64_t *count, struct error *err) MUST_CHECK;
/* Bytes: `512` `64KiB` `2GiB` (1024), `64kB` `2GB` (1000), `2G` means GiB. */
int units_parse_bytes(const char *text, uint64_t *bytes, struct error *err) MUST_CHECK;
/* Durations to whole milliseconds: `500ms` `90s` `15m` `6h` `30d` `2w`, sums as in `1h30m`. */
int units_parse_duration_ms(const char *text, int64_t *duration_ms, struct error *err) MUST_CHECK;
/* The same to whole seconds; `500ms` is an error here. */
int units_parse_duration_second(const char *text, int64_t *duration_second,
                                struct error *err) MUST_CHECK;
/* Shares: `80%` or `0.8`, within 0..1. */
int units_parse_share(const char *text, double *share, struct error *err) MUST_CHECK;
/* A plain finite number in C notation whatever the locale. */
int units_parse_number(const char *text, double *number, struct error *err) MUST_CHECK;

/* `1.2 GiB`, `418k`, `1 h 05 min`, `12.3 s`; each writes to `text` [UNITS_TEXT_SIZE] and returns it. */
const char *units_print_bytes(char *text, uint64_t bytes);
const char *units_print_count(char *text, uint64_t count);
const char *units_print_duration(char *text, double duration_second);

#endif
