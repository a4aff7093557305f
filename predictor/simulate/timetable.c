/* timetable.c - which day is what in a simulated shop.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/timetable.h"

#include "common/civil_time.h"
#include "predictor/simulate/draw.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    JITTER_DAYS = 3,       /* a promotion begins up to so many days before or after its turn */
    EPOCH_WEEKDAY = 4,     /* 1970-01-01 was a Thursday */
    GAP_IN_PROMOTIONS = 2, /* turns are at least so many promotion lengths plus the jitter apart */
    DATE_SIZE = sizeof "2026-11-11" - 1,
};
static const double year_days = 365.25;
static const double day_share_decay =
    0.6; /* each day of a promotion draws so much of the day before */
static const double full_turn = 6.283185307179586;

static void name_promotion(struct promotion *promotion, int64_t start_unix)
{
    char date[CIVIL_TEXT_SIZE];
    civil_print_rfc3339(date, start_unix, NULL);
    snprintf(promotion->name, sizeof promotion->name, "%s-%.*s",
             shop_kind_promotion_name[promotion->kind], DATE_SIZE, date);
}

/* Evenly over the log, the coming one at its end; a past one is moved by up to `jitter` days. */
static void place_promotion(struct timetable *timetable, size_t index, int32_t jitter, gsl_rng *rng)
{
    const struct shop_kind *shop = timetable->shop;
    struct promotion *promotion = &timetable->promotions[index];
    bool is_coming = index == timetable->past_count;
    int64_t turn =
        timetable->log_days * (int64_t)(index + 1) / (int64_t)(timetable->past_count + 1);
    /* Drawn for the coming one too, so that all promotions use up the same random numbers. */
    int32_t moved = (int32_t)gsl_rng_uniform_int(rng, 2 * (unsigned long)jitter + 1) - jitter;
    double normal = gsl_ran_gaussian(rng, shop->strength_sigma);
    promotion->start_day = (int32_t)turn + (is_coming ? 0 : moved);
    promotion->end_day = promotion->start_day + (int32_t)shop->promotion_days;
    /* Counted from the coming one, so that it is of the first kind. */
    promotion->kind = (int32_t)((timetable->past_count - index) % (size_t)shop->promotion_kinds);
    promotion->multiplier = shop_kind_promotion_mean[promotion->kind] * exp(normal);
    name_promotion(promotion, timetable_unix(timetable, promotion->start_day));
}

static int64_t count_past(const struct shop_kind *shop, int64_t asked, int64_t log_days)
{
    return asked >= 0 ? asked : (int64_t)((double)log_days / shop->days_per_promotion + 1.0 / 2);
}

int timetable_init(struct timetable *timetable, const struct shop_kind *shop, int64_t past_count,
                   int64_t log_days, int64_t end_unix, uint64_t seed, struct error *err)
{
    int64_t end_day = end_unix / SECONDS_PER_DAY;
    int64_t past = count_past(shop, past_count, log_days);
    *timetable = (struct timetable){.shop = shop,
                                    .first_unix = (end_day - log_days) * SECONDS_PER_DAY,
                                    .log_days = (int32_t)log_days};
    int64_t turn_days = log_days / (past + 1);
    int64_t turn_days_min = GAP_IN_PROMOTIONS * shop->promotion_days;
    if (turn_days < turn_days_min) {
        return error_set(
            err, ERROR_USAGE,
            "--promotions %lld do not fit into --days %lld: each needs %lld days at the least "
            "in a %s shop",
            (long long)past, (long long)log_days, (long long)turn_days_min, shop->name);
    }
    int64_t room = (turn_days - turn_days_min) / 2;
    timetable->past_count = (size_t)past;
    timetable->promotions = calloc((size_t)past + 1, sizeof *timetable->promotions);
    gsl_rng *rng = draw_new(seed, DRAW_PROMOTION);
    if (timetable->promotions == NULL || rng == NULL) {
        gsl_rng_free(rng);
        return error_set_memory(err, "placing the promotions");
    }
    for (size_t i = 0; i <= timetable->past_count; i++) {
        place_promotion(timetable, i, (int32_t)(room < JITTER_DAYS ? room : JITTER_DAYS), rng);
    }
    gsl_rng_free(rng);
    return 0;
}

void timetable_free(struct timetable *timetable)
{
    free(timetable->promotions);
    timetable->promotions = NULL;
}

const struct promotion *timetable_coming(const struct timetable *timetable)
{
    return &timetable->promotions[timetable->past_count];
}

const struct promotion *timetable_find(const struct timetable *timetable, int32_t day)
{
    for (size_t i = 0; i <= timetable->past_count; i++) {
        const struct promotion *promotion = &timetable->promotions[i];
        if (day >= promotion->start_day && day < promotion->end_day) {
            return promotion;
        }
    }
    return NULL;
}

int64_t timetable_unix(const struct timetable *timetable, int32_t day)
{
    return timetable->first_unix + (int64_t)day * SECONDS_PER_DAY;
}

double timetable_week(const struct timetable *timetable, int32_t day)
{
    int64_t epoch_day = timetable_unix(timetable, day) / SECONDS_PER_DAY;
    return shop_kind_week[(epoch_day + EPOCH_WEEKDAY) % DAYS_PER_WEEK];
}

double timetable_season(const struct timetable *timetable, int32_t group, int32_t day)
{
    int64_t epoch_day = timetable_unix(timetable, day) / SECONDS_PER_DAY;
    double years = (double)epoch_day / year_days;
    double turns = years - (double)group / SEASON_GROUP_COUNT;
    return 1 + timetable->shop->season_swing * cos(full_turn * turns);
}

double timetable_day_share(const struct promotion *promotion, int32_t day)
{
    if (promotion == NULL) {
        return 0;
    }
    double weight = 1, sum = 0, asked = 0;
    for (int32_t at = promotion->start_day; at < promotion->end_day; at++) {
        asked = at == day ? weight : asked;
        sum += weight;
        weight *= day_share_decay;
    }
    return asked / sum;
}
