/* shelf.c - the products of a simulated shop.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/shelf.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "predictor/simulate/draw.h"

enum {
    BEFORE_THE_LOG = -1,
    VARIANTS_MAX = 7,      /* products of a parent: 1..7 */
    ANSWER_BYTES_MIN = 60, /* an API's answers, about as long as the values that are cached */
    ANSWER_BYTES_RANGE = 100,
    COST_MS_MIN = 6,
    COST_MS_RANGE = 40,
};
static const double zipf_shift = 2.7; /* flattens the very top, as in real catalogues */
static const double category_shape =
    2.0; /* gamma shape of the categories' response to promotions */
static const double response_shape = 0.8; /* of the products' own */
static const double event_only_factor =
    4; /* a product of promotions only is that much more wanted in one */

static int take_memory(struct shelf *shelf, uint64_t seed, struct error *err)
{
    size_t count = shelf->count;
    shelf->parents = calloc(count, sizeof *shelf->parents);
    shelf->products = calloc(count, sizeof *shelf->products);
    shelf->tallies = calloc(count, sizeof *shelf->tallies);
    shelf->alias_share = calloc(count, sizeof *shelf->alias_share);
    shelf->alias = calloc(count, sizeof *shelf->alias);
    shelf->weights = calloc(count, sizeof *shelf->weights);
    shelf->queue = calloc(count, sizeof *shelf->queue);
    shelf->rng = draw_new(seed, DRAW_SHELF);
    if (shelf->parents == NULL || shelf->products == NULL || shelf->tallies == NULL ||
        shelf->alias_share == NULL || shelf->alias == NULL || shelf->weights == NULL ||
        shelf->queue == NULL || shelf->rng == NULL) {
        return error_set_memory(err, "making up the products");
    }
    return 0;
}

void shelf_free(struct shelf *shelf)
{
    free(shelf->parents);
    free(shelf->products);
    free(shelf->tallies);
    free(shelf->alias_share);
    free(shelf->alias);
    free(shelf->weights);
    free(shelf->queue);
    gsl_rng_free(shelf->rng);
    *shelf = (struct shelf){0};
}

static void init_parent(struct product_parent *parent, const struct timetable *timetable,
                        gsl_rng *rng)
{
    sleeper_init(&parent->sleeper, &timetable->shop->product_sleep, rng);
    parent->category = (uint8_t)gsl_rng_uniform_int(rng, SHELF_CATEGORY_COUNT);
    parent->season_group = (uint8_t)gsl_rng_uniform_int(rng, SEASON_GROUP_COUNT);
    parent->launch_day = BEFORE_THE_LOG;
    if (draw_is(rng, timetable->shop->launched_share)) {
        parent->launch_day = (int32_t)gsl_rng_uniform_int(rng, (unsigned long)timetable->log_days);
        sleeper_set(&parent->sleeper, SLEEP_GONE, BEFORE_THE_LOG, rng); /* until the launch */
    } else {
        sleeper_set_at_random(&parent->sleeper, BEFORE_THE_LOG, rng);
    }
}

static void init_product(struct product *product, const struct shop_kind *shop,
                         double category_response, gsl_rng *rng)
{
    double wanted = draw_gamma(rng, shop->product_shape);
    double response = shop->event_boost * category_response * draw_gamma(rng, response_shape);
    bool is_event_only = draw_is(rng, shop->event_product_share);
    product->weight = is_event_only ? 0 : (float)wanted;
    product->event_weight = (float)(wanted * response * (is_event_only ? event_only_factor : 1));
    product->answer_bytes =
        (uint16_t)(ANSWER_BYTES_MIN + gsl_rng_uniform_int(rng, ANSWER_BYTES_RANGE));
    product->cost_ms = (uint16_t)(COST_MS_MIN + gsl_rng_uniform_int(rng, COST_MS_RANGE));
}

