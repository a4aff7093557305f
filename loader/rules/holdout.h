/* holdout.h - a random share of the ids that is left cold on purpose, so that what warming gains can be measured after.
 * Room: loader/rules. May touch: xxHash. Pure.
 * The draw is a hash of entity and id, seeded by the plan's digest: another plan draws others, the same plan the same, also
 * when a run is resumed, and all keys of an id fare alike. results.csv says `held_out`. */
#ifndef REKINDLE_LOADER_HOLDOUT_H
#define REKINDLE_LOADER_HOLDOUT_H

#include "common/entity.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero holds nobody out. */
struct holdout {
    double share; /* 0..1 */
    uint64_t seed;
};

struct holdout holdout_of(double share, const char *plan_digest);
bool holdout_has(const struct holdout *holdout, enum entity entity, struct slice id);

#endif
