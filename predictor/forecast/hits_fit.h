/* hits_fit.h - how often a key comes that comes at all: one access, and a Poisson number more whose mean depends on it.
 * Room: predictor/forecast. May touch: GSL. Pure.
 * A zero-truncated count model: counts of returned keys start at 1. The mean of what is beyond is log-linear in how
 * heavily the key was used; fitted by quasi-likelihood, so that a variance beyond Poisson's does no harm to it. */
#ifndef REKINDLE_PREDICTOR_HITS_FIT_H
#define REKINDLE_PREDICTOR_HITS_FIT_H

#include "predictor/forecast/key_features.h"
#include "predictor/forecast/training_set.h"

enum { HITS_COLUMNS = 6 };

struct hits_fit {
    double coefficients[HITS_COLUMNS];
    double mean[HITS_COLUMNS], spread[HITS_COLUMNS]; /* of the columns, for standardising */
    double most; /* no key is expected to come more often than this */
    double row_count;
};

/* Fits to the rows of relevant windows that came back, to those beyond the threshold alone where they are 200: keys that
 * paused for two weeks come far more often; where there are none, every key is expected once. */
void hits_fit_rows(struct hits_fit *fit, const struct training_set *set,
                   const bool is_relevant[TRAINING_ORIGINS_MAX]);
/* The mean number of accesses of a key that comes, at least 1. */
double hits_fit_mean(const struct hits_fit *fit, const float row[FEATURE_COUNT]);

#endif
