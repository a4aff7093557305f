/* redis_write.h - writes and removes many keys, each only where that harms nobody.
 * Room: loader/sink. May touch: sockets. */
#ifndef REKINDLE_LOADER_REDIS_WRITE_H
#define REKINDLE_LOADER_REDIS_WRITE_H

#include "loader/sink/redis_store.h"

/* As sink_write. */
int redis_write(struct redis_store *store, struct sink_item items[], size_t count,
                bool is_ours_kept, struct error *err) MUST_CHECK;

/* As sink_remove. */
int redis_write_remove(struct redis_store *store, struct sink_item items[], size_t count,
                       struct error *err) MUST_CHECK;

#endif
