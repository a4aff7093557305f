/* units.c - see units.h.
 * Room: common. May touch: nothing. */
#include "common/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

static const struct unit count_units[] = {
    {"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0},
};

static const struct unit byte_units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1e3},
    {"KB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
    {"TB", 1e12},
    {"k", 1024.0},
    {"K", 1024.0},
    {"KiB", 1024.0},
    {"M", 1048576.0},
    {"MiB", 1048576.0},
    {"G", 1073741824.0},
    {"GiB", 1073741824.0},
    {"T", 1099511627776.0},
    {"TiB", 1099511627776.0},
    {NULL, 0},
};

static const struct unit millisecond_units[] = {
    {"ms", 1},     {"s", 1e3},     {"m", 60e3},     {"min", 60e3},
    {"h", 3600e3}, {"d", 86400e3}, {"w", 604800e3}, {NULL, 0},
};

static const struct unit *find_unit(const struct unit *units, const char *name, size_t size)
{
    for (; units->name != NULL; units++) {
        if (strlen(units->name) == size && memcmp(units->name, name, size) == 0) {
            return units;
        }
    }
    return NULL;
}

/* Reads digits with an optional fraction, as C writes them and no other way (no sign, no 1e3, no hex), and
 * moves `*text` behind them. A number of more than 30 characters is none. */
static int read_number(const char **text, double *number)
{
    enum { LONGEST = 30 };
    size_t whole = strspn(*text, "0123456789");
    size_t size = whole;
    if ((*text)[size] == '.') {
        size_t fraction = strspn(*text + size + 1, "0123456789");
        size += fraction > 0 ? fraction + 1 : 0;
    }
    if (whole == 0 || size > LONGEST) {
        return -1;
    }
    char digits[LONGEST + 1];
    memcpy(digits, *text, size);
    digits[size] = '\0';
    *number = strtod(digits, NULL);
    *text += size;
    return 0;
}

static int parse_scaled(const char *text, const struct unit *units, double *value)
{
    double number;
    const char *at = text;
    if (read_number(&at, &number) != 0) {
        return -1;
    }
    at += *at == ' ';
    const struct unit *unit = find_unit(units, at, strlen(at));
    if (unit == NULL) {
        return -1;
    }
    *value = number * unit->factor;
    return *value < 9e18 ? 0 : -1;
}

int units_parse_count(const char *text, uint64_t *count, struct error *err)
{
    double value;
    if (parse_scaled(text, count_units, &value) != 0 || value != floor(value)) {
        return error_set(err, ERROR_INPUT, "'%.60s' is not a count; write 5000, 200k or 3M", text);
    }
    *count = (uint64_t)value;
    return 0;
}

int units_parse_bytes(const char *text, uint64_t *bytes, struct error *err)
{
    double value;
    if (parse_scaled(text, byte_units, &value) != 0) {
        return error_set(err, ERROR_INPUT, "'%.60s' is not a size; write 512, 64KiB or 2GiB", text);
    }
    *bytes = (uint64_t)value;
    return 0;
}

int units_parse_duration_ms(const char *text, int64_t *duration_ms, struct error *err)
{
    double total_ms = 0;
    const char *at = text;
    do {
        double number;
        size_t unit_size = 0;
        const struct unit *unit = NULL;
        if (read_number(&at, &number) == 0) {
            while (isalpha((unsigned char)at[unit_size])) {
                unit_size++;
            }
            unit = find_unit(millisecond_units, at, unit_size);
        }
        if (unit == NULL || !(total_ms + number * unit->factor < 9e18)) {
            return error_set(err, ERROR_INPUT,
                             "'%.60s' is not a duration; write 500ms, 90s, 15m, 6h, 30d or 1h30m",
                             text);
        }
        total_ms += number * unit->factor;
        at += unit_size;
    } while (*at != '\0');
    *duration_ms = (int64_t)total_ms;
    return 0;
}

int units_parse_duration_second(const char *text, int64_t *duration_second, struct error *err)
{
    enum { MS_PER_SECOND = 1000 };
    int64_t duration_ms = 0;
    if (units_parse_duration_ms(text, &duration_ms, err) != 0) {
        return -1;
    }
    if (duration_ms % MS_PER_SECOND != 0) {
        return error_set(err, ERROR_INPUT, "'%.60s' is not a whole number of seconds", text);
    }
    *duration_second = duration_ms / MS_PER_SECOND;
    return 0;
}

int units_parse_share(const char *text, double *share, struct error *err)
{
    static const struct unit share_units[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
    double value;
    if (parse_scaled(text, share_units, &value) != 0 || value > 1) {
        return error_set(err, ERROR_INPUT, "'%.60s' is not a share; write 80%% or 0.8", text);
    }
    *share = value;
    return 0;
}

int units_parse_number(const char *text, double *number, struct error *err)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || isspace((unsigned char)*text)) {
        return error_set(err, ERROR_INPUT, "'%.60s' is not a number", text);
    }
    *number = value;
    return 0;
}

const char *units_print_bytes(char *text, uint64_t bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t step = 0;
    while (value >= 1024.0) {
        value /= 1024.0;
        step++;
    }
    snprintf(text, UNITS_TEXT_SIZE, step == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value,
             names[step]);
    return text;
}

const char *units_print_count(char *text, uint64_t count)
{
    static const char *const names[] = {"", "k", "M", "G", "T", "P", "E"};
    enum { LARGEST_PLAIN = 9999 };
    if (count <= LARGEST_PLAIN) {
        snprintf(text, UNITS_TEXT_SIZE, "%u", (unsigned)count);
        return text;
    }
    double value = (double)count;
    size_t step = 0;
    while (value >= 1000.0) {
        value /= 1000.0;
        step++;
    }
    snprintf(text, UNITS_TEXT_SIZE, value >= 100 ? "%.0f%s" : "%.1f%s", value, names[step]);
    return text;
}

const char *units_print_duration(char *text, double duration_second)
{
    const double minute = 60;
    const double hour = 3600;
    const double day = 86400;
    if (!(duration_second >= 0)) {
        duration_second = 0;
    }
    if (duration_second < 1) {
        snprintf(text, UNITS_TEXT_SIZE, "%.0f ms", duration_second * 1000);
    } else if (duration_second < minute) {
        snprintf(text, UNITS_TEXT_SIZE, "%.1f s", duration_second);
    } else if (duration_second < hour) {
        long second = lround(duration_second);
        snprintf(text, UNITS_TEXT_SIZE, "%ld min %02ld s", second / 60, second % 60);
    } else if (duration_second < day) {
        long minutes = lround(duration_second / minute);
        snprintf(text, UNITS_TEXT_SIZE, "%ld h %02ld min", minutes / 60, minutes % 60);
    } else {
        snprintf(text, UNITS_TEXT_SIZE, "%.1f days", duration_second / day);
    }
    return text;
}
