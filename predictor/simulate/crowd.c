/* crowd.c - the users of a simulated shop.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/crowd.h"

#include <math.h>
#include <stdlib.h>

#include "predictor/simulate/draw.h"

enum { BEFORE_THE_LOG = -1, VISIT_ROOM_FIRST = 1024 };

static void draw_response(struct user *user, const struct shop_kind *shop, gsl_rng *rng)
{
    double turn = gsl_rng_uniform(rng);
    double variate = draw_gamma(rng, shop->event_shape);
    if (turn < shop->event_only_share) {
        user->visits_per_day = 0;
        user->event_visits = (float)(shop->event_only_visits * variate);
    } else if (turn < shop->event_only_share + shop->event_indifferent_share) {
        user->event_visits = 0;
    } else {
        user->event_visits = (float)(shop->event_visits * variate);
    }
}

/* Some join because a promotion brought them. */
static int32_t draw_join_day(const struct timetable *timetable, gsl_rng *rng)
{
    const struct shop_kind *shop = timetable->shop;
    if (draw_is(rng, shop->old_user_share)) {
        return BEFORE_THE_LOG;
    }
    int32_t day = (int32_t)gsl_rng_uniform_int(rng, (unsigned long)timetable->log_days);
    if (timetable->past_count > 0 && draw_is(rng, shop->event_joiner_share)) {
        size_t turn = gsl_rng_uniform_int(rng, timetable->past_count);
        day = timetable->promotions[turn].start_day;
    }
    return day;
}

static void init_user(struct user *user, const struct timetable *timetable, gsl_rng *rng)
{
    const struct shop_kind *shop = timetable->shop;
    sleeper_init(&user->sleeper, &shop->user_sleep, rng);
    user->visits_per_day = (float)(shop->visits_per_day * draw_gamma(rng, shop->visit_shape));
    user->season_group = (uint8_t)gsl_rng_uniform_int(rng, SEASON_GROUP_COUNT);
    draw_response(user, shop, rng);
    user->join_day = draw_join_day(timetable, rng);
    if (user->join_day == BEFORE_THE_LOG) {
        sleeper_set_at_random(&user->sleeper, BEFORE_THE_LOG, rng);
    } else {
        sleeper_set(&user->sleeper, SLEEP_GONE, BEFORE_THE_LOG, rng); /* until the day of joining */
    }
}

int crowd_init(struct crowd *crowd, size_t count, const struct timetable *timetable, uint64_t seed,
               struct error *err)
{
    *crowd = (struct crowd){.timetable = timetable, .count = count};
    crowd->users = calloc(count, sizeof *crowd->users);
    crowd->tallies = calloc(count, sizeof *crowd->tallies);
    crowd->rng = draw_new(seed, DRAW_CROWD);
    if (crowd->users == NULL || crowd->tallies == NULL || crowd->rng == NULL) {
        return error_set_memory(err, "making up the users");
    }
    for (size_t i = 0; i < count; i++) {
        init_user(&crowd->users[i], timetable, crowd->rng);
        crowd->tallies[i].last_second = TALLY_NEVER;
    }
    return 0;
}

void crowd_free(struct crowd *crowd)
{
    free(crowd->users);
    free(crowd->tallies);
    free(crowd->visitors);
    gsl_rng_free(crowd->rng);
    *crowd = (struct crowd){0};
}

static int add_visits(struct crowd *crowd, size_t user, uint32_t visits, struct error *err)
{
    if (crowd->visit_room - crowd->visit_count < visits) {
        size_t room = 2 * crowd->visit_room + VISIT_ROOM_FIRST + visits;
        uint32_t *visitors = realloc(crowd->visitors, room * sizeof *visitors);
        if (visitors == NULL) {
            return error_set_memory(err, "gathering a day's visits");
        }
        crowd->visitors = visitors;
        crowd->visit_room = room;
    }
    for (uint32_t i = 0; i < visits; i++) {
        crowd->visitors[crowd->visit_count++] = (uint32_t)user;
    }
    return 0;
}

