/* json_string.c - see json_string.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/json_string.h"

#include "predictor/ingest/hex_digit.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first byte from `at` that is a quote, a backslash or a control byte; `end` when there is none. */
static const char *pass_plain(const char *at, const char *end)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    while (end - at >= (ptrdiff_t)sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, at, sizeof bytes);
        uint64_t quote = bytes ^ (ones * '"');
        uint64_t slash = bytes ^ (ones * '\\');
        uint64_t found =
            ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((bytes - ones * ' ') & ~bytes);
        if ((found & highs) != 0) {
            break; /* one of these eight; a borrow can only hide behind an earlier hit */
        }
        at += sizeof bytes;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= ' ') {
        at++;
    }
    return at;
}

/* Four hexadecimal digits at `at`, or -1. */
static int hex_four(const char *at, const char *end)
{
    enum { DIGITS = 4, HEX = 16 };
    int value = 0;
    if (end - at < DIGITS) {
        return -1;
    }
    for (int i = 0; i < DIGITS; i++) {
        if (hex_digit(at[i]) < 0) {
            return -1;
        }
        value = value * HEX + hex_digit(at[i]);
    }
    return value;
}

enum {
    UNICODE_ESCAPE_SIZE = 6, /* \uXXXX */
    HIGH_SURROGATE = 0xD800,
    LOW_SURROGATE = 0xDC00,
    SURROGATES_END = 0xE000,
    SURROGATE_BITS = 10,
    SECOND_PLANE = 0x10000,
};

/* The code point of the \uXXXX, or pair of them, at `at`; 0 or more, or -1; moves behind it. */
static int32_t take_code_point(const char **at, const char *end)
{
    int high = hex_four(*at + 2, end);
    *at += UNICODE_ESCAPE_SIZE;
    if (high < HIGH_SURROGATE || high >= SURROGATES_END) {
        return high;
    }
    bool has_second = high < LOW_SURROGATE && end - *at >= UNICODE_ESCAPE_SIZE &&
                      (*at)[0] == '\\' && (*at)[1] == 'u';
    int low = has_second ? hex_four(*at + 2, end) : -1;
    if (low < LOW_SURROGATE || low >= SURROGATES_END) {
        return -1;
    }
    *at += UNICODE_ESCAPE_SIZE;
    return SECOND_PLANE + ((high - HIGH_SURROGATE) << SURROGATE_BITS) + (low - LOW_SURROGATE);
}

static char *put_utf8(char *to, int32_t code)
{
    enum { ONE_BYTE = 0x80, TWO_BYTES = 0x800, BITS = 6, MASK = 0x3F, TAIL = 0x80 };
    enum { LEAD_TWO = 0xC0, LEAD_THREE = 0xE0, LEAD_FOUR = 0xF0 };
    if (code < ONE_BYTE) {
        *to++ = (char)code;
        return to;
    }
    if (code < TWO_BYTES) {
        *to++ = (char)(LEAD_TWO | (code >> BITS));
    } else if (code < SECOND_PLANE) {
        *to++ = (char)(LEAD_THREE | (code >> (2 * BITS)));
        *to++ = (char)(TAIL | ((code >> BITS) & MASK));
    } else {
        *to++ = (char)(LEAD_FOUR | (code >> (BITS + 2 * BITS)));
        *to++ = (char)(TAIL | ((code >> (2 * BITS)) & MASK));
        *to++ = (char)(TAIL | ((code >> BITS) & MASK));
    }
    *to++ = (char)(TAIL | (code & MASK));
    return to;
}

static const char escape_letters[] = "\"\\/bfnrt", escape_meanings[] = "\"\\/\b\f\n\r\t";

/* Moves behind the escape at `*at`; false when there is no such escape. */
static bool pass_escape(const char **at, const char *end)
{
    if (end - *at < 2) {
        return false;
    }
    if ((*at)[1] == 'u') {
        const char *behind = *at;
        bool is_good = take_code_point(&behind, end) >= 0;
        *at = is_good ? behind : *at;
        return is_good;
    }
    if ((*at)[1] == '\0' || strchr(escape_letters, (*at)[1]) == NULL) {
        return false;
    }
    *at += 2;
    return true;
}

bool json_string_pass(const char **at, const char *end, bool *has_escape)
{
    *has_escape = false;
    for (;;) {
        *at = pass_plain(*at, end);
        if (*at == end || (**at != '"' && **at != '\\')) {
            return false;
        }
        if (**at == '"') {
            return true;
        }
        *has_escape = true;
        if (!pass_escape(at, end)) {
            return false;
        }
    }
}

struct slice json_string_decode(struct slice raw, char *to)
{
    const char *first = to;
    const char *end = raw.bytes + raw.size;
    for (const char *at = raw.bytes; at < end;) {
        if (*at != '\\') {
            *to++ = *at++;
        } else if (at[1] == 'u') {
            to = put_utf8(to, take_code_point(&at, end));
        } else {
            *to++ = escape_meanings[strchr(escape_letters, at[1]) - escape_letters];
            at += 2;
        }
    }
    return (struct slice){.bytes = first, .size = (size_t)(to - first)};
}
