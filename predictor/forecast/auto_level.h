/* auto_level.h - how many of the keys that are dormant now will come in all: the level auto adds to its scores.
 * Room: predictor/forecast. May touch: GSL, memory. */
#ifndef REKINDLE_PREDICTOR_AUTO_LEVEL_H
#define REKINDLE_PREDICTOR_AUTO_LEVEL_H

#include "predictor/forecast/candidate.h"
#include "predictor/forecast/past_levels.h"

struct forecast_total {
    double mean, low, high; /* expected returns and their 90 % band */
};

struct auto_level {
    double mean, low, high; /* on the logit scale, as used: after the strength */
    double score_mean;      /* of the keys that are dormant now */
    struct forecast_total total;
    struct past_levels past; /* how it came about */
};

/* From the levels that past windows had by the chosen candidate's scores out of fold; with a strength in the options, that
 * many times the mean total of past events of the kind, or of an ordinary window. */
int auto_level_learn(struct auto_level *level, const struct forecast_state *state,
                     const struct training_set *set, const struct candidate_choice *choice,
                     const struct feature_context *present, struct error *err) MUST_CHECK;
/* The same when no past window can be learned from: scores are taken for logits, and the band is wide. */
int auto_level_guess(struct auto_level *level, const struct forecast_state *state,
                     const struct candidate_choice *choice, const struct feature_context *present,
                     struct error *err) MUST_CHECK;

#endif
