/* redis_target.h - which Redis the config means: one server, a cluster by some of its nodes, or a master that Sentinels know.
 * Room: loader/sink. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_REDIS_TARGET_H
#define REKINDLE_LOADER_REDIS_TARGET_H

#include "common/config.h"
#include "common/error.h"
#include "loader/sink/redis_address.h"

#include <stddef.h>

enum { REDIS_SEED_MAX = 16, REDIS_TARGET_NAME_SIZE = 480 };

enum redis_topology { REDIS_SINGLE, REDIS_CLUSTER, REDIS_SENTINEL };

struct redis_target {
    enum redis_topology topology;
    struct redis_address
        seeds[REDIS_SEED_MAX]; /* the server; nodes of the cluster; or the Sentinels */
    size_t seed_count;
    char name[REDIS_TARGET_NAME_SIZE]; /* as sink_name; equal names are the same target */
};

/* ERROR_INPUT for addresses that are none, and for options that do not go together. */
int redis_target_read(const struct redis_config *redis, struct redis_target *target,
                      struct error *err) MUST_CHECK;

#endif
