/* special_math.c - see special_math.h.
 * Room: predictor/forecast. May touch: GSL. Pure but for special_math_init. */
#include "predictor/forecast/special_math.h"

#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <stdbool.h>

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

/* p^a (1-p)^b (1 + z p)^-big over t = logit(p): one peak, and exponential tails. */
struct tilted_beta {
    double a, b, big, z;
    double ln_peak, peak, curvature; /* of its logarithm; `peak` is a t */
    double begin, end;               /* beyond them the tails are pure exponentials */
};

static double ln_density(const struct tilted_beta *f, double t)
{
    double ln_p = -special_math_log1pexp(-t);
    return f->a * ln_p - f->b * special_math_log1pexp(t) - f->big * log1p(f->z * exp(ln_p));
}

/* Where the derivative is 0: a quadratic equation in p with one root within 0..1. */
static void find_peak(struct tilted_beta *f)
{
    const double far = 40; /* e^-40 beside 1 is nothing */
    double ab = f->a + f->b;
    f->begin = -far - log1p(f->big * f->z + ab);
    f->end = far + log1p(ab + f->big);
    double square = f->z * (f->big - ab);
    double linear = f->z * (f->a - f->big) - ab;
    double root = sqrt(fmax(linear * linear - 4 * square * f->a, 0));
    double p = linear < 0 ? 2 * f->a / (root - linear) : -(linear + root) / (2 * square);
    p = fmin(fmax(p, 0), 1);
    f->peak = fmin(fmax(log(p) - log1p(-p), f->begin), f->end);
    p = special_math_expit(f->peak);
    double q = special_math_expit(-f->peak);
    double zp = 1 + f->z * p;
    f->curvature = ab * p * q + f->big * f->z * p * q * ((q - p) * zp - f->z * p * q) / (zp * zp);
    f->ln_peak = ln_density(f, f->peak);
}

/* Its integral over that of its peak's height, by the trapezoidal rule, which converges exponentially here. */
static double integrate_by_trapezoids(const struct tilted_beta *f)
{
    const double widest = 0.2;
    const double of_spread =
        0.5; /* e^(-2 pi^2 / 0.5^2) is the error for a normal peak of spread 1 */
    const double negligible = -45;
    double step = f->curvature > 0 ? fmin(widest, of_spread / sqrt(f->curvature)) : widest;
    double sum = 1;
    for (int side = -1; side <= 1; side += 2) {
        double term = 1;
        double t = f->peak;
        while (term > exp(negligible) && t > f->begin && t < f->end) {
            t += side * step;
            term = exp(ln_density(f, t) - f->ln_peak);
            sum += term;
        }
        /* the rest of a tail is a geometric series */
        sum += term / expm1((side < 0 ? f->a : f->b) * step);
    }
    return sum * step;
}

/* The same mean by integrating over p; good for any parameters, 5 to 100 us. */
static double mean_by_trapezoids(double big, double a, double b, double z)
{
    struct tilted_beta tilted = {.a = a, .b = b, .big = big, .z = z};
    struct tilted_beta plain = {.a = a, .b = b};
    find_peak(&tilted);
    find_peak(&plain);
    return exp(tilted.ln_peak - plain.ln_peak) * integrate_by_trapezoids(&tilted) /
           integrate_by_trapezoids(&plain);
}

/* Whether a series in y is short, and its sum no power that overflows. */
static bool is_series_short(double grows, double y, double ln_sum)
{
    const double terms_most = 3000;
    const double digits = 37; /* e^-37 is less than half a rounding */
    const double ln_sum_most = 600;
    return (grows * y + digits) / (1 - y) < terms_most && ln_sum < ln_sum_most;
}

double special_math_gauss_negative(double big, double a, double c, double z)
{
    const double cancels_below = -2;
    double y = z / (1 + z);
    double first = c - big;
    double mean;
    if (first > cancels_below && is_series_short(a, y, a * log1p(z))) {
        mean = exp(-a * log1p(z)) * special_math_gauss(first, a, c, y);
    } else if (first <= cancels_below && is_series_short(big, y, 0)) {
        mean = exp(-big * log1p(z) + ln_gauss_positive(big, c - a, c, y));
    } else {
        mean = mean_by_trapezoids(big, a, c - a, z);
    }
    return fmin(fmax(mean, 0), 1);
}
