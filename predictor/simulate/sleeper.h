/* sleeper.h - a chain of three states, day by day: awake, asleep, gone for good.
 * Room: predictor/simulate. May touch: nothing.
 * It runs two ways: forward in time by chance (sleeper_advance), and as probabilities (sleeper_odds_*), from
 * which the truth is computed. Both follow the same law: a day begins with at most one change of state. */
#ifndef REKINDLE_PREDICTOR_SLEEPER_H
#define REKINDLE_PREDICTOR_SLEEPER_H

#include "predictor/simulate/shop_kind.h"

#include <gsl/gsl_rng.h>
#include <stdint.h>

enum sleep_state { SLEEP_AWAKE, SLEEP_ASLEEP, SLEEP_GONE };

struct sleeper {
    float fall_hazard, wake_hazard, leave_hazard; /* chance a day */
    int32_t change_day; /* when the state changes next: drawn ahead, which is
                                                     the same as day by day, for a hazard has no memory */
    uint8_t state;      /* enum sleep_state */
};

/* Draws the hazards by `habit`. */
void sleeper_init(struct sleeper *sleeper, const struct sleep_habit *habit, gsl_rng *rng);
/* Puts it into `state` on `day`. */
void sleeper_set(struct sleeper *sleeper, enum sleep_state state, int32_t day, gsl_rng *rng);
/* Awake or asleep as a long life would have it, on `day`. */
void sleeper_set_at_random(struct sleeper *sleeper, int32_t day, gsl_rng *rng);
/* Brings the state from the day before to `day`. */
void sleeper_advance(struct sleeper *sleeper, int32_t day, gsl_rng *rng);

/* P(state, and no touch so far). */
struct sleeper_odds {
    double awake, asleep, gone;
};

struct sleeper_odds sleeper_odds_now(const struct sleeper *sleeper);
/* One day on: first the change of state, then a day without a touch, which has the probability
 * `awake_miss` for one who is awake and `asleep_miss` for one who is asleep. */
void sleeper_odds_step(struct sleeper_odds *odds, const struct sleeper *sleeper);
void sleeper_odds_miss(struct sleeper_odds *odds, double awake_miss, double asleep_miss);
/* P(touched at least once). */
double sleeper_odds_touched(const struct sleeper_odds *odds);

#endif
