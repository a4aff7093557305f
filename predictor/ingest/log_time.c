/* log_time.c - see log_time.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/log_time.h"

#include <string.h>

enum {
    DECIMAL = 10,
    WEB_DATE_SIZE = 11,  /* 17/May/2015 */
    WEB_CLOCK_SIZE = 20, /* 17/May/2015:10:05:03 */
    WEB_WHOLE_SIZE = 26, /* ... +0000 */
    ISO_DATE_SIZE = 10,  /* 2015-05-17 */
    ISO_HOUR_SIZE = 13,  /* 2015-05-17T10 */
    ISO_CLOCK_SIZE = 19, /* 2015-05-17T10:05:03 */
    SECONDS_OF_LAST_MINUTE = 59,
    MINUTES_OF_LAST_HOUR = 59,
    HOURS_OF_OFFSET_MAX = 15,
    UNIX_DIGITS_MAX = 19,
    LAST_SECOND_OF_HOUR = SECONDS_PER_HOUR - 1,
};

void log_clock_init(struct log_clock *clock, const struct zone *zone)
{
    memset(clock, 0, sizeof *clock);
    clock->zone = zone;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Two digits to 0..99, or -1. */
static int two_digits(const char *at)
{
    unsigned tens = (unsigned char)at[0] - (unsigned)'0';
    unsigned ones = (unsigned char)at[1] - (unsigned)'0';
    return tens < DECIMAL && ones < DECIMAL ? (int)(tens * DECIMAL + ones) : -1;
}

static int four_digits(const char *at)
{
    enum { HUNDRED = 100 };
    int high = two_digits(at);
    int low = two_digits(at + 2);
    return high >= 0 && low >= 0 ? high * HUNDRED + low : -1;
}

/* `:MM:SS` to seconds, or -1; second 60 is a leap second. */
static int minutes_and_seconds(const char *at)
{
    enum { SECOND_AT = 4, COLON_AT = 3 };
    int minute = two_digits(at + 1);
    int second = two_digits(at + SECOND_AT);
    if (at[0] != ':' || at[COLON_AT] != ':' || minute < 0 || minute > MINUTES_OF_LAST_HOUR ||
        second < 0 || second > SECONDS_OF_LAST_MINUTE + 1) {
        return -1;
    }
    return minute * SECONDS_PER_MINUTE + second;
}

/* `May` to 5, or 0. */
static int month_of(const char *at)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    enum { NAME_SIZE = 3 };
    for (int month = 0; months[month * NAME_SIZE] != '\0'; month++) {
        if (memcmp(months + month * NAME_SIZE, at, NAME_SIZE) == 0) {
            return month + 1;
        }
    }
    return 0;
}

/* `+0230` or `+02:30` to seconds; 0, or -1. */
static int parse_offset(struct slice text, int32_t *offset_second)
{
    enum { BASIC_SIZE = 5, EXTENDED_SIZE = 6, EXTENDED_COLON_AT = 3 };
    bool has_colon = text.size == EXTENDED_SIZE && text.bytes[EXTENDED_COLON_AT] == ':';
    if ((text.size != BASIC_SIZE && !has_colon) || (text.bytes[0] != '+' && text.bytes[0] != '-')) {
        return -1;
    }
    int hours = two_digits(text.bytes + 1);
    int minutes = two_digits(text.bytes + text.size - 2);
    if (hours < 0 || hours > HOURS_OF_OFFSET_MAX || minutes < 0 || minutes > MINUTES_OF_LAST_HOUR) {
        return -1;
    }
    int32_t offset = hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE;
    *offset_second = text.bytes[0] == '-' ? -offset : offset;
    return 0;
}

static int learn_web_date(struct log_clock *clock, const char *at)
{
    enum { MONTH_AT = 3, YEAR_AT = 7, SECOND_SLASH_AT = 6 };
    struct civil civil = {
        .year = four_digits(at + YEAR_AT), .month = month_of(at + MONTH_AT), .day = two_digits(at)};
    if (at[2] != '/' || at[SECOND_SLASH_AT] != '/' || civil.year < 0 || civil_check(&civil) != 0) {
        return -1;
    }
    memcpy(clock->web_date, at, WEB_DATE_SIZE);
    clock->web_day_unix = civil_to_unix(&civil);
    return 0;
}

static int parse_web(struct log_clock *clock, struct slice text, int64_t *at_unix)
{
    enum { HOUR_AT = 12, MINUTE_COLON_AT = 14, HOUR_MAX = 23 };
    const char *at = text.bytes;
    if (text.size < WEB_CLOCK_SIZE ||
        (memcmp(clock->web_date, at, WEB_DATE_SIZE) != 0 && learn_web_date(clock, at) != 0)) {
        return -1;
    }
    int hour = two_digits(at + HOUR_AT);
    int rest = minutes_and_seconds(at + MINUTE_COLON_AT);
    if (at[WEB_DATE_SIZE] != ':' || hour < 0 || hour > HOUR_MAX || rest < 0) {
        return -1;
    }
    int64_t wall = clock->web_day_unix + hour * SECONDS_PER_HOUR + rest;
    if (text.size == WEB_CLOCK_SIZE) {
        struct civil civil = civil_from_unix(wall);
        *at_unix = zone_to_unix(clock->zone, &civil);
        return 0;
    }
    struct slice offset_text = {.bytes = at + WEB_CLOCK_SIZE + 1,
                                .size = text.size - WEB_CLOCK_SIZE - 1};
    int32_t offset_second;
    if (at[WEB_CLOCK_SIZE] != ' ' || parse_offset(offset_text, &offset_second) != 0) {
        return -1;
    }
    *at_unix = wall - offset_second;
    return 0;
}

