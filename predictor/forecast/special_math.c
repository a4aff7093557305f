/* special_math.c - see special_math.h.
 * Room: predictor/forecast. May touch: GSL. Pure but for special_math_init. */
#include "predictor/forecast/special_math.h"

#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>

enum { SERIES_TERMS_MAX = 4000000 };

void special_math_init(void)
{
    (void)gsl_set_error_handler_off();
}

double special_math_logit(double p)
{
    double inside = fmin(fmax(p, DBL_EPSILON), 1 - DBL_EPSILON);
    return log(inside) - log1p(-inside);
}

double special_math_ln_gamma(double x)
{
    return gsl_sf_lngamma(x);
}

double special_math_psi(double x)
{
    return gsl_sf_psi(x);
}

double special_math_psi1(double x)
{
    return gsl_sf_psi_1(x);
}

double special_math_p_gamma_poisson(double shape, double scale, double time, unsigned count)
{
    double ln_none = -shape * log1p(time / scale);
    if (count == 0) {
        return exp(ln_none);
    }
    return exp(ln_none + gsl_sf_lngamma(shape + count) - gsl_sf_lngamma(shape) -
               gsl_sf_lngamma(count + 1.0) - count * log1p(scale / time));
}

double special_math_gauss(double a, double b, double c, double y)
{
    double term = 1;
    double sum = 1;
    for (int n = 0; n < SERIES_TERMS_MAX; n++) {
        double ratio = (a + n) * (b + n) / ((c + n) * (n + 1)) * y;
        term *= ratio;
        sum += term;
        if (fabs(ratio) < 1 && fabs(term) <= fabs(sum) * (1 - fabs(ratio)) * DBL_EPSILON / 2) {
            return sum;
        }
    }
    return NAN;
}

/* ln of sum of the series of 2F1(a, b; c; y) with a, b, c > 0: all terms are positive but may be astronomic. */
static double ln_gauss_positive(double a, double b, double c, double y)
{
    const double huge = 1e200;
    double term = 1;
    double sum = 1;
    double ln_scale = 0;
    for (int n = 0; n < SERIES_TERMS_MAX; n++) {
        double ratio = (a + n) * (b + n) / ((c + n) * (n + 1)) * y;
        term *= ratio;
        sum += term;
        if (sum > huge) {
            sum /= huge;
            term /= huge;
            ln_scale += log(huge);
        }
        if (ratio < 1 && term <= sum * (1 - ratio) * DBL_EPSILON / 2) {
            return log(sum) + ln_scale;
        }
    }
    return NAN;
}

double special_math_gauss_negative(double big, double a, double c, double z)
{
    const double cancels_below = -2;
    double y = z / (1 + z);
    double first = c - big;
    double mean;
    if (first > cancels_below) {
        mean = exp(-a * log1p(z)) * special_math_gauss(first, a, c, y);
    } else {
        mean = exp(-big * log1p(z) + ln_gauss_positive(big, c - a, c, y));
    }
    return fmin(fmax(mean, 0), 1);
}
