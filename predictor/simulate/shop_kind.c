/* shop_kind.c - the table of simulated shops.
 * Room: predictor/simulate. May touch: nothing.
 * The numbers are plausible, not measured: their purpose is to show mechanisms, not field results. */
#include "predictor/simulate/shop_kind.h"

#include <stddef.h>
#include <string.h>

/* What stands out: in a sparse shop a user comes three or four times in 120 days and most are asleep at any
 * moment; in a dense one they come every other day; in a seasonal one promotions are frequent, take turns
 * between two kinds and swing in strength, and users and products each have their season. */
static const struct shop_kind shop_kinds[] = {
    {
        .name = "sparse",
        .visits_per_day = 0.10,
        .visit_shape = 0.8,
        .views_per_visit = 2.6,
        .landing_share = 0.3,
        .old_user_share = 0.6,
        .event_joiner_share = 0.2,
        .user_sleep = {.awake_days = 25, .asleep_days = 55, .life_days = 300, .hazard_shape = 1.5},
        .event_indifferent_share = 0.45,
        .event_only_share = 0.12,
        .event_visits = 0.45,
        .event_only_visits = 1.3,
        .event_shape = 0.7,
        .revival_share = 0.3,
        .zipf_exponent = 0.9,
        .product_shape = 0.6,
        .launched_share = 0.25,
        .event_boost = 2.0,
        .event_product_share = 0.08,
        .product_sleep =
            {.awake_days = 60, .asleep_days = 45, .life_days = 500, .hazard_shape = 2.0},
        .days_per_promotion = 60,
        .promotion_days = 3,
        .strength_sigma = 0.30,
        .promotion_kinds = 1,
        .season_swing = 0,
    },
    {
        .name = "dense",
        .visits_per_day = 0.55,
        .visit_shape = 1.3,
        .views_per_visit = 3.2,
        .landing_share = 0.5,
        .old_user_share = 0.75,
        .event_joiner_share = 0.1,
        .user_sleep = {.awake_days = 70, .asleep_days = 45, .life_days = 400, .hazard_shape = 2.0},
        .event_indifferent_share = 0.35,
        .event_only_share = 0.05,
        .event_visits = 0.6,
        .event_only_visits = 1.5,
        .event_shape = 1.0,
        .revival_share = 0.4,
        .zipf_exponent = 0.8,
        .product_shape = 1.0,
        .launched_share = 0.15,
        .event_boost = 1.5,
        .event_product_share = 0.05,
        .product_sleep =
            {.awake_days = 120, .asleep_days = 40, .life_days = 700, .hazard_shape = 2.0},
        .days_per_promotion = 60,
        .promotion_days = 2,
        .strength_sigma = 0.20,
        .promotion_kinds = 1,
        .season_swing = 0,
    },
    {
        .name = "seasonal",
        .visits_per_day = 0.12,
        .visit_shape = 1.0,
        .views_per_visit = 2.4,
        .landing_share = 0.3,
        .old_user_share = 0.5,
        .event_joiner_share = 0.3,
        .user_sleep = {.awake_days = 30, .asleep_days = 70, .life_days = 500, .hazard_shape = 1.2},
        .event_indifferent_share = 0.4,
        .event_only_share = 0.2,
        .event_visits = 0.5,
        .event_only_visits = 1.2,
        .event_shape = 0.8,
        .revival_share = 0.25,
        .zipf_exponent = 1.0,
        .product_shape = 0.6,
        .launched_share = 0.4,
        .event_boost = 2.5,
        .event_product_share = 0.12,
        .product_sleep =
            {.awake_days = 45, .asleep_days = 60, .life_days = 500, .hazard_shape = 1.5},
        .days_per_promotion = 30,
        .promotion_days = 4,
        .strength_sigma = 0.35,
        .promotion_kinds = 2,
        .season_swing = 0.8,
    },
};

const double shop_kind_week[DAYS_PER_WEEK] = {1.25, 0.90, 0.88, 0.90, 0.95, 1.00, 1.12};

const double shop_kind_hours[HOURS_PER_DAY] = {
    0.018, 0.010, 0.006, 0.005, 0.006, 0.010, 0.020, 0.034, 0.044, 0.050, 0.053, 0.055,
    0.058, 0.054, 0.050, 0.048, 0.048, 0.050, 0.056, 0.068, 0.080, 0.082, 0.062, 0.033};

const double shop_kind_promotion_mean[PROMOTION_KIND_COUNT] = {1.0, 0.6};
const char *const shop_kind_promotion_name[PROMOTION_KIND_COUNT] = {"sale", "members"};

const struct shop_kind *shop_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof(shop_kinds) / sizeof(shop_kinds[0]); i++) {
        if (strcmp(shop_kinds[i].name, name) == 0) {
            return &shop_kinds[i];
        }
    }
    return NULL;
}

const char *shop_kind_names(void)
{
    return "sparse, dense, seasonal";
}
