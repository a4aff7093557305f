/* redis_secure.h - makes sure that a failover keeps what was written: a replica must have it too.
 * Room: loader/sink. May touch: sockets. */
#ifndef REKINDLE_LOADER_REDIS_SECURE_H
#define REKINDLE_LOADER_REDIS_SECURE_H

#include "loader/sink/redis_store.h"

/* As sink_secure. */
int redis_secure(struct redis_store *store, const struct sink_item items[], size_t count,
                 struct error *err) MUST_CHECK;

#endif
