/* plain_hits.h - how often a key comes that comes at all, for methods that do not say: by one past window.
 * Room: predictor/forecast. May touch: GSL, memory.
 * The count model of count_fit.h in how heavily a key was used on its days, on how many days, and how long ago; learned from
 * the keys that came back in the latest window of the coming one's length that had ended by as_of. */
#ifndef REKINDLE_PREDICTOR_PLAIN_HITS_H
#define REKINDLE_PREDICTOR_PLAIN_HITS_H

#include "predictor/forecast/as_of.h"
#include "predictor/forecast/count_fit.h"

#include "common/error.h"

struct forecast_state;

struct plain_hits {
    struct count_fit counts;
    double average; /* of those who came back, at least 1 */
    double most;    /* no key is expected to come more often than this */
};

int plain_hits_learn(struct plain_hits *hits, const struct forecast_state *state,
                     struct error *err) MUST_CHECK;
/* The mean number of accesses of a key that comes, at least 1. */
double plain_hits_mean(const struct plain_hits *hits, const struct as_of_snapshot *snapshot);

#endif