/* Parents get their ranks of popularity in random order, so that ids tell nothing. */
static void spread_popularity(struct shelf *shelf)
{
    uint32_t *ranks = shelf->queue;
    for (size_t i = 0; i < shelf->parent_count; i++) {
        ranks[i] = (uint32_t)i;
    }
    gsl_ran_shuffle(shelf->rng, ranks, shelf->parent_count, sizeof *ranks);
    for (size_t i = 0; i < shelf->count; i++) {
        struct product *product = &shelf->products[i];
        double rank = ranks[product->parent] + 1;
        double popularity = pow(rank + zipf_shift, -shelf->timetable->shop->zipf_exponent);
        product->weight *= (float)popularity;
        product->event_weight *= (float)popularity;
    }
}

int shelf_init(struct shelf *shelf, size_t count, const struct timetable *timetable, uint64_t seed,
               struct error *err)
{
    *shelf = (struct shelf){.timetable = timetable, .count = count};
    if (take_memory(shelf, seed, err) != 0) {
        return -1;
    }
    double category_response[SHELF_CATEGORY_COUNT];
    for (size_t i = 0; i < SHELF_CATEGORY_COUNT; i++) {
        category_response[i] = draw_gamma(shelf->rng, category_shape);
    }
    size_t variants_left = 0;
    for (size_t i = 0; i < count; i++) {
        if (variants_left == 0) {
            init_parent(&shelf->parents[shelf->parent_count++], timetable, shelf->rng);
            variants_left = 1 + gsl_rng_uniform_int(shelf->rng, VARIANTS_MAX);
        }
        variants_left--;
        struct product *product = &shelf->products[i];
        product->parent = (uint32_t)(shelf->parent_count - 1);
        init_product(product, timetable->shop,
                     category_response[shelf->parents[product->parent].category], shelf->rng);
        shelf->tallies[i].last_second = TALLY_NEVER;
    }
    spread_popularity(shelf);
    return 0;
}

/* What a day does to a product's popularity, by the state of its parent. */
struct day_weight {
    double awake, asleep;
};

struct shelf_day {
    double season[SEASON_GROUP_COUNT];
    double event; /* share of the promotion that falls on the day, in mean days; 0 outside */
    int32_t day;
};

static struct shelf_day judge_day(const struct timetable *timetable,
                                  const struct promotion *promotion, int32_t day)
{
    struct shelf_day judged = {.day = day};
    if (promotion != NULL) {
        judged.event =
            timetable_day_share(promotion, day) * (promotion->end_day - promotion->start_day);
    }
    for (int32_t group = 0; group < SEASON_GROUP_COUNT; group++) {
        judged.season[group] = timetable_season(timetable, group, day);
    }
    return judged;
}

static struct day_weight weigh(const struct shelf *shelf, const struct product *product,
                               const struct shelf_day *judged)
{
    const struct product_parent *parent = &shelf->parents[product->parent];
    if (parent->launch_day > judged->day) {
        return (struct day_weight){0};
    }
    double event = product->event_weight * judged->event;
    return (struct day_weight){
        .awake = event + product->weight * judged->season[parent->season_group],
        .asleep = event,
    };
}

/* Vose's method: columns that are too small are filled up from those that are too large. The queue holds
 * the small ones from its front, the large ones from its back. */
static void build_alias(struct shelf *shelf, double total)
{
    size_t small_count = 0, large_from = shelf->count;
    for (size_t i = 0; i < shelf->count; i++) {
        shelf->weights[i] *= (double)shelf->count / total;
        shelf->alias[i] = (uint32_t)i;
        if (shelf->weights[i] < 1) {
            shelf->queue[small_count++] = (uint32_t)i;
        } else {
            shelf->queue[--large_from] = (uint32_t)i;
        }
    }
    while (small_count > 0 && large_from < shelf->count) {
        uint32_t small = shelf->queue[--small_count];
        uint32_t large = shelf->queue[large_from];
        shelf->alias_share[small] = (float)shelf->weights[small];
        shelf->alias[small] = large;
        shelf->weights[large] -= 1 - shelf->weights[small];
        if (shelf->weights[large] < 1) {
            large_from++;
            shelf->queue[small_count++] = large;
        }
    }
    /* What is left is 1 up to rounding. */
    for (size_t i = 0; i < small_count; i++) {
        shelf->alias_share[shelf->queue[i]] = 1;
    }
    for (size_t i = large_from; i < shelf->count; i++) {
        shelf->alias_share[shelf->queue[i]] = 1;
    }
}

