/* manifest_text.h - the words of a manifest's lines, out and in.
 * Room: predictor/history. May touch: the stream it is given. */
#ifndef REKINDLE_PREDICTOR_MANIFEST_TEXT_H
#define REKINDLE_PREDICTOR_MANIFEST_TEXT_H

#include "common/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Writes any bytes as one word of visible ASCII. */
void manifest_text_write_escaped(struct slice bytes, FILE *out);
/* The bytes of such a word, to `bytes` [word.size]; false when it is not one. */
bool manifest_text_unescape(struct slice word, char *bytes, size_t *size);

/* Takes the bytes up to the next `stop`, which is taken off too, from the front of `text`; false when there is
 * no `stop`. */
bool manifest_text_take(struct slice *text, char stop, struct slice *word);
/* The whole word as a number; false when it is none or does not fit. */
bool manifest_text_parse_count(struct slice word, uint64_t *count);
bool manifest_text_parse_signed(struct slice word, int64_t *number);
/* Exactly sixteen hexadecimal digits. */
bool manifest_text_parse_hex(struct slice word, uint64_t *number);

#endif
