/* draw.c - random variates on top of GSL's generator.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/draw.h"

#include <gsl/gsl_randist.h>
#include <math.h>

uint64_t draw_hash(uint64_t seed, uint64_t number)
{
    uint64_t z = seed + (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

gsl_rng *draw_new(uint64_t seed, enum draw_stream stream)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (rng != NULL) {
        /* The generator takes 32 bits; 0 would mean its built-in seed. */
        gsl_rng_set(rng, (unsigned long)(draw_hash(seed, stream) >> 32) | 1);
    }
    return rng;
}

double draw_gamma(gsl_rng *rng, double shape)
{
    return gsl_ran_gamma(rng, shape, 1 / shape);
}

uint32_t draw_poisson(gsl_rng *rng, double mean)
{
    double u = gsl_rng_uniform(rng);
    /* P(N >= 1) <= mean: most calls of a sparse shop end here, without an exponential. */
    if (u >= mean) {
        return 0;
    }
    double term = exp(-mean);
    double tail = 1 - term; /* P(N >= count + 1) */
    uint32_t count = 0;
    while (u < tail) {
        count++;
        term *= mean / count;
        tail -= term;
    }
    return count;
}

int32_t draw_geometric_days(gsl_rng *rng, double hazard)
{
    if (hazard <= 0) {
        return INT32_MAX / 2;
    }
    if (hazard >= 1) {
        return 1;
    }
    double days = 1 + floor(log(gsl_rng_uniform_pos(rng)) / log1p(-hazard));
    return days < INT32_MAX / 2 ? (int32_t)days : INT32_MAX / 2;
}

int draw_is(gsl_rng *rng, double share)
{
    return gsl_rng_uniform(rng) < share;
}
