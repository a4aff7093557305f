/* redis_rights.h - may this user run all the commands that a load needs? Told at the start, not in the night.
 * Room: loader/sink. May touch: sockets. */
#ifndef REKINDLE_LOADER_REDIS_RIGHTS_H
#define REKINDLE_LOADER_REDIS_RIGHTS_H

#include "loader/sink/redis_store.h"

/* The key that is made and removed again: within the pattern that the control keys need anyway. */
#define REDIS_RIGHTS_KEY "rekindle:rights"

/* As sink_check_rights. */
int redis_rights_check(struct redis_store *store, struct error *err) MUST_CHECK;

#endif
