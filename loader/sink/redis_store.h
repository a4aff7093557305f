/* redis_store.h - the keys of one Redis: written, removed and looked at in bulk.
 * Room: loader/sink. May touch: sockets.
 * The functions keep the promises that sink.h makes for sink_write, sink_remove and sink_look. */
#ifndef REKINDLE_LOADER_REDIS_STORE_H
#define REKINDLE_LOADER_REDIS_STORE_H

#include "common/arena.h"
#include "common/error.h"
#include "loader/sink/redis_pipeline.h"
#include "loader/sink/redis_script.h"
#include "loader/sink/sink.h"

#include <stdbool.h>
#include <stddef.h>

struct redis_store {
    struct redis_pipeline *pipeline;
    struct redis_script_names scripts;
    struct arena arena; /* values looked at and reasons, until the next call */
    size_t *order;      /* [order_size] scratch: which items a job is about */
    size_t order_size;
    struct sink_look *looks; /* [look_size] scratch: a second look at items */
    size_t look_size;
    uint64_t secured_reconnect_count; /* of the account, when redis_secure was called last */
    uint64_t secured_restart_count;   /* the same */
};

struct redis_store *redis_store_open(const struct sink_options *options,
                                     struct error *err) MUST_CHECK;
void redis_store_close(struct redis_store *store);

/* Make the scratch large enough. */
int redis_store_reserve_order(struct redis_store *store, size_t count,
                              struct error *err) MUST_CHECK;
int redis_store_reserve_looks(struct redis_store *store, size_t count,
                              struct error *err) MUST_CHECK;

/* Redis' words as a text in the store's arena; never NULL. */
const char *redis_store_keep_reason(struct redis_store *store, const redisReply *reply);

/* Writes a hash's names and values as arguments. */
void redis_store_append_hash(struct redis_link *link, struct slice hash);
/* Names and values in a hash. */
size_t redis_store_count_parts(struct slice hash);

/* Is what `look` found exactly the value and expiry of `item`? */
bool redis_store_is_ours(const struct sink_item *item, const struct sink_look *look);

#endif
