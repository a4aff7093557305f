/* redis_sentinel.h - asks Sentinels where the master is now.
 * Room: loader/sink. May touch: sockets. */
#ifndef REKINDLE_LOADER_REDIS_SENTINEL_H
#define REKINDLE_LOADER_REDIS_SENTINEL_H

#include "common/error.h"
#include "loader/sink/redis_link.h"
#include "loader/sink/redis_target.h"

/* Asks the target's Sentinels in order until one knows the master of that name. Each has the login's time limit. A
 * Sentinel that wants a password is given that of the Redis. ERROR_BACKEND, ERROR_STOPPED. */
int redis_sentinel_find(const struct redis_login *login, const struct redis_target *target,
                        const char *master, struct redis_address *address,
                        struct error *err) MUST_CHECK;

#endif
