/* redis_cluster.h - which node of a Redis Cluster has a key.
 * Room: loader/sink. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_REDIS_CLUSTER_H
#define REKINDLE_LOADER_REDIS_CLUSTER_H

#include "common/slice.h"

#include <stddef.h>
#include <stdint.h>

enum { REDIS_SLOT_COUNT = 16384, REDIS_LANE_MAX = 128 };

/* The slot map: for each slot the number of the lane that serves it. */
struct redis_slots {
    uint8_t lane_of[REDIS_SLOT_COUNT];
};

_Static_assert(REDIS_LANE_MAX <= UINT8_MAX, "a lane's number fits into the map");

/* CRC16 (XMODEM) of the key, or of its hash tag: what stands between the first `{` and the next `}`, if
 * that is not empty. Source: the Redis Cluster specification, "Hash tags". */
uint16_t redis_slot_of(struct slice key);

static inline size_t redis_slots_find(const struct redis_slots *slots, struct slice key)
{
    return slots->lane_of[redis_slot_of(key)];
}

#endif
