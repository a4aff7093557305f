/* shelf.h - the products of a simulated shop: which one is looked at, and how likely it was to be.
 * Room: predictor/simulate. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_SHELF_H
#define REKINDLE_PREDICTOR_SHELF_H

#include "predictor/simulate/sleeper.h"
#include "predictor/simulate/tally.h"
#include "predictor/simulate/timetable.h"

enum { SHELF_CATEGORY_COUNT = 24 };
#define SHELF_NO_PRODUCT UINT32_MAX

/* Variants of one thing: they fall asleep, wake up and leave the shop together. */
struct product_parent {
    struct sleeper sleeper;
    int32_t launch_day; /* below 0: before the log */
    uint8_t category, season_group;
};

struct product {
    uint32_t parent;
    float weight;          /* popularity while the parent is awake */
    float event_weight;    /* what a promotion adds, awake or asleep */
    uint16_t answer_bytes; /* of its page */
    uint16_t cost_ms;      /* of making it */
};

struct shelf {
    const struct timetable *timetable;
    struct product_parent *parents; /* [parent_count] */
    struct product *products;       /* [count], those of a parent side by side */
    struct tally *tallies;          /* [count] */
    size_t parent_count, count;
    /* The day's alias table (Walker, Vose): one draw picks a product in constant time. */
    float *alias_share; /* [count]: share of the column that is its own */
    uint32_t *alias;    /* [count]: whose the rest is */
    double *weights;    /* [count]: scratch */
    uint32_t *queue;    /* [count]: scratch */
    bool is_empty;      /* nothing can be looked at on this day */
    gsl_rng *rng;
};

/* Free with shelf_free, also after an error. */
int shelf_init(struct shelf *shelf, size_t count, const struct timetable *timetable, uint64_t seed,
               struct error *err) MUST_CHECK;
void shelf_free(struct shelf *shelf);

/* Lives through the night before `day` (days in order, from 0) and makes ready for shelf_pick. */
void shelf_advance(struct shelf *shelf, int32_t day);
/* A product by the day's popularity, or SHELF_NO_PRODUCT when there is nothing to look at. */
uint32_t shelf_pick(const struct shelf *shelf, gsl_rng *rng);

/* As things stand when `promotion` begins (before shelf_advance for its first day), were `visits`
 * [PROMOTION_DAYS_MAX] visits expected on its days: P(at least one view in it) of each product to `p_touch`
 * [count]. Exact but for the total of the weights, for which its mean is taken. `room` is scratch:
 * [2 * PROMOTION_DAYS_MAX * parent_count]. */
void shelf_foretell(const struct shelf *shelf, const struct promotion *promotion,
                    const double *visits, double *room, float *p_touch);

#endif
