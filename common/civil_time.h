/* civil_time.h - Unix time to calendar and back, RFC 3339 in and out, zones.
 * Room: common. May touch: the zone files of the system (once, in zone_open).
 * Promises: an open zone is a table: all functions may be used from any thread, but for zone_open, which borrows
 * the C library's one current zone for a moment and so belongs before the first thread. */
#ifndef REKINDLE_COMMON_CIVIL_TIME_H
#define REKINDLE_COMMON_CIVIL_TIME_H

#include "common/error.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SECONDS_PER_MINUTE = 60,
    SECONDS_PER_HOUR = 3600,
    SECONDS_PER_DAY = 86400,
    CIVIL_TEXT_SIZE = 32
};

struct civil {
    int year, month, day;     /* month 1..12, day 1..31 */
    int hour, minute, second; /* second 0..60 */
};

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back. */
int64_t civil_days(int year, int month, int day);
struct civil civil_from_unix(int64_t unix_second);

/* Seconds of `civil` read as UTC; no range check. */
int64_t civil_to_unix(const struct civil *civil);

/* 0 when every field is in its range and the day exists in its month, else -1. */
int civil_check(const struct civil *civil);

/* A time zone: UTC, a fixed offset, or an IANA name. */
struct zone;

/* `UTC`, `Z`, `+02:00`, `-0530`, `Europe/Madrid`, or `local`. ERROR_INPUT when there is no such zone. */
struct zone *zone_open(const char *name, struct error *err) MUST_CHECK;
void zone_close(struct zone *zone);
/* The offset east of UTC in seconds, in force at `unix_second`. A NULL zone is UTC. */
int32_t zone_offset_second(const struct zone *zone, int64_t unix_second);
/* A wall clock of that zone to Unix time: in a gap the time after it, in an overlap the earlier one. */
int64_t zone_to_unix(const struct zone *zone, const struct civil *wall);

/* Parses `2026-11-11`, `2026-11-11T08:00`, `2026-11-11 08:00:00[.fff]`, with `Z` or `+08:00` at the end; without
 * one it is a wall clock of `zone`. Returns 0, or -1 when it is none of these (no message: hot path).
 * `*millisecond` (may be NULL) takes the fraction, cut. */
int civil_parse_rfc3339(struct slice text, const struct zone *zone, int64_t *unix_second,
                        int *millisecond);
/* The same for an option or a config value, with a sentence. */
int civil_parse_time(const char *text, const struct zone *zone, int64_t *unix_second,
                     struct error *err) MUST_CHECK;
/* `START/END`, both as above, START before END. */
int civil_parse_window(const char *text, const struct zone *zone, int64_t *start_unix,
                       int64_t *end_unix, struct error *err) MUST_CHECK;

/* `2026-11-11T08:00:00Z`, or with the zone's offset; to `text` [CIVIL_TEXT_SIZE], returned. */
const char *civil_print_rfc3339(char *text, int64_t unix_second, const struct zone *zone);

#endif