/* Sleepers whom a promotion brought back stay awake after it, some of them. */
static void revive(struct crowd *crowd, int32_t day)
{
    for (size_t i = 0; i < crowd->count; i++) {
        struct sleeper *sleeper = &crowd->users[i].sleeper;
        if (sleeper->state == SLEEP_ASLEEP && crowd->tallies[i].hits > 0 &&
            draw_is(crowd->rng, crowd->timetable->shop->revival_share)) {
            sleeper_set(sleeper, SLEEP_AWAKE, day, crowd->rng);
        }
    }
}

/* What a day does to everyone's rate. */
struct day_factors {
    double visits[SEASON_GROUP_COUNT]; /* on visits_per_day */
    double event;                      /* on event_visits; 0 outside promotions */
};

static struct day_factors judge_day(const struct timetable *timetable,
                                    const struct promotion *promotion, double multiplier,
                                    int32_t day)
{
    struct day_factors factors = {.event = multiplier * timetable_day_share(promotion, day)};
    for (int32_t group = 0; group < SEASON_GROUP_COUNT; group++) {
        factors.visits[group] =
            timetable_week(timetable, day) * timetable_season(timetable, group, day);
    }
    return factors;
}

static double visit_mean(const struct user *user, const struct day_factors *factors)
{
    double mean = user->event_visits * factors->event;
    if (user->sleeper.state == SLEEP_AWAKE) {
        mean += user->visits_per_day * factors->visits[user->season_group];
    }
    return user->sleeper.state == SLEEP_GONE ? 0 : mean;
}

int crowd_advance(struct crowd *crowd, int32_t day, struct error *err)
{
    const struct promotion *promotion = timetable_find(crowd->timetable, day);
    const struct promotion *before = day > 0 ? timetable_find(crowd->timetable, day - 1) : NULL;
    double multiplier = promotion != NULL ? promotion->multiplier : 0;
    struct day_factors factors = judge_day(crowd->timetable, promotion, multiplier, day);
    crowd->visit_count = 0;
    if (before != NULL && day == before->end_day) {
        revive(crowd, day - 1);
    }
    for (size_t i = 0; i < crowd->count; i++) {
        struct user *user = &crowd->users[i];
        uint32_t visits = 0;
        if (user->join_day == day) {
            sleeper_set(&user->sleeper, SLEEP_AWAKE, day, crowd->rng);
            visits = 1; /* joining is a visit */
        } else {
            sleeper_advance(&user->sleeper, day, crowd->rng);
        }
        visits += draw_poisson(crowd->rng, visit_mean(user, &factors));
        if (visits > 0 && add_visits(crowd, i, visits, err) != 0) {
            return -1;
        }
    }
    return 0;
}

void crowd_foretell(const struct crowd *crowd, const struct promotion *promotion, double multiplier,
                    float *p_touch, double *visits)
{
    struct day_factors factors[PROMOTION_DAYS_MAX];
    int32_t days = promotion->end_day - promotion->start_day;
    for (int32_t day = 0; day < days; day++) {
        factors[day] =
            judge_day(crowd->timetable, promotion, multiplier, promotion->start_day + day);
        visits[day] = 0;
    }
    for (size_t i = 0; i < crowd->count; i++) {
        const struct user *user = &crowd->users[i];
        struct sleeper_odds state = sleeper_odds_now(&user->sleeper); /* whatever the touches */
        struct sleeper_odds missed = state;                           /* and no touch so far */
        for (int32_t day = 0; day < days; day++) {
            double event_mean = user->event_visits * factors[day].event;
            double own_mean = user->visits_per_day * factors[day].visits[user->season_group];
            double event_miss = exp(-event_mean);
            sleeper_odds_step(&state, &user->sleeper);
            if (user->join_day == promotion->start_day + day) {
                state = (struct sleeper_odds){.awake = 1};
                visits[day]++;
            }
            sleeper_odds_step(&missed, &user->sleeper);
            sleeper_odds_miss(&missed, event_miss * exp(-own_mean), event_miss);
            visits[day] += state.awake * own_mean + (state.awake + state.asleep) * event_mean;
        }
        p_touch[i] = (float)sleeper_odds_touched(&missed);
    }
}
