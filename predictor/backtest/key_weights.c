/* key_weights.c - see key_weights.h.
 * Room: predictor/backtest. May touch: GSL (random numbers, distributions). */
#include "predictor/backtest/key_weights.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>

int key_weights_draw(struct key_weights *replicates, size_t count, unsigned long seed,
                     struct error *err)
{
    const double two_to_64 = 18446744073709551616.0;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (rng == NULL) {
        return error_set_memory(err, "preparing the bootstrap");
    }
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < count; i++) {
        uint64_t high = gsl_rng_get(rng);
        replicates[i].salt = high << 32 | gsl_rng_get(rng);
        for (unsigned j = 0; j < KEY_WEIGHT_MAX; j++) {
            double share = gsl_cdf_poisson_P(j, 1) * two_to_64;
            replicates[i].thresholds[j] = share < two_to_64 ? (uint64_t)share : UINT64_MAX;
        }
    }
    gsl_rng_free(rng);
    return 0;
}
