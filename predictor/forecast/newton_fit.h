/* newton_fit.h - the maximum of a smooth function of a few variables, by damped Newton steps, with a verdict.
 * Room: predictor/forecast. May touch: GSL (linear algebra). */
#ifndef REKINDLE_PREDICTOR_NEWTON_FIT_H
#define REKINDLE_PREDICTOR_NEWTON_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum { NEWTON_DIMENSION_MAX = 8 };

struct newton_point {
    double value;
    double gradient[NEWTON_DIMENSION_MAX];
    double hessian[NEWTON_DIMENSION_MAX][NEWTON_DIMENSION_MAX];
};

/* Fills `point` at `at`; the Hessian only if `is_hessian_wanted`. A value that is not finite means "do not go there".
 * -1 when it cannot be evaluated at all (out of memory), which ends the search. */
typedef int (*newton_function)(const void *context, const double *at, bool is_hessian_wanted,
                               struct newton_point *point);

enum newton_verdict {
    NEWTON_CONVERGED,
    NEWTON_RAN_AWAY,  /* a variable went beyond `bound`: the data does not hold it */
    NEWTON_STALLED,   /* no step improves, and the gradient is not small */
    NEWTON_TOO_LONG,  /* max_steps were not enough */
    NEWTON_NO_MEMORY, /* the function said -1 */
};

struct newton_task {
    newton_function function;
    const void *context;
    size_t dimension; /* <= NEWTON_DIMENSION_MAX */
    bool
        has_hessian; /* else differences of the gradient are taken: 2 * dimension evaluations more a step */
    double bound; /* |variable| beyond it is NEWTON_RAN_AWAY */
    int max_steps;
};

struct newton_result {
    enum newton_verdict verdict;
    double at[NEWTON_DIMENSION_MAX];
    double value;
    double covariance[NEWTON_DIMENSION_MAX]
                     [NEWTON_DIMENSION_MAX]; /* inverse of minus the Hessian; when converged */
    size_t runaway;                          /* which variable, for NEWTON_RAN_AWAY */
    int step_count, evaluation_count;
};

/* Climbs from `start` [dimension]. Converged means: the gain a full Newton step still promises is below 1e-9 and
 * minus the Hessian is positive definite there. Deterministic. */
struct newton_result newton_fit_maximum(const struct newton_task *task, const double *start);

#endif
