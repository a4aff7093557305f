/* draw.h - random variates on top of GSL's generator, and a hash for what needs no sequence.
 * Room: predictor/simulate. May touch: nothing.
 * Promises: mt19937 with a seed made from the run's seed and a stream number, so that a change in one
 * stream (say, sizes of answers) leaves the others (say, who comes) as they were. */
#ifndef REKINDLE_PREDICTOR_DRAW_H
#define REKINDLE_PREDICTOR_DRAW_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

enum draw_stream { DRAW_CROWD, DRAW_SHELF, DRAW_PROMOTION, DRAW_TRAFFIC, DRAW_ANSWER };

/* NULL when out of memory; free with gsl_rng_free. */
gsl_rng *draw_new(uint64_t seed, enum draw_stream stream);

/* Gamma of `shape` and mean 1. */
double draw_gamma(gsl_rng *rng, double shape);
/* Poisson by inversion of one uniform number; for means below some 30. */
uint32_t draw_poisson(gsl_rng *rng, double mean);
/* Days until something of `hazard` (chance a day, 0..1) happens: 1, 2, ...; INT32_MAX / 2 for never. */
int32_t draw_geometric_days(gsl_rng *rng, double hazard);
/* True with probability `share`. */
int draw_is(gsl_rng *rng, double share);

/* A well mixed 64-bit hash of two numbers (splitmix64's finaliser). */
uint64_t draw_hash(uint64_t seed, uint64_t number);

#endif
