/* return_link.h - from a score to the probability of a return: a logit, or a hazard on top of one that is there anyhow.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * What an event adds does not multiply the odds of a key that would have come without it: the hazards add up,
 * P = 1 - exp(-base - e^score). So a stronger event lifts those most whom events bring, and nobody falls below his own. */
#ifndef REKINDLE_PREDICTOR_RETURN_LINK_H
#define REKINDLE_PREDICTOR_RETURN_LINK_H

#include <stdbool.h>

#define RETURN_LINK_LOGIT (-1.0) /* in the place of a base: the score is a logit */

/* P(return), levels being part of `score`; `base` is a hazard of 0 or more, or RETURN_LINK_LOGIT. */
double return_link_probability(double score, double base);

/* What one row says about its score: log-likelihood, its derivative, and the expected second derivative, negated. */
struct return_say {
    double log_likelihood, slope, information;
};
struct return_say return_link_say(double score, double base, bool has_returned);

#endif
