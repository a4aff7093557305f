/* log_time.h - the timestamps of logs to Unix seconds, fast because most lines share the hour of the line before.
 * Room: predictor/ingest. May touch: nothing. Pure; one log_clock a thread. */
#ifndef REKINDLE_PREDICTOR_LOG_TIME_H
#define REKINDLE_PREDICTOR_LOG_TIME_H

#include "common/civil_time.h"
#include "common/slice.h"

#include <stdint.h>

enum { LOG_CLOCK_DATE_SIZE = 16 };

/* Remembers the last date, and for ISO times the last hour with its offset. Init with log_clock_init. */
struct log_clock {
    const struct zone *zone; /* of times that tell none; borrowed; NULL: UTC */
    char web_date[LOG_CLOCK_DATE_SIZE];
    int64_t web_day_unix;
    char iso_hour[LOG_CLOCK_DATE_SIZE]; /* `2026-11-11T08`: an hour without a change of offset */
    int64_t iso_hour_unix, iso_hour_utc_unix;
};

void log_clock_init(struct log_clock *clock, const struct zone *zone);

/* Any time that logs hold, told by its look; 0, or -1 when it is none. Fractions are cut:
 *   `17/May/2015:10:05:03 +0000`        web logs ($time_local); the offset may be absent
 *   `2015-05-17T10:05:03[.25][Z|+02:00]` and with a blank for the T; or the date alone
 *   `1431857103[.25]`                   seconds; 12 to 14 digits are ms, 15 to 17 us, 18 or 19 ns */
int log_time_parse(struct log_clock *clock, struct slice text, int64_t *at_unix);

#endif
