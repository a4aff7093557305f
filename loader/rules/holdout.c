/* holdout.c - see holdout.h.
 * Room: loader/rules. May touch: xxHash. */
#include "loader/rules/holdout.h"

#include <xxhash.h>

struct holdout holdout_of(double share, const char *plan_digest)
{
    struct slice digest = slice_of(plan_digest);
    return (struct holdout){.share = share, .seed = XXH3_64bits(digest.bytes, digest.size)};
}

bool holdout_has(const struct holdout *holdout, enum entity entity, struct slice id)
{
    enum { MANTISSA_BITS = 53, HASH_BITS = 64 };
    if (holdout->share <= 0) {
        return false;
    }
    uint64_t hash = XXH3_64bits_withSeed(id.bytes, id.size, holdout->seed + (uint64_t)entity);
    double draw =
        (double)(hash >> (HASH_BITS - MANTISSA_BITS)) / (double)(UINT64_C(1) << MANTISSA_BITS);
    return draw < holdout->share;
}
