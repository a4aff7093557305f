/* traffic.c - a day's visits become a day's accesses, in order of time.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/traffic.h"

#include "common/civil_time.h"
#include "predictor/simulate/draw.h"

#include <gsl/gsl_randist.h>
#include <stdlib.h>

_Static_assert(SHELF_NO_PRODUCT == ACCESS_NO_PRODUCT,
               "a view of an empty shelf is one of the home page");

enum {
    VIEWS_MAX = 64,        /* in a visit; reached once in 10^12 visits */
    PAUSE_SECONDS_MIN = 4, /* between two views */
    PAUSE_SECONDS_RANGE = 90,
    ACCESSES_PER_VIEW_MAX = 2, /* a failure and its repetition */
    ROOM_FIRST = 4096,
    HOME_ANSWER_BYTES = 95,
    HOME_COST_MS = 9,
    ERROR_ANSWER_BYTES = 41,
    CRAWLER_ANSWER_COST_MS = 30,
    COST_SPREAD = 2, /* a view costs between once and twice what the product's page costs */
};
static const double failure_share = 0.003;     /* of views: 500, then a success */
static const double not_found_share = 0.005;   /* of visits: an old link first */
static const double not_modified_share = 0.03; /* of views: 304 */
static const double crawler_share = 0.015;     /* crawlers' accesses by visitors' views */

int traffic_init(struct traffic *traffic, uint64_t seed, struct error *err)
{
    *traffic = (struct traffic){
        .starts = calloc(SECONDS_PER_DAY + 1, sizeof *traffic->starts),
        .visit_rng = draw_new(seed, DRAW_TRAFFIC),
        .answer_rng = draw_new(seed, DRAW_ANSWER),
    };
    if (traffic->starts == NULL || traffic->visit_rng == NULL || traffic->answer_rng == NULL) {
        return error_set_memory(err, "making up the traffic");
    }
    return 0;
}

void traffic_free(struct traffic *traffic)
{
    free(traffic->accesses);
    free(traffic->unsorted);
    free(traffic->starts);
    gsl_rng_free(traffic->visit_rng);
    gsl_rng_free(traffic->answer_rng);
    *traffic = (struct traffic){0};
}

static int reserve(struct traffic *traffic, size_t more, struct error *err)
{
    if (traffic->room - traffic->count >= more) {
        return 0;
    }
    size_t room = 2 * traffic->room + ROOM_FIRST + more;
    struct access *unsorted = realloc(traffic->unsorted, room * sizeof *unsorted);
    if (unsorted != NULL) {
        traffic->unsorted = unsorted;
    }
    struct access *accesses = realloc(traffic->accesses, room * sizeof *accesses);
    if (accesses != NULL) {
        traffic->accesses = accesses;
    }
    if (unsorted == NULL || accesses == NULL) {
        return error_set_memory(err, "gathering a day's accesses");
    }
    traffic->room = room;
    return 0;
}

static uint32_t draw_hour(gsl_rng *rng)
{
    double turn = gsl_rng_uniform(rng);
    uint32_t hour = 0;
    while (hour < HOURS_PER_DAY - 1 && turn >= shop_kind_hours[hour]) {
        turn -= shop_kind_hours[hour];
        hour++;
    }
    return hour;
}

/* When the views of a visit happen, all within the day, to `seconds` [VIEWS_MAX]; returns their number. */
static uint32_t draw_views(gsl_rng *rng, double views_per_visit, uint32_t *seconds)
{
    uint32_t start =
        draw_hour(rng) * SECONDS_PER_HOUR + (uint32_t)gsl_rng_uniform_int(rng, SECONDS_PER_HOUR);
    uint32_t count = 1;
    uint32_t length = PAUSE_SECONDS_MIN;
    seconds[0] = length;
    while (count < VIEWS_MAX && draw_is(rng, 1 - 1 / views_per_visit)) {
        length += PAUSE_SECONDS_MIN + (uint32_t)gsl_rng_uniform_int(rng, PAUSE_SECONDS_RANGE);
        seconds[count++] = length;
    }
    if (start + length >= SECONDS_PER_DAY) {
        start = SECONDS_PER_DAY - 1 - length;
    }
    for (uint32_t i = 0; i < count; i++) {
        seconds[i] += start;
    }
    return count;
}

static void add_access(struct traffic *traffic, struct access access)
{
    traffic->unsorted[traffic->count++] = access;
}

static void add_view(struct traffic *traffic, struct access view, const struct product *product)
{
    gsl_rng *rng = traffic->answer_rng;
    bool is_home = view.product == ACCESS_NO_PRODUCT;
    uint32_t cost_ms = is_home ? HOME_COST_MS : product->cost_ms;
    view.cost_ms = (uint16_t)(cost_ms + gsl_rng_uniform_int(rng, (COST_SPREAD - 1) * cost_ms));
    view.answer_bytes = is_home ? HOME_ANSWER_BYTES : product->answer_bytes;
    view.status = ACCESS_STATUS_OK;
    double turn = gsl_rng_uniform(rng);
    if (turn < failure_share) {
        struct access failure = view;
        failure.second--;
        failure.status = ACCESS_STATUS_FAILED;
        failure.answer_bytes = ERROR_ANSWER_BYTES;
        add_access(traffic, failure);
    } else if (turn < failure_share + not_modified_share) {
        view.status = ACCESS_STATUS_NOT_MODIFIED;
        view.answer_bytes = 0;
    }
    add_access(traffic, view);
}

