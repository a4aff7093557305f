/* sleeper.c - awake, asleep, gone: by chance and as probabilities.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/sleeper.h"

#include "predictor/simulate/draw.h"

static const double hazard_max = 0.5; /* a spell lasts two days on average at the least */

static float own_hazard(double mean_days, double shape, gsl_rng *rng)
{
    double hazard = draw_gamma(rng, shape) / mean_days;
    return (float)(hazard < hazard_max ? hazard : hazard_max);
}

void sleeper_init(struct sleeper *sleeper, const struct sleep_habit *habit, gsl_rng *rng)
{
    *sleeper = (struct sleeper){
        .fall_hazard = own_hazard(habit->awake_days, habit->hazard_shape, rng),
        .wake_hazard = own_hazard(habit->asleep_days, habit->hazard_shape, rng),
        .leave_hazard = own_hazard(habit->life_days, habit->hazard_shape, rng),
    };
}

/* Chance that the state changes at all on a day. */
static double change_hazard(const struct sleeper *sleeper)
{
    double own = sleeper->state == SLEEP_AWAKE ? sleeper->fall_hazard : sleeper->wake_hazard;
    return own + sleeper->leave_hazard;
}

void sleeper_set(struct sleeper *sleeper, enum sleep_state state, int32_t day, gsl_rng *rng)
{
    sleeper->state = (uint8_t)state;
    sleeper->change_day =
        state == SLEEP_GONE ? INT32_MAX : day + draw_geometric_days(rng, change_hazard(sleeper));
}

void sleeper_set_at_random(struct sleeper *sleeper, int32_t day, gsl_rng *rng)
{
    double both = (double)sleeper->fall_hazard + sleeper->wake_hazard;
    double awake_share = both > 0 ? sleeper->wake_hazard / both : 1;
    sleeper_set(sleeper, draw_is(rng, awake_share) ? SLEEP_AWAKE : SLEEP_ASLEEP, day, rng);
}

void sleeper_advance(struct sleeper *sleeper, int32_t day, gsl_rng *rng)
{
    if (sleeper->change_day > day) {
        return;
    }
    enum sleep_state next = sleeper->state == SLEEP_AWAKE ? SLEEP_ASLEEP : SLEEP_AWAKE;
    if (draw_is(rng, sleeper->leave_hazard / change_hazard(sleeper))) {
        next = SLEEP_GONE;
    }
    sleeper_set(sleeper, next, day, rng);
}

struct sleeper_odds sleeper_odds_now(const struct sleeper *sleeper)
{
    return (struct sleeper_odds){
        .awake = sleeper->state == SLEEP_AWAKE,
        .asleep = sleeper->state == SLEEP_ASLEEP,
        .gone = sleeper->state == SLEEP_GONE,
    };
}

void sleeper_odds_step(struct sleeper_odds *odds, const struct sleeper *sleeper)
{
    double falls = odds->awake * sleeper->fall_hazard;
    double wakes = odds->asleep * sleeper->wake_hazard;
    double awake_leaves = odds->awake * sleeper->leave_hazard;
    double asleep_leaves = odds->asleep * sleeper->leave_hazard;
    odds->awake += wakes - falls - awake_leaves;
    odds->asleep += falls - wakes - asleep_leaves;
    odds->gone += awake_leaves + asleep_leaves;
}

void sleeper_odds_miss(struct sleeper_odds *odds, double awake_miss, double asleep_miss)
{
    odds->awake *= awake_miss;
    odds->asleep *= asleep_miss;
}

double sleeper_odds_touched(const struct sleeper_odds *odds)
{
    double missed = odds->awake + odds->asleep + odds->gone;
    return missed < 1 ? 1 - missed : 0;
}
