/* return_link.h - from a score to the probability of a return: a logit, on top of a hazard that is there anyhow.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * What an event adds does not multiply the odds of a key that would have come without it, the two are independent:
 * P = 1 - exp(-base) (1 + exp(score) / shape)^-shape. So a stronger event lifts those most whom events bring, and nobody
 * falls below his own. Visits are Poisson at a rate that is known only so far, by a gamma distribution of that shape
 * (event_response.h says which) and of mean exp(score): where little is known of a key, a stronger event draws it more
 * often if it is one that is drawn, and not so much more likely. Shape 1, without a base, is the logit. */
#ifndef REKINDLE_PREDICTOR_RETURN_LINK_H
#define REKINDLE_PREDICTOR_RETURN_LINK_H

#include <stdbool.h>

/* What a score is on top of. */
struct return_ground {
    float base, shape; /* a hazard of 0 or more; above 0 */
};
extern const struct return_ground return_link_logit; /* nothing: the score is a logit */

/* P(return), levels being part of `score`. */
double return_link_probability(double score, struct return_ground ground);

/* What one row says about its score: log-likelihood, its derivative, and the expected second derivative, negated. */
struct return_say {
    double log_likelihood, slope, information;
};
struct return_say return_link_say(double score, struct return_ground ground, bool has_returned);

#endif
