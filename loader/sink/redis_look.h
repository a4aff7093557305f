/* redis_look.h - looks at many keys without changing them.
 * Room: loader/sink. May touch: sockets. */
#ifndef REKINDLE_LOADER_REDIS_LOOK_H
#define REKINDLE_LOADER_REDIS_LOOK_H

#include "loader/sink/redis_store.h"

/* As sink_look; values are added to the store's arena, which is not cleared. */
int redis_look(struct redis_store *store, enum sink_look_content content, struct sink_look looks[],
               size_t count, struct error *err) MUST_CHECK;

#endif
