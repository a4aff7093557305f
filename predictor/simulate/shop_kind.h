/* shop_kind.h - the parameters of a simulated shop, all in one table.
 * Room: predictor/simulate. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_SHOP_KIND_H
#define REKINDLE_PREDICTOR_SHOP_KIND_H

#include <stdint.h>

enum { DAYS_PER_WEEK = 7, HOURS_PER_DAY = 24, SEASON_GROUP_COUNT = 4, PROMOTION_KIND_COUNT = 2 };

/* How one kind of thing falls asleep: users each for themselves, products with their parent. */
struct sleep_habit {
    double awake_days;   /* mean length of an awake spell of the average one */
    double asleep_days;  /* mean length of a dormancy spell of the average one */
    double life_days;    /* mean time to leaving for good */
    double hazard_shape; /* gamma shape of each one's own hazards, mean 1: small is heterogeneous */
};

/* Rates are means over the crowd; everyone's own is the mean times a gamma variate of mean 1. */
struct shop_kind {
    const char *name;

    /* Users: visits. */
    double visits_per_day;  /* mean visits of an awake user on a day */
    double visit_shape;     /* gamma shape of the users' own rates */
    double views_per_visit; /* mean product pages in a visit (geometric, at least 1) */
    double landing_share;   /* share of visits that begin on the home page, which is no product */
    double
        old_user_share; /* share of users who joined before the log begins; the rest join in it */
    double event_joiner_share; /* of those who join in the log: share who join during a promotion */
    struct sleep_habit user_sleep;

    /* Users: response to promotions, awake or asleep, on top of their visits. */
    double event_indifferent_share; /* share of users without any response */
    double event_only_share;        /* share of users who live in promotions only */
    double event_visits; /* mean extra visits of a responsive user in a promotion of strength 1 */
    double event_only_visits; /* the same for those who live in promotions only */
    double event_shape;       /* gamma shape of both */
    double revival_share; /* of sleepers who came to a promotion: share who are awake after it */

    /* Products: popularity. */
    double zipf_exponent;       /* of the parents' popularity */
    double product_shape;       /* gamma shape of a product's share in its parent */
    double launched_share;      /* share of parents launched during the log */
    double event_boost;         /* mean factor on a product's popularity while a promotion runs */
    double event_product_share; /* share of products that are looked at in promotions only */
    struct sleep_habit product_sleep;

    /* Promotions. */
    double days_per_promotion; /* one past promotion in so many days of log */
    int64_t promotion_days;    /* length of each */
    double strength_sigma;     /* the strength of a promotion is kind_mean * exp(sigma * N(0,1)) */
    int64_t promotion_kinds;   /* promotions take turns among so many kinds */

    /* The clock. */
    double season_swing; /* 0: none; visits and popularity swing by 1 +- this over a year */
};

/* Shared by all kinds of shop. */
extern const double shop_kind_week[DAYS_PER_WEEK];  /* Sunday first; mean 1 */
extern const double shop_kind_hours[HOURS_PER_DAY]; /* UTC; share of visits, sum 1 */
extern const double shop_kind_promotion_mean[PROMOTION_KIND_COUNT];
extern const char *const shop_kind_promotion_name[PROMOTION_KIND_COUNT];

/* NULL when there is no such kind. */
const struct shop_kind *shop_kind_find(const char *name);
/* `sparse, dense, seasonal`, for error texts. */
const char *shop_kind_names(void);

#endif
