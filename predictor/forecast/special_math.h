/* special_math.h - the few special functions that forecasting needs, in forms that neither overflow nor cancel.
 * Room: predictor/forecast. May touch: GSL. Pure but for special_math_init.
 *
 * The one place that says which GSL functions fail where, and what is done instead:
 *   gsl_sf_hyperg_2F1_e   +inf with status GSL_SUCCESS from x of about 200 in the textbook BG/NBD and Pareto/NBD forms;
 *                         NaN and GSL_EDOM for arguments below -1; GSL_EUNIMPL near 1. Not used: the Pfaff and Euler
 *                         forms of special_math_gauss keep the argument in 0..1 and all large numbers out.
 *   Pareto/NBD A0         differences of two such functions: GSL_EUNIMPL from x = 10 where alpha << beta. Not used: the
 *                         positive integrals of paretonbd.c, by gsl_integration_glfixed.
 *                         Where their series is long or overflows (arguments in the hundreds, parameters in the
 *                         thousands), an integral by the trapezoidal rule, as in special_math_gauss_negative.
 *   gsl_sf_beta           underflows for large arguments. Not used: differences of gsl_sf_lngamma, or term ratios.
 *   gsl_multimin bfgs2    ends with GSL_ENOPROG at the optimum and evaluates 75 to 190 times; newton_fit.c needs about
 *                         10, with gsl_linalg_cholesky for the steps.
 *   default error handler aborts the process: special_math_init turns it off, so every status must be looked at. */
#ifndef REKINDLE_PREDICTOR_SPECIAL_MATH_H
#define REKINDLE_PREDICTOR_SPECIAL_MATH_H

#include <math.h>

/* Turns GSL's aborting error handler off, for the whole process. Cheap; may be called often, before any thread. */
void special_math_init(void);

/* ln(1 + e^d) without overflow. */
static inline double special_math_log1pexp(double d)
{
    return d > 0 ? d + log1p(exp(-d)) : log1p(exp(d));
}

/* 1 / (1 + e^-d). */
static inline double special_math_expit(double d)
{
    if (d >= 0) {
        return 1 / (1 + exp(-d));
    }
    double odds = exp(d);
    return odds / (1 + odds);
}

/* ln(p / (1 - p)), with p kept a hair inside 0..1 so that the result is finite. */
double special_math_logit(double p);

/* ln of the gamma function, its derivative and second derivative; x > 0. */
double special_math_ln_gamma(double x);
double special_math_psi(double x);
double special_math_psi1(double x);

/* P(`count` events in `time`) when their rate is gamma with `shape` and `scale` (1 / time): negative binomial. */
double special_math_p_gamma_poisson(double shape, double scale, double time, unsigned count);

/* The Gauss function 2F1(a, b; c; y) by its power series; 0 <= y < 1, c not 0, -1, -2... NaN when the series has not
 * converged in some 10^6 terms, which needs y within 1e-5 of 1. Cost: about 3 ns a term, 37 / -ln(y) terms. */
double special_math_gauss(double a, double b, double c, double y);

/* 2F1(big, a; c; -z) for z >= 0, big > 0, a > 0, c > a: the mean of (1 + z p)^-big where p ~ Beta(a, c - a);
 * always within 0..1. Chooses between the two Pfaff transforms so that nothing cancels; where both are long (z in the
 * hundreds, parameters in the thousands) it integrates over p. */
double special_math_gauss_negative(double big, double a, double c, double z);

#endif
