/* json_text.h - cells as JSON: the same cell gives the same bytes.
 * Room: loader/source. May touch: nothing.
 * Numbers stay as the database prints them; texts are escaped where JSON must be (\" \\ \b \f \n \r \t, \u00xx for
 * other control bytes), a byte that is not UTF-8 becomes \ufffd; binary columns are base64. */
#ifndef REKINDLE_LOADER_JSON_TEXT_H
#define REKINDLE_LOADER_JSON_TEXT_H

#include "loader/source/value_buffer.h"
#include "loader/source/value_encoding.h"

/* In quotes. */
void json_text_put(struct value_buffer *buffer, struct slice text);
void json_text_put_cell(struct value_buffer *buffer, const struct cell *cell);

/* As Unicode says: no overlong forms, no surrogates. */
bool json_text_is_utf8(struct slice text);

#endif
