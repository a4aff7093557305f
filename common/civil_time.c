/* civil_time.c - see civil_time.h.
 * Room: common. May touch: the zone files of the system.
 * The calendar arithmetic counts days in eras of 400 years that begin on 1 March, so that the leap day is the
 * last of a year: a year then has 153 days in each five months, whatever the leap rule says. */
#include "common/civil_time.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DAYS_PER_ERA = 146097, /* 400 years */
    YEARS_PER_ERA = 400,
    DAYS_TO_EPOCH = 719468, /* from 0000-03-01 to 1970-01-01 */
    DAYS_PER_YEAR = 365,
    DAYS_PER_4_YEARS = 1460,
    DAYS_PER_CENTURY = 36524,
    DAYS_PER_5_MONTHS = 153,
    MONTHS_PER_YEAR = 12,
    HOURS_PER_DAY = 24,
    MINUTES_PER_HOUR = 60,
};

/* Floor division for a positive divisor. */
static int64_t divide_down(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return quotient - (value % divisor < 0);
}

int64_t civil_days(int year, int month, int day)
{
    int64_t march_year = (int64_t)year - (month <= 2);
    int64_t era = divide_down(march_year, YEARS_PER_ERA);
    int64_t year_of_era = march_year - era * YEARS_PER_ERA;
    int64_t month_from_march = (month + 9) % MONTHS_PER_YEAR;
    int64_t day_of_year = (DAYS_PER_5_MONTHS * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * DAYS_PER_YEAR + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

static void set_date(struct civil *civil, int64_t days)
{
    int64_t shifted = days + DAYS_TO_EPOCH;
    int64_t era = divide_down(shifted, DAYS_PER_ERA);
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / DAYS_PER_4_YEARS +
                           day_of_era / DAYS_PER_CENTURY - day_of_era / (DAYS_PER_ERA - 1)) /
                          DAYS_PER_YEAR;
    int64_t day_of_year =
        day_of_era - (year_of_era * DAYS_PER_YEAR + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / DAYS_PER_5_MONTHS;
    civil->day = (int)(day_of_year - (DAYS_PER_5_MONTHS * month_from_march + 2) / 5 + 1);
    civil->month = (int)((month_from_march + 2) % MONTHS_PER_YEAR + 1);
    civil->year = (int)(year_of_era + era * YEARS_PER_ERA + (civil->month <= 2));
}

struct civil civil_from_unix(int64_t unix_second)
{
    struct civil civil;
    int64_t days = divide_down(unix_second, SECONDS_PER_DAY);
    int second_of_day = (int)(unix_second - days * SECONDS_PER_DAY);
    set_date(&civil, days);
    civil.hour = second_of_day / SECONDS_PER_HOUR;
    civil.minute = second_of_day % SECONDS_PER_HOUR / SECONDS_PER_MINUTE;
    civil.second = second_of_day % SECONDS_PER_MINUTE;
    return civil;
}

int64_t civil_to_unix(const struct civil *civil)
{
    return civil_days(civil->year, civil->month, civil->day) * SECONDS_PER_DAY +
           civil->hour * SECONDS_PER_HOUR + civil->minute * SECONDS_PER_MINUTE + civil->second;
}

static int days_in_month(int year, int month)
{
    static const int days[MONTHS_PER_YEAR] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % YEARS_PER_ERA == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

int civil_check(const struct civil *civil)
{
    bool is_good = civil->month >= 1 && civil->month <= MONTHS_PER_YEAR && civil->day >= 1 &&
                   civil->day <= days_in_month(civil->year, civil->month) && civil->hour >= 0 &&
                   civil->hour < HOURS_PER_DAY && civil->minute >= 0 &&
                   civil->minute < MINUTES_PER_HOUR && civil->second >= 0 &&
                   civil->second <= SECONDS_PER_MINUTE;
    return is_good ? 0 : -1;
}

/* ---- parsing: each read_ function moves `text` forward and returns 0, or -1 and leaves it anywhere */

static int read_digits(struct slice *text, size_t count, int *number)
{
    if (text->size < count) {
        return -1;
    }
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        char digit = text->bytes[i];
        if (digit < '0' || digit > '9') {
            return -1;
        }
        *number = *number * 10 + (digit - '0');
    }
    text->bytes += count;
    text->size -= count;
    return 0;
}

static bool take_byte(struct slice *text, char wanted)
{
    if (text->size == 0 || text->bytes[0] != wanted) {
        return false;
    }
    text->bytes++;
    text->size--;
    return true;
}

static int read_date(struct slice *text, struct civil *civil)
{
    bool is_good = read_digits(text, 4, &civil->year) == 0 && take_byte(text, '-') &&
                   read_digits(text, 2, &civil->month) == 0 && take_byte(text, '-') &&
                   read_digits(text, 2, &civil->day) == 0;
    return is_good ? 0 : -1;
}

/* `.123456789`: the first three digits count, the rest is cut. */
static int read_fraction(struct slice *text, int *millisecond)
{
    int digit;
    int scale = 100;
    if (read_digits(text, 1, &digit) != 0) {
        return -1;
    }
    do {
        *millisecond += digit * scale;
        scale /= 10;
    } while (read_digits(text, 1, &digit) == 0);
    return 0;
}

static int read_clock(struct slice *text, struct civil *civil, int *millisecond)
{
    bool is_good = read_digits(text, 2, &civil->hour) == 0 && take_byte(text, ':') &&
                   read_digits(text, 2, &civil->minute) == 0;
    if (!is_good) {
        return -1;
    }
    if (!take_byte(text, ':')) {
        return 0;
    }
    if (read_digits(text, 2, &civil->second) != 0) {
        return -1;
    }
    if (take_byte(text, '.') || take_byte(text, ',')) {
        return read_fraction(text, millisecond);
    }
    return 0;
}

/* `Z`, `+08:00`, `-0530`, `+08`; takes the whole of `text`. */
static int read_offset(struct slice text, int32_t *offset_second)
{
    if (take_byte(&text, 'Z') || take_byte(&text, 'z')) {
        *offset_second = 0;
        return text.size == 0 ? 0 : -1;
    }
    int hour;
    int minute = 0;
    int sign = take_byte(&text, '-') ? -1 : 1;
    if (sign == 1 && !take_byte(&text, '+')) {
        return -1;
    }
    if (read_digits(&text, 2, &hour) != 0) {
        return -1;
    }
    if (text.size > 0) {
        take_byte(&text, ':');
        if (read_digits(&text, 2, &minute) != 0 || text.size != 0) {
            return -1;
        }
    }
    if (hour >= HOURS_PER_DAY || minute >= MINUTES_PER_HOUR) {
        return -1;
    }
    *offset_second = sign * (hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE);
    return 0;
}

int civil_parse_rfc3339(struct slice text, const struct zone *zone, int64_t *unix_second,
                        int *millisecond)
{
    struct civil civil = {0};
    int fraction = 0;
    int32_t offset_second;
    if (read_date(&text, &civil) != 0) {
        return -1;
    }
    if (text.size > 0) {
        bool has_clock = take_byte(&text, 'T') || take_byte(&text, 't') || take_byte(&text, ' ');
        if (!has_clock || read_clock(&text, &civil, &fraction) != 0) {
            return -1;
        }
    }
    if (civil_check(&civil) != 0) {
        return -1;
    }
    if (text.size == 0) {
        *unix_second = zone_to_unix(zone, &civil);
    } else if (read_offset(text, &offset_second) == 0) {
        *unix_second = civil_to_unix(&civil) - offset_second;
    } else {
        return -1;
    }
    if (millisecond != NULL) {
        *millisecond = fraction;
    }
    return 0;
}

int civil_parse_time(const char *text, const struct zone *zone, int64_t *unix_second,
                     struct error *err)
{
    if (civil_parse_rfc3339(slice_of(text), zone, unix_second, NULL) != 0) {
        return error_set(err, ERROR_INPUT,
                         "'%.60s' is not a time; write 2026-11-11 or 2026-11-11T08:00:00Z", text);
    }
    return 0;
}

int civil_parse_window(const char *text, const struct zone *zone, int64_t *start_unix,
                       int64_t *end_unix, struct error *err)
{
    const char *slash = strchr(text, '/');
    if (slash == NULL) {
        return error_set(err, ERROR_INPUT,
                         "'%.80s' is not a window; write START/END, as 2026-11-11/2026-11-14",
                         text);
    }
    struct slice start = {.bytes = text, .size = (size_t)(slash - text)};
    if (civil_parse_rfc3339(start, zone, start_unix, NULL) != 0) {
        return error_set(err, ERROR_INPUT,
                         "the start of the window '%.80s' is not a time; write 2026-11-11 or "
                         "2026-11-11T08:00:00Z",
                         text);
    }
    if (civil_parse_time(slash + 1, zone, end_unix, err) != 0) {
        return error_add_context(err, "the end of the window");
    }
    if (*start_unix >= *end_unix) {
        return error_set(err, ERROR_INPUT, "the window '%.80s' ends before it starts", text);
    }
    return 0;
}

const char *civil_print_rfc3339(char *text, int64_t unix_second, const struct zone *zone)
{
    int32_t offset_second = zone_offset_second(zone, unix_second);
    struct civil civil = civil_from_unix(unix_second + offset_second);
    char clock[CIVIL_TEXT_SIZE];
    int size = snprintf(clock, sizeof clock, "%04d-%02d-%02dT%02d:%02d:%02d", civil.year % 10000,
                        civil.month % 100, civil.day % 100, civil.hour % 100, civil.minute % 100,
                        civil.second % 100);
    if (offset_second == 0) {
        snprintf(text, CIVIL_TEXT_SIZE, "%.*sZ", size, clock);
    } else {
        int minutes = abs(offset_second) / SECONDS_PER_MINUTE;
        snprintf(text, CIVIL_TEXT_SIZE, "%.*s%c%02d:%02d", 19, clock, offset_second < 0 ? '-' : '+',
                 minutes / MINUTES_PER_HOUR % 100, minutes % MINUTES_PER_HOUR);
    }
    return text;
}

/* ---- zones
 * The C library knows the zone files, but only one zone at a time and in global state. So each zone is asked for
 * its offsets once, at opening, and kept as a table: thread-safe, and ten times faster than localtime_r. */

struct transition {
    int64_t from_unix;
    int32_t offset_second;
};

enum { TRANSITIONS_MAX = 512, SCAN_STEP_SECOND = 7 * SECONDS_PER_DAY };

struct zone {
    size_t transition_count;
    struct transition
        transitions[TRANSITIONS_MAX]; /* ascending; the first holds for all time before, too */
};

static int32_t ask_library(int64_t unix_second)
{
    time_t moment = (time_t)unix_second;
    struct tm broken = {0};
    localtime_r(&moment, &broken);
    return (int32_t)broken.tm_gmtoff;
}

/* The first second in (low, high] with the offset that `high` has. */
static int64_t find_transition(int64_t low, int64_t high)
{
    int32_t offset_second = ask_library(high);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (ask_library(middle) == offset_second) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

static void add_transition(struct zone *zone, int64_t from_unix, int32_t offset_second)
{
    if (zone->transition_count < TRANSITIONS_MAX) {
        zone->transitions[zone->transition_count++] =
            (struct transition){.from_unix = from_unix, .offset_second = offset_second};
    }
}

/* From 1970 to 2100: logs are not older and windows not later. No zone moves twice within a week. */
static void scan_transitions(struct zone *zone)
{
    const int64_t end_unix = civil_days(2100, 1, 1) * SECONDS_PER_DAY;
    int32_t offset_second = ask_library(0);
    add_transition(zone, 0, offset_second);
    for (int64_t at = SCAN_STEP_SECOND; at < end_unix; at += SCAN_STEP_SECOND) {
        int32_t next_second = ask_library(at);
        if (next_second != offset_second) {
            add_transition(zone, find_transition(at - SCAN_STEP_SECOND, at), next_second);
            offset_second = next_second;
        }
    }
}

static bool has_zone_file(const char *name)
{
    char path[PATH_MAX];
    const char *folder = getenv("TZDIR");
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL) {
        return false;
    }
    snprintf(path, sizeof path, "%s/%s", folder == NULL ? "/usr/share/zoneinfo" : folder, name);
    FILE *file = fopen(path, "rbe");
    char magic[4] = "";
    bool is_zone = file != NULL && fread(magic, 1, sizeof magic, file) == sizeof magic &&
                   memcmp(magic, "TZif", sizeof magic) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return is_zone;
}

static int load_named_zone(struct zone *zone, const char *name, struct error *err)
{
    const char *current = getenv("TZ");
    char *saved = current == NULL ? NULL : strdup(current);
    if (strcmp(name, "local") != 0) {
        if (!has_zone_file(name)) {
            free(saved);
            return error_set(err, ERROR_INPUT,
                             "there is no time zone '%.60s'; write UTC, +02:00, local or a name as "
                             "Europe/Madrid (Debian's package tzdata has them)",
                             name);
        }
        setenv("TZ", name, 1);
    }
    tzset();
    scan_transitions(zone);
    if (saved == NULL) {
        unsetenv("TZ");
    } else {
        setenv("TZ", saved, 1);
    }
    tzset();
    free(saved);
    return 0;
}

struct zone *zone_open(const char *name, struct error *err)
{
    int32_t offset_second = 0;
    struct zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL) {
        error_set_memory(err, "opening a time zone");
        return NULL;
    }
    if (strcmp(name, "UTC") == 0 || read_offset(slice_of(name), &offset_second) == 0) {
        add_transition(zone, 0, offset_second);
    } else if (load_named_zone(zone, name, err) != 0) {
        free(zone);
        return NULL;
    }
    return zone;
}

void zone_close(struct zone *zone)
{
    free(zone);
}

int32_t zone_offset_second(const struct zone *zone, int64_t unix_second)
{
    if (zone == NULL) {
        return 0;
    }
    size_t low = 0;
    size_t high = zone->transition_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->transitions[middle].from_unix <= unix_second) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return zone->transitions[low].offset_second;
}

/* The offsets a day before and a day after the wall clock are the only two that can apply. In an overlap the
 * earlier moment is wanted, so the offset from before is tried first; in a gap neither fits and the offset from
 * before the gap lands behind it. */
int64_t zone_to_unix(const struct zone *zone, const struct civil *wall)
{
    int64_t as_utc = civil_to_unix(wall);
    int32_t before = zone_offset_second(zone, as_utc - SECONDS_PER_DAY);
    int32_t after = zone_offset_second(zone, as_utc + SECONDS_PER_DAY);
    if (zone_offset_second(zone, as_utc - before) == before) {
        return as_utc - before;
    }
    if (zone_offset_second(zone, as_utc - after) == after) {
        return as_utc - after;
    }
    return as_utc - before;
}
