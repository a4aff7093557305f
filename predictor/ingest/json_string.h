/* json_string.h - strings of JSON: passed over fast, decoded only where somebody wants them.
 * Room: predictor/ingest. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_JSON_STRING_H
#define REKINDLE_PREDICTOR_JSON_STRING_H

#include "common/slice.h"

#include <stdbool.h>

/* Moves `*at`, which stands behind an opening quote, to the closing quote. False: control byte, bad escape, lone
 * surrogate or no end before `end`; then `*at` is where. UTF-8 is not checked. */
bool json_string_pass(const char **at, const char *end, bool *has_escape);

/* Decodes the escapes of `raw`, which json_string_pass has found good, into `to` [raw.size]. */
struct slice json_string_decode(struct slice raw, char *to);

#endif
