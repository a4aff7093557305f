/* btyd_fit.h - a buy-till-you-die model fitted by maximum likelihood, or a sentence that says why not.
 * Room: predictor/forecast. May touch: GSL. */
#ifndef REKINDLE_PREDICTOR_BTYD_FIT_H
#define REKINDLE_PREDICTOR_BTYD_FIT_H

#include "common/error.h"

#include "predictor/forecast/btyd_model.h"

struct btyd_fit {
    const struct btyd_model *model;
    double parameters[BTYD_PARAMETERS];
    double standard_errors[BTYD_PARAMETERS];
    double ln_covariance[BTYD_PARAMETERS]
                        [BTYD_PARAMETERS]; /* of the logarithms of the parameters */
    double log_likelihood;                 /* at the parameters, without the prior */
    double key_count;
    int evaluation_count;
};

/* Fits `model` to `table`. With `prior_spread` > 0 the logarithm of each parameter also gets a normal prior of that
 * standard deviation around a plausible start: so wide that it moves nothing the data knows, it holds what the data
 * cannot; 0 is plain maximum likelihood. ERROR_INPUT with a sentence when there is nothing to fit, the search does not
 * converge, or the data does not identify a parameter; `fit` then holds the best that was found, without standard errors:
 * good enough to rank by, for who has nothing else. Never NaN when it returns 0. */
int btyd_fit_table(const struct btyd_model *model, const struct triple_table *table,
                   double prior_spread, struct btyd_fit *fit, struct error *err) MUST_CHECK;

/* P(return) of a key, its 90 % interval that comes from not knowing the parameters exactly (delta method on the logit), and
 * its derivatives by the logarithms of the parameters. Cost: five times p_return. */
struct btyd_answer {
    double p, low, high;
    double p_slope[BTYD_PARAMETERS];
};
struct btyd_answer btyd_fit_answer(const struct btyd_fit *fit, const struct btyd_key *key,
                                   const double window[2]);

#endif
