/* dormant_scores.h - the sampled keys that are dormant now, as the chosen candidate scores them.
 * Room: predictor/forecast. May touch: memory. */
#ifndef REKINDLE_PREDICTOR_DORMANT_SCORES_H
#define REKINDLE_PREDICTOR_DORMANT_SCORES_H

#include "predictor/forecast/candidate.h"

struct dormant_scores {
    size_t *keys;                  /* [count] which of the sample */
    float *scores;                 /* [count] */
    struct return_ground *grounds; /* [count] */
    size_t count;
    double weight; /* keys that one stands for */
};

/* Scores the keys that are dormant as of `present`. Free them also after a failure. */
int dormant_scores_take(struct dormant_scores *dormant, const struct forecast_state *state,
                        const struct candidate_choice *choice,
                        const struct feature_context *present, struct error *err) MUST_CHECK;
/* Room for `count` keys, and none in it. */
int dormant_scores_reserve(struct dormant_scores *dormant, size_t count,
                           struct error *err) MUST_CHECK;
void dormant_scores_add(struct dormant_scores *dormant, size_t key, double score,
                        struct return_ground ground);
void dormant_scores_free(struct dormant_scores *dormant);

double dormant_scores_mean(const struct dormant_scores *dormant);
/* How many of them come at that level, and the variance of it by the chance of single keys. */
double dormant_scores_total(const struct dormant_scores *dormant, double level, double *variance);
/* The level at which the total is `wanted`, looked for within 30 of `around`. */
double dormant_scores_level(const struct dormant_scores *dormant, double wanted, double around);

#endif
