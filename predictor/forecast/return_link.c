/* return_link.c - see return_link.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/return_link.h"

#include "predictor/forecast/special_math.h"

#include <float.h>
#include <math.h>

const struct return_ground return_link_logit = {.base = 0, .shape = 1};

/* The hazard that the event brings. */
static double drawn_hazard(double score, double shape)
{
    return shape * special_math_log1pexp(score - log(shape));
}

double return_link_probability(double score, struct return_ground ground)
{
    return -expm1(-(double)ground.base - drawn_hazard(score, (double)ground.shape));
}

struct return_say return_link_say(double score, struct return_ground ground, bool has_returned)
{
    double shape = (double)ground.shape;
    double hazard = (double)ground.base + drawn_hazard(score, shape);
    double rise = shape * special_math_expit(score - log(shape));
    double stays = exp(-hazard);
    double p = fmax(-expm1(-hazard), DBL_MIN);
    return (struct return_say){.log_likelihood = has_returned ? log(p) : -hazard,
                               .slope = has_returned ? stays * rise / p : -rise,
                               .information = stays * rise * rise / p};
}