void shelf_advance(struct shelf *shelf, int32_t day)
{
    for (size_t i = 0; i < shelf->parent_count; i++) {
        struct product_parent *parent = &shelf->parents[i];
        if (parent->launch_day == day) {
            sleeper_set(&parent->sleeper, SLEEP_AWAKE, day, shelf->rng);
        } else {
            sleeper_advance(&parent->sleeper, day, shelf->rng);
        }
    }
    struct shelf_day judged =
        judge_day(shelf->timetable, timetable_find(shelf->timetable, day), day);
    double total = 0;
    for (size_t i = 0; i < shelf->count; i++) {
        struct day_weight weight = weigh(shelf, &shelf->products[i], &judged);
        uint8_t state = shelf->parents[shelf->products[i].parent].sleeper.state;
        shelf->weights[i] = state == SLEEP_AWAKE    ? weight.awake
                            : state == SLEEP_ASLEEP ? weight.asleep
                                                    : 0;
        total += shelf->weights[i];
    }
    shelf->is_empty = total <= 0;
    if (!shelf->is_empty) {
        build_alias(shelf, total);
    }
}

uint32_t shelf_pick(const struct shelf *shelf, gsl_rng *rng)
{
    if (shelf->is_empty) {
        return SHELF_NO_PRODUCT;
    }
    uint32_t column = (uint32_t)gsl_rng_uniform_int(rng, shelf->count);
    return gsl_rng_uniform(rng) < shelf->alias_share[column] ? column : shelf->alias[column];
}

/* P(state) of every parent on every day of the promotion, to `odds` [days][parent_count][awake, asleep]. */
static void foretell_parents(const struct shelf *shelf, int32_t days, double *odds)
{
    for (size_t i = 0; i < shelf->parent_count; i++) {
        const struct sleeper *sleeper = &shelf->parents[i].sleeper;
        struct sleeper_odds state = sleeper_odds_now(sleeper);
        for (int32_t day = 0; day < days; day++) {
            sleeper_odds_step(&state, sleeper);
            double *cell = &odds[2 * ((size_t)day * shelf->parent_count + i)];
            cell[0] = state.awake;
            cell[1] = state.asleep;
        }
    }
}

/* P(a visit does not view a product that draws `share` of the views): views are geometric with mean
 * `views`, so this is their generating function at 1 - share. */
static double visit_miss(double share, double views)
{
    double other = 1 - share;
    return other / views / (1 - (1 - 1 / views) * other);
}

void shelf_foretell(const struct shelf *shelf, const struct promotion *promotion,
                    const double *visits, double *room, float *p_touch)
{
    int32_t days = promotion->end_day - promotion->start_day;
    struct shelf_day judged[PROMOTION_DAYS_MAX];
    double total[PROMOTION_DAYS_MAX] = {0};
    foretell_parents(shelf, days, room);
    for (int32_t day = 0; day < days; day++) {
        judged[day] = judge_day(shelf->timetable, promotion, promotion->start_day + day);
        for (size_t i = 0; i < shelf->count; i++) {
            struct day_weight weight = weigh(shelf, &shelf->products[i], &judged[day]);
            size_t parent = shelf->products[i].parent;
            const double *cell = &room[2 * ((size_t)day * shelf->parent_count + parent)];
            total[day] += weight.awake * cell[0] + weight.asleep * cell[1];
        }
    }
    double views = shelf->timetable->shop->views_per_visit;
    for (size_t i = 0; i < shelf->count; i++) {
        const struct product *product = &shelf->products[i];
        const struct sleeper *sleeper = &shelf->parents[product->parent].sleeper;
        struct sleeper_odds missed = sleeper_odds_now(sleeper);
        for (int32_t day = 0; day < days; day++) {
            struct day_weight weight = weigh(shelf, product, &judged[day]);
            double all = total[day] > 0 ? total[day] : 1;
            sleeper_odds_step(&missed, sleeper);
            sleeper_odds_miss(&missed,
                              exp(-visits[day] * (1 - visit_miss(weight.awake / all, views))),
                              exp(-visits[day] * (1 - visit_miss(weight.asleep / all, views))));
        }
        p_touch[i] = (float)sleeper_odds_touched(&missed);
    }
}