/* Remembers the hour of `at`; an hour in which the zone changes its offset is not remembered. */
static int learn_iso_hour(struct log_clock *clock, const char *at)
{
    enum { MONTH_AT = 5, DAY_AT = 8, HOUR_AT = 11, FIRST_DASH_AT = 4, SECOND_DASH_AT = 7 };
    struct civil civil = {.year = four_digits(at),
                          .month = two_digits(at + MONTH_AT),
                          .day = two_digits(at + DAY_AT),
                          .hour = two_digits(at + HOUR_AT)};
    bool has_marks = at[FIRST_DASH_AT] == '-' && at[SECOND_DASH_AT] == '-' &&
                     (at[ISO_DATE_SIZE] == 'T' || at[ISO_DATE_SIZE] == ' ');
    if (!has_marks || civil.year < 0 || civil_check(&civil) != 0) {
        return -1;
    }
    int64_t start = zone_to_unix(clock->zone, &civil);
    int64_t start_utc = civil_to_unix(&civil);
    civil.minute = MINUTES_OF_LAST_HOUR;
    civil.second = SECONDS_OF_LAST_MINUTE;
    if (zone_to_unix(clock->zone, &civil) - start != LAST_SECOND_OF_HOUR) {
        return -1;
    }
    memcpy(clock->iso_hour, at, ISO_HOUR_SIZE);
    clock->iso_hour_unix = start;
    clock->iso_hour_utc_unix = start_utc;
    return 0;
}

/* What nearly all lines hold: `2015-05-17T10:05:03`, a fraction, `Z` or an offset; -1 is no verdict. */
static int parse_usual_iso(struct log_clock *clock, struct slice text, int64_t *at_unix)
{
    if (text.size < ISO_CLOCK_SIZE || (memcmp(clock->iso_hour, text.bytes, ISO_HOUR_SIZE) != 0 &&
                                       learn_iso_hour(clock, text.bytes) != 0)) {
        return -1;
    }
    int rest = minutes_and_seconds(text.bytes + ISO_HOUR_SIZE);
    size_t used = ISO_CLOCK_SIZE;
    if (used + 1 < text.size && text.bytes[used] == '.' && is_digit(text.bytes[used + 1])) {
        do {
            used++;
        } while (used < text.size && is_digit(text.bytes[used]));
    }
    struct slice offset_text = {.bytes = text.bytes + used, .size = text.size - used};
    int32_t offset_second = 0;
    bool is_utc = offset_text.size == 1 && *offset_text.bytes == 'Z';
    bool has_offset = offset_text.size > 0 && !is_utc;
    if (rest < 0 || (has_offset && parse_offset(offset_text, &offset_second) != 0)) {
        return -1;
    }
    bool is_wall = offset_text.size == 0;
    *at_unix = (is_wall ? clock->iso_hour_unix : clock->iso_hour_utc_unix - offset_second) + rest;
    return 0;
}

static int parse_iso(struct log_clock *clock, struct slice text, int64_t *at_unix)
{
    if (parse_usual_iso(clock, text, at_unix) == 0) {
        return 0;
    }
    return civil_parse_rfc3339(text, clock->zone, at_unix, NULL);
}

/* What to divide by, told by the number of digits: logs count seconds, ms, us or ns since 1970. */
static int64_t units_per_second(size_t digit_count)
{
    enum { SECOND_DIGITS_MAX = 11, MS_DIGITS_MAX = 14, US_DIGITS_MAX = 17 };
    static const int64_t ms = 1000, us = 1000000, ns = 1000000000;
    if (digit_count <= SECOND_DIGITS_MAX) {
        return 1;
    }
    return digit_count <= MS_DIGITS_MAX ? ms : digit_count <= US_DIGITS_MAX ? us : ns;
}

static int parse_number(struct slice text, int64_t *at_unix)
{
    uint64_t number = 0;
    size_t used = 0;
    for (; used < text.size && used <= UNIX_DIGITS_MAX && is_digit(text.bytes[used]); used++) {
        number = number * DECIMAL + ((unsigned char)text.bytes[used] - (unsigned)'0');
    }
    size_t digit_count = used;
    if (digit_count == 0 || digit_count > UNIX_DIGITS_MAX || number > INT64_MAX) {
        return -1;
    }
    if (used < text.size && text.bytes[used] == '.') {
        do {
            used++;
        } while (used < text.size && is_digit(text.bytes[used]));
    }
    if (used < text.size) {
        return -1;
    }
    *at_unix = (int64_t)number / units_per_second(digit_count);
    return 0;
}

int log_time_parse(struct log_clock *clock, struct slice text, int64_t *at_unix)
{
    enum { ISO_DASH_AT = 4 };
    if (text.size > ISO_DASH_AT && text.bytes[2] == '/') {
        return parse_web(clock, text, at_unix);
    }
    if (text.size > ISO_DASH_AT && text.bytes[ISO_DASH_AT] == '-') {
        return parse_iso(clock, text, at_unix);
    }
    return parse_number(text, at_unix);
}
