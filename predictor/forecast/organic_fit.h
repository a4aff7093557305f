/* organic_fit.h - a BTYD model fitted to a set of keys, whatever the keys are like.
 * Room: predictor/forecast. May touch: GSL, memory. */
#ifndef REKINDLE_PREDICTOR_ORGANIC_FIT_H
#define REKINDLE_PREDICTOR_ORGANIC_FIT_H

#include "predictor/forecast/btyd_fit.h"
#include "predictor/forecast/triple_set.h"

struct organic_fit {
    struct btyd_fit btyd;
    char note[240]; /* what had to be assumed because the data does not tell; "" mostly */
};

/* Maximum likelihood on the triples of `set` (in days); where that has no answer, with a wide prior around plausible
 * parameters, and where no key ever came back, as if half a key had. Fails only for want of memory. */
int organic_fit_set(const struct btyd_model *model, const struct triple_set *set,
                    struct organic_fit *fit, struct error *err) MUST_CHECK;

/* The expected number of returns of the keys of `set` within (T + from, T + to] days, and its 90 % interval: from not
 * knowing the parameters, and from chance itself. */
struct organic_total {
    double mean, low, high;
};
/* P(return) of the keys with one triple, and its interval from not knowing the parameters. */
struct organic_score {
    float p, low, high;
};
/* Also fills `scores` [set->slot_count] for the slots in use, unless NULL. */
struct organic_total organic_fit_total(const struct organic_fit *fit, const struct triple_set *set,
                                       const double window[2], struct organic_score *scores);

#endif
