/* decimal.c - see decimal.h.
 * Room: common. May touch: nothing. */
#include "common/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    EXACT_POWER_MAX = 22, /* the largest power of ten that a double holds exactly */
    DIGITS_EXACT_MAX = 15 /* so many digits fit into a double's 53 bits */
};

static const double powers_of_ten[EXACT_POWER_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

int decimal_parse_count(struct slice text, uint64_t *count)
{
    uint64_t value = 0;
    if (text.size == 0) {
        return -1;
    }
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)(text.bytes[i] - '0');
        if (!is_digit(text.bytes[i]) || value > (UINT64_MAX - digit) / 10) {
            return -1;
        }
        value = value * 10 + digit;
    }
    *count = value;
    return 0;
}

/* What the text says: digits * 10^exponent, as long as the digits are few. */
struct scan {
    uint64_t digits;
    size_t digit_count; /* significant ones: leading zeros do not count */
    int exponent;
    bool has_digit;
};

static size_t scan_digits(struct slice text, size_t at, bool is_fraction, struct scan *scan)
{
    for (; at < text.size && is_digit(text.bytes[at]); at++) {
        scan->has_digit = true;
        scan->exponent -= is_fraction;
        scan->digit_count += scan->digit_count > 0 || text.bytes[at] != '0';
        if (scan->digit_count <= DIGITS_EXACT_MAX) {
            scan->digits = scan->digits * 10 + (uint64_t)(text.bytes[at] - '0');
        }
    }
    return at;
}

/* Returns where the exponent ends, or `at` when there is none that is whole. */
static size_t scan_exponent(struct slice text, size_t at, struct scan *scan)
{
    enum { EXPONENT_MAX = 9999 };
    size_t next = at + 1;
    if (at >= text.size || (text.bytes[at] != 'e' && text.bytes[at] != 'E')) {
        return at;
    }
    bool is_minus = next < text.size && text.bytes[next] == '-';
    next += next < text.size && (is_minus || text.bytes[next] == '+');
    if (next >= text.size) {
        return at;
    }
    int value = 0;
    for (; next < text.size && is_digit(text.bytes[next]) && value <= EXPONENT_MAX; next++) {
        value = value * 10 + (text.bytes[next] - '0');
    }
    scan->exponent += is_minus ? -value : value;
    return next;
}

/* Many digits or a large exponent: the C library rounds correctly. `point` becomes '.'. */
static int parse_slowly(struct slice text, char point, double *number)
{
    char copy[DECIMAL_TEXT_SIZE];
    if (text.size >= sizeof copy) {
        return -1;
    }
    memcpy(copy, text.bytes, text.size);
    copy[text.size] = '\0';
    char *comma = strchr(copy, point);
    if (comma != NULL) {
        *comma = '.';
    }
    *number = strtod(copy, NULL);
    return isfinite(*number) ? 0 : -1;
}

int decimal_parse(struct slice text, char point, double *number)
{
    struct scan scan = {0};
    bool is_minus = text.size > 0 && text.bytes[0] == '-';
    size_t at = scan_digits(text, is_minus, false, &scan);
    if (at < text.size && text.bytes[at] == point) {
        at = scan_digits(text, at + 1, true, &scan);
    }
    if (!scan.has_digit) {
        return -1;
    }
    if (scan_exponent(text, at, &scan) != text.size) {
        return -1;
    }
    if (scan.digit_count > DIGITS_EXACT_MAX || abs(scan.exponent) > EXACT_POWER_MAX) {
        return parse_slowly(text, point, number);
    }
    /* Both operands are exact, so the one operation rounds correctly (Clinger 1990, the fast path). */
    double value = (double)scan.digits;
    value = scan.exponent < 0 ? value / powers_of_ten[-scan.exponent]
                              : value * powers_of_ten[scan.exponent];
    *number = is_minus ? -value : value;
    return 0;
}

size_t decimal_print_count(char *text, uint64_t count)
{
    enum { DIGITS_MAX = 20 };
    char reversed[DIGITS_MAX];
    size_t size = 0;
    do {
        reversed[size++] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    for (size_t i = 0; i < size; i++) {
        text[i] = reversed[size - 1 - i];
    }
    return size;
}

static size_t print_slowly(char *text, double number, int places)
{
    int size = snprintf(text, DECIMAL_TEXT_SIZE, "%.*f", places, number);
    assert(size > 0 && size < DECIMAL_TEXT_SIZE);
    size_t kept = (size_t)size;
    while (places > 0 && text[kept - 1] == '0') {
        kept--;
    }
    return kept - (text[kept - 1] == '.');
}

size_t decimal_print(char *text, double number, int places)
{
    assert(places >= 0 && places <= DECIMAL_PLACES_MAX);
    static const double scaled_max = 9e15; /* below 2^53: the scaled number is a whole one */
    double scaled = round(fabs(number) * powers_of_ten[places]);
    if (!(scaled < scaled_max)) {
        return print_slowly(text, number, places);
    }
    uint64_t unit = (uint64_t)powers_of_ten[places];
    uint64_t whole = (uint64_t)scaled / unit;
    uint64_t fraction = (uint64_t)scaled % unit;
    size_t size = 0;
    if (number < 0 && scaled > 0) {
        text[size++] = '-';
    }
    size += decimal_print_count(text + size, whole);
    if (fraction == 0) {
        return size;
    }
    text[size++] = '.';
    while (fraction > 0) {
        unit /= 10;
        text[size++] = (char)('0' + fraction / unit);
        fraction %= unit;
    }
    return size;
}
