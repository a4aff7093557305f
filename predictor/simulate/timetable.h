/* timetable.h - which day is what in a simulated shop: weekday, season, promotion and its strength.
 * Room: predictor/simulate. May touch: nothing. Days count from the first day of the log, 0. */
#ifndef REKINDLE_PREDICTOR_TIMETABLE_H
#define REKINDLE_PREDICTOR_TIMETABLE_H

#include "common/error.h"
#include "predictor/simulate/shop_kind.h"

#include <stddef.h>
#include <stdint.h>

enum { PROMOTION_DAYS_MAX = 14, PROMOTION_NAME_SIZE = 40 };

struct promotion {
    char name[PROMOTION_NAME_SIZE]; /* kind and first day: sale-2026-11-11 */
    int32_t start_day, end_day;     /* [start, end) */
    int32_t kind;                   /* index into shop_kind_promotion_name */
    double multiplier; /* on everyone's extra visits; see truth-events.csv for the strength */
};

struct timetable {
    const struct shop_kind *shop;
    int64_t first_unix; /* midnight UTC of day 0 */
    int32_t log_days;   /* the coming promotion starts on this day */
    struct promotion
        *promotions; /* [past_count + 1] in order of time; the last is the coming one */
    size_t past_count;
};

/* `past_count` below 0: as the shop has. ERROR_USAGE when so many do not fit into the days.
 * Free with timetable_free, also after an error. */
int timetable_init(struct timetable *timetable, const struct shop_kind *shop, int64_t past_count,
                   int64_t log_days, int64_t end_unix, uint64_t seed, struct error *err) MUST_CHECK;
void timetable_free(struct timetable *timetable);

const struct promotion *timetable_coming(const struct timetable *timetable);
/* The promotion that runs on `day`, or NULL. */
const struct promotion *timetable_find(const struct timetable *timetable, int32_t day);
int64_t timetable_unix(const struct timetable *timetable, int32_t day);

/* Factors on visits and popularity, by weekday and by season for each of the groups. */
double timetable_week(const struct timetable *timetable, int32_t day);
double timetable_season(const struct timetable *timetable, int32_t group, int32_t day);
/* Share of a promotion's extra visits that falls on `day` of it; the shares sum to 1, the first is the
 * largest. 0 when `promotion` is NULL. */
double timetable_day_share(const struct promotion *promotion, int32_t day);

#endif
