/* key_weights.h - how often each key counts in one replicate of a bootstrap: Poisson with mean 1.
 * Room: predictor/backtest. May touch: GSL (random numbers, distributions). Pure.
 * A weight is a function of the replicate and the key, so that a key has the same one at every origin and for every
 * model: differences between models are paired, and what an often-seen key does is not counted as if it were many. */
#ifndef REKINDLE_PREDICTOR_KEY_WEIGHTS_H
#define REKINDLE_PREDICTOR_KEY_WEIGHTS_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

enum { KEY_WEIGHT_MAX = 12 }; /* P(more) is 6e-11 */

struct key_weights {
    uint64_t salt;                       /* of the replicate */
    uint64_t thresholds[KEY_WEIGHT_MAX]; /* P(weight <= i) as a share of 2^64, ascending */
};

/* Fills `replicates` [count]; the same ones for the same seed. */
int key_weights_draw(struct key_weights *replicates, size_t count, unsigned long seed,
                     struct error *err) MUST_CHECK;

/* The mixer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) makes a fair random number of salt and key. */
static inline uint8_t key_weights_of(const struct key_weights *weights, uint32_t key)
{
    uint64_t z = weights->salt + ((uint64_t)key + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    uint8_t weight = 0;
    for (size_t i = 0; i < KEY_WEIGHT_MAX; i++) { /* all of them: no branch to guess wrong */
        weight = (uint8_t)(weight + (z >= weights->thresholds[i]));
    }
    return weight;
}

#endif
