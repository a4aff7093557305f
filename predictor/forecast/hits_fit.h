/* hits_fit.h - how often a key comes that comes at all, for the method auto.
 * Room: predictor/forecast. May touch: GSL, memory.
 * The count model of count_fit.h in how the key was used and in what its P(return) says of it: whose visits are Poisson and
 * who comes with P, pays -ln(1 - P) / P visits once he comes. So a stronger event, which raises P, raises counts as well. */
#ifndef REKINDLE_PREDICTOR_HITS_FIT_H
#define REKINDLE_PREDICTOR_HITS_FIT_H

#include "predictor/forecast/count_fit.h"
#include "predictor/forecast/key_features.h"
#include "predictor/forecast/training_set.h"
#include "predictor/forecast/window_level.h"

struct hits_fit {
    struct count_fit counts;
    double most; /* no key is expected to come more often than this */
};

/* The rows to learn from: those that came back, of all windows of the set. */
struct hits_rows {
    const struct training_set *set;
    struct row_scores scores;
    const double
        *levels; /* [origins] to add to the scores for P(return), as hits_level.h makes them */
    const bool *is_relevant; /* [origins] of the sort that is asked for */
};

/* Where nobody came twice in relevant windows, every key is expected once. */
int hits_fit_rows(struct hits_fit *fit, const struct hits_rows *rows, struct error *err) MUST_CHECK;
/* The mean number of accesses of a key that comes to a window of the sort that is asked for, at least 1. */
double hits_fit_mean(const struct hits_fit *fit, const float row[FEATURE_COUNT], double p_return);

#endif
