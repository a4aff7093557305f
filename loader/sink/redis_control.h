/* redis_control.h - the few keys with which runs and people talk: the lease, the switch, the marker.
 * Room: loader/sink. May touch: the sockets of the Redis that holds the control keys.
 * Promises: nothing here is needed for the data: each call is one round trip with a time limit. */
#ifndef REKINDLE_LOADER_REDIS_CONTROL_H
#define REKINDLE_LOADER_REDIS_CONTROL_H

#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_control;

/* A connection to `redis->control`, or to `redis->address` where that is NULL. */
struct redis_control *redis_control_open(const struct redis_config *redis,
                                         struct error *err) MUST_CHECK;
/* The same, and all waiting ends soon after `*stop` is not 0, with ERROR_STOPPED. */
struct redis_control *redis_control_open_until(const struct redis_config *redis,
                                               const atomic_int *stop,
                                               struct error *err) MUST_CHECK;
void redis_control_close(struct redis_control *control);

enum { LEASE_OWNER_SIZE = 128 };

/* Takes the lease `key` for `owner` for `ttl_ms`. 1: it is ours (also when it already was, and then its time
 * starts anew); 0: `holder` [LEASE_OWNER_SIZE] has it; -1: error. Renewing is taking it again. */
int redis_control_take_lease(struct redis_control *control, const char *key, const char *owner,
                             int64_t ttl_ms, char *holder, struct error *err) MUST_CHECK;
/* Gives the lease back if it is still `owner`'s: 1; 0 if it was not. */
int redis_control_release_lease(struct redis_control *control, const char *key, const char *owner,
                                struct error *err) MUST_CHECK;

/* 1 and the value of `key`, terminated, cut to `size`; 0 when there is no such key. */
int redis_control_get(struct redis_control *control, const char *key, char *value, size_t size,
                      struct error *err) MUST_CHECK;
/* Sets `key` for `life_second` by the server's clock; 0: it never expires. */
int redis_control_set(struct redis_control *control, const char *key, const char *value,
                      int64_t life_second, struct error *err) MUST_CHECK;
/* Sets `key` only if it is there: 1; 0 if it is not. */
int redis_control_set_existing(struct redis_control *control, const char *key, const char *value,
                               int64_t life_second, struct error *err) MUST_CHECK;
/* 1: removed; 0: there was none. */
int redis_control_delete(struct redis_control *control, const char *key,
                         struct error *err) MUST_CHECK;

#endif
