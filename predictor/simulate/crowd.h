/* crowd.h - the users of a simulated shop: when they come, and how likely they were to.
 * Room: predictor/simulate. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_CROWD_H
#define REKINDLE_PREDICTOR_CROWD_H

#include "predictor/simulate/sleeper.h"
#include "predictor/simulate/tally.h"
#include "predictor/simulate/timetable.h"

struct user {
    struct sleeper sleeper;
    float visits_per_day; /* while awake, in an average week and season */
    float event_visits;   /* extra visits in a promotion whose multiplier is 1, awake or asleep */
    int32_t join_day;     /* first day; below 0: before the log */
    uint8_t season_group;
};

struct crowd {
    const struct timetable *timetable;
    struct user *users;    /* [count] */
    struct tally *tallies; /* [count] */
    size_t count;
    uint32_t *visitors; /* [visit_count]: who comes on the day of the last crowd_advance */
    size_t visit_count, visit_room;
    gsl_rng *rng;
};

/* Free with crowd_free, also after an error. */
int crowd_init(struct crowd *crowd, size_t count, const struct timetable *timetable, uint64_t seed,
               struct error *err) MUST_CHECK;
void crowd_free(struct crowd *crowd);

/* Lives through `day` (days in order, from 0) and fills `visitors`: a user once for each visit. */
int crowd_advance(struct crowd *crowd, int32_t day, struct error *err) MUST_CHECK;

/* As things stand when `promotion` begins (before crowd_advance for its first day), were its multiplier
 * `multiplier`: P(at least one visit in it) of each user to `p_touch` [count], and the visits expected on
 * its days to `visits` [PROMOTION_DAYS_MAX]. Exact: the forward probabilities of sleeper.h. */
void crowd_foretell(const struct crowd *crowd, const struct promotion *promotion, double multiplier,
                    float *p_touch, double *visits);

#endif
