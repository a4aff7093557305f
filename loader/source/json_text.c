/* json_text.c - see json_text.h.
 * Room: loader/source. May touch: nothing. */
#include "loader/source/json_text.h"

#include <string.h>

enum {
    CONTROL_END = 0x20,
    ESCAPE_SIZE = 6, /* \u00xx */
    NIBBLE_BITS = 4,
    NIBBLE_MASK = 15,
    BASE64_BYTES = 3, /* in, for 4 out */
    BASE64_CHARS = 4,
    BASE64_BITS = 6,
    BASE64_MASK = 63,
    BYTE_BITS = 8
};

/* Length of the UTF-8 character that begins at `at`, or 0: overlong forms, surrogates and what lies beyond
 * U+10FFFF are none. Source: Unicode 15, table 3-7. */
static size_t utf8_size(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        unsigned char size;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    enum { TAIL_LOW = 0x80, TAIL_HIGH = 0xbf };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first_low || at[0] > forms[i].first_high) {
            continue;
        }
        if (forms[i].size > left) {
            return 0;
        }
        for (size_t tail = 1; tail < forms[i].size; tail++) {
            unsigned char low = tail == 1 ? forms[i].second_low : TAIL_LOW;
            unsigned char high = tail == 1 ? forms[i].second_high : TAIL_HIGH;
            if (at[tail] < low || at[tail] > high) {
                return 0;
            }
        }
        return forms[i].size;
    }
    return 0;
}

bool json_text_is_utf8(struct slice text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t size = utf8_size((const unsigned char *)text.bytes + at, text.size - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

static void put_escape(struct value_buffer *buffer, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = byte == '\0' ? NULL : strchr(shorts, byte);
    if (found != NULL) {
        char escape[] = {'\\', letters[found - shorts]};
        value_buffer_put(buffer, escape, sizeof escape);
        return;
    }
    char escape[ESCAPE_SIZE] = {
        '\\', 'u', '0', '0', hex[byte >> NIBBLE_BITS], hex[byte & NIBBLE_MASK]};
    value_buffer_put(buffer, escape, sizeof escape);
}

static bool is_plain(unsigned char byte)
{
    enum { ASCII_END = 0x80 };
    return byte >= CONTROL_END && byte < ASCII_END && byte != '"' && byte != '\\';
}

void json_text_put(struct value_buffer *buffer, struct slice text)
{
    static const char replacement[] = "\\ufffd";
    const unsigned char *at = (const unsigned char *)text.bytes;
    const unsigned char *end = at + text.size;
    value_buffer_put(buffer, "\"", 1);
    while (at < end) {
        const unsigned char *begin = at;
        while (at < end && is_plain(*at)) {
            at++;
        }
        value_buffer_put(buffer, (const char *)begin, (size_t)(at - begin));
        if (at == end) {
            break;
        }
        size_t size = utf8_size(at, (size_t)(end - at));
        if (size > 1) {
            value_buffer_put(buffer, (const char *)at, size);
        } else if (size == 1) {
            put_escape(buffer, *at);
        } else {
            value_buffer_put(buffer, replacement, sizeof replacement - 1);
            size = 1;
        }
        at += size;
    }
    value_buffer_put(buffer, "\"", 1);
}

static void put_base64(struct value_buffer *buffer, struct slice bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    value_buffer_put(buffer, "\"", 1);
    for (size_t at = 0; at < bytes.size; at += BASE64_BYTES) {
        size_t left = bytes.size - at < BASE64_BYTES ? bytes.size - at : BASE64_BYTES;
        unsigned long group = 0;
        for (size_t i = 0; i < BASE64_BYTES; i++) {
            group = group << BYTE_BITS | (i < left ? (unsigned char)bytes.bytes[at + i] : 0);
        }
        char out[BASE64_CHARS];
        for (size_t i = 0; i < BASE64_CHARS; i++) {
            size_t shift = (BASE64_CHARS - 1 - i) * BASE64_BITS;
            out[i] = i <= left ? letters[group >> shift & BASE64_MASK] : '=';
        }
        value_buffer_put(buffer, out, sizeof out);
    }
    value_buffer_put(buffer, "\"", 1);
}

static size_t skip_digits(struct slice text, size_t at)
{
    while (at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9') {
        at++;
    }
    return at;
}

/* ZEROFILL columns print 0042, SQLite prints Inf: those are texts in JSON. */
static bool is_json_number(struct slice text)
{
    size_t at = text.size > 0 && text.bytes[0] == '-' ? 1 : 0;
    size_t whole = at;
    at = skip_digits(text, at);
    bool has_leading_zero = at - whole > 1 && text.bytes[whole] == '0';
    if (at == whole || has_leading_zero) {
        return false;
    }
    if (at < text.size && text.bytes[at] == '.') {
        size_t fraction = ++at;
        at = skip_digits(text, at);
        if (at == fraction) {
            return false;
        }
    }
    if (at < text.size && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        at += at < text.size && (text.bytes[at] == '-' || text.bytes[at] == '+') ? 1 : 0;
        size_t exponent = at;
        at = skip_digits(text, at);
        if (at == exponent) {
            return false;
        }
    }
    return at == text.size;
}

void json_text_put_cell(struct value_buffer *buffer, const struct cell *cell)
{
    static const char null[] = "null";
    switch (cell->kind) {
    case CELL_NULL:
        value_buffer_put(buffer, null, sizeof null - 1);
        return;
    case CELL_NUMBER:
        if (is_json_number(cell->bytes)) {
            value_buffer_put(buffer, cell->bytes.bytes, cell->bytes.size);
            return;
        }
        json_text_put(buffer, cell->bytes);
        return;
    case CELL_TEXT:
        json_text_put(buffer, cell->bytes);
        return;
    case CELL_BINARY:
        put_base64(buffer, cell->bytes);
        return;
    case CELL_JSON:
        value_buffer_put(buffer, cell->bytes.bytes, cell->bytes.size);
        return;
    }
}
