/* dry_run.h - what writing and removing would do, without doing it.
 * Room: loader/sink. May touch: sockets, reading only. */
#ifndef REKINDLE_LOADER_DRY_RUN_H
#define REKINDLE_LOADER_DRY_RUN_H

#include "loader/sink/redis_store.h"

/* As sink_write, by looking whether the keys exist. */
int dry_run_write(struct redis_store *store, struct sink_item items[], size_t count,
                  bool is_ours_kept, struct error *err) MUST_CHECK;

/* As sink_secure: nothing was written. */
int dry_run_secure(struct redis_store *store, const struct sink_item items[], size_t count,
                   struct error *err) MUST_CHECK;

/* As sink_remove, by looking at values and expiries. */
int dry_run_remove(struct redis_store *store, struct sink_item items[], size_t count,
                   struct error *err) MUST_CHECK;

#endif