/* The first seconds of a visit belong to the home page or to an old link. The home page counts as a touch
 * of the user, and changes nothing about who is touched: a product's page follows. */
static void add_arrival(struct traffic *traffic, const struct shelf *shelf, struct access arrival,
                        struct tally *user_tally, int32_t day)
{
    arrival.product = ACCESS_NO_PRODUCT;
    if (draw_is(traffic->answer_rng, shelf->timetable->shop->landing_share)) {
        add_view(traffic, arrival, NULL);
        tally_touch(user_tally, day * SECONDS_PER_DAY + (int32_t)arrival.second);
    }
    if (draw_is(traffic->answer_rng, not_found_share)) {
        arrival.product = ACCESS_ABSENT_PRODUCT +
                          (uint32_t)gsl_rng_uniform_int(traffic->answer_rng, shelf->count);
        arrival.status = ACCESS_STATUS_NOT_FOUND;
        arrival.answer_bytes = ERROR_ANSWER_BYTES;
        arrival.cost_ms = HOME_COST_MS;
        add_access(traffic, arrival);
    }
}

static int add_visit(struct traffic *traffic, uint32_t user, struct tally *user_tally,
                     struct shelf *shelf, int32_t day, struct error *err)
{
    uint32_t seconds[VIEWS_MAX];
    uint32_t count =
        draw_views(traffic->visit_rng, shelf->timetable->shop->views_per_visit, seconds);
    if (reserve(traffic, ACCESSES_PER_VIEW_MAX * ((size_t)count + 2), err) != 0) {
        return -1;
    }
    struct access access = {.user = user, .second = seconds[0] - PAUSE_SECONDS_MIN + 1};
    add_arrival(traffic, shelf, access, user_tally, day);
    for (uint32_t i = 0; i < count; i++) {
        access.second = seconds[i];
        access.product = shelf_pick(shelf, traffic->visit_rng);
        int32_t log_second = day * SECONDS_PER_DAY + (int32_t)access.second;
        const struct product *product = NULL;
        if (access.product != SHELF_NO_PRODUCT) {
            product = &shelf->products[access.product];
            tally_touch(&shelf->tallies[access.product], log_second);
        }
        tally_touch(user_tally, log_second);
        add_view(traffic, access, product);
    }
    return 0;
}

/* They look at everything alike: counted as users, they would keep every product awake. */
static int add_crawlers(struct traffic *traffic, const struct shelf *shelf, struct error *err)
{
    gsl_rng *rng = traffic->answer_rng;
    size_t count = gsl_ran_poisson(rng, crawler_share * (double)traffic->count);
    if (reserve(traffic, count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t product = (uint32_t)gsl_rng_uniform_int(rng, shelf->count);
        add_access(traffic, (struct access){
                                .second = (uint32_t)gsl_rng_uniform_int(rng, SECONDS_PER_DAY),
                                .user = ACCESS_NOBODY,
                                .product = product,
                                .status = ACCESS_STATUS_OK,
                                .answer_bytes = shelf->products[product].answer_bytes,
                                .cost_ms = CRAWLER_ANSWER_COST_MS,
                            });
    }
    return 0;
}

/* A counting sort: stable, and linear in accesses and seconds. */
static void sort_by_second(struct traffic *traffic)
{
    for (size_t second = 0; second <= SECONDS_PER_DAY; second++) {
        traffic->starts[second] = 0;
    }
    for (size_t i = 0; i < traffic->count; i++) {
        traffic->starts[traffic->unsorted[i].second + 1]++;
    }
    for (size_t second = 1; second <= SECONDS_PER_DAY; second++) {
        traffic->starts[second] += traffic->starts[second - 1];
    }
    for (size_t i = 0; i < traffic->count; i++) {
        uint32_t *next = &traffic->starts[traffic->unsorted[i].second];
        traffic->accesses[(*next)++] = traffic->unsorted[i];
    }
}

int traffic_fill(struct traffic *traffic, struct crowd *crowd, struct shelf *shelf, int32_t day,
                 struct error *err)
{
    traffic->count = 0;
    for (size_t i = 0; i < crowd->visit_count; i++) {
        uint32_t user = crowd->visitors[i];
        if (add_visit(traffic, user, &crowd->tallies[user], shelf, day, err) != 0) {
            return -1;
        }
    }
    if (add_crawlers(traffic, shelf, err) != 0) {
        return -1;
    }
    sort_by_second(traffic);
    return 0;
}
