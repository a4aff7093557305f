/* return_link.c - see return_link.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/return_link.h"

#include "predictor/forecast/special_math.h"

#include <math.h>

static const double hazard_least = 1e-12; /* so that a return is never impossible */

double return_link_probability(double score, double base)
{
    return base < 0 ? special_math_expit(score) : -expm1(-base - exp(score));
}

static struct return_say say_logit(double score, bool has_returned)
{
    double p = special_math_expit(score);
    return (struct return_say){.log_likelihood =
                                   -special_math_log1pexp(has_returned ? -score : score),
                               .slope = (has_returned ? 1 : 0) - p,
                               .information = p * (1 - p)};
}

struct return_say return_link_say(double score, double base, bool has_returned)
{
    const double highest = 300; /* beyond it, everyone comes as surely */
    if (base < 0) {
        return say_logit(score, has_returned);
    }
    double more = exp(fmin(score, highest));
    double hazard = fmax(base + more, hazard_least);
    double p = -expm1(-hazard);
    double stays = exp(-hazard);
    return (struct return_say){.log_likelihood = has_returned ? log(p) : -hazard,
                               .slope = has_returned ? stays * more / p : -more,
                               .information = stays * more * more / p};
}
