/* redis_pool.h - the servers of one target: a single Redis, or the nodes of a cluster and who has which slot.
 * Room: loader/sink. May touch: sockets, clocks.
 * Owns: the lanes, the login, the slot map. */
#ifndef REKINDLE_LOADER_REDIS_POOL_H
#define REKINDLE_LOADER_REDIS_POOL_H

#include "common/error.h"
#include "common/slice.h"
#include "loader/sink/redis_cluster.h"
#include "loader/sink/redis_lane.h"
#include "loader/sink/redis_target.h"
#include "loader/sink/sink.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_pool {
    const struct redis_config *redis; /* borrowed */
    struct redis_target target;
    struct redis_login *login;
    struct redis_lane lanes[REDIS_LANE_MAX];
    size_t lane_count;
    struct redis_slots *slots; /* NULL: one server has all keys */
    bool is_map_doubtful;      /* the slot map should be asked for again */
    int64_t map_ms;            /* when that was tried last */
    size_t window;             /* commands in flight on each lane, at most */
    struct sink_account account;
};

/* Connects to the configured address, and in a cluster learns the slot map; waits end soon after `*stop` is not 0.
 * Release also after a failure. */
int redis_pool_init(struct redis_pool *pool, const struct redis_config *redis,
                    const atomic_int *stop, struct error *err) MUST_CHECK;
void redis_pool_release(struct redis_pool *pool);

/* Connects a lane that has no link; asks the Sentinels first where it is, if there are any. ERROR_BACKEND also for a
 * server that is a replica. */
int redis_pool_connect(struct redis_pool *pool, struct redis_lane *lane,
                       struct error *err) MUST_CHECK;

/* The lane that has `key` as far as is known. */
struct redis_lane *redis_pool_route(struct redis_pool *pool, struct slice key);

/* Asks the nodes for the slot map if it is doubtful and the last try is long enough ago; what cannot be
 * learned now stays doubtful. */
void redis_pool_refresh(struct redis_pool *pool, int64_t now_ms);

/* The lane that `MOVED slot host:port` or `ASK slot host:port` points to, NULL when it points nowhere.
 * MOVED is believed for that slot at once. `from`: who answered. */
struct redis_lane *redis_pool_redirect(struct redis_pool *pool, const struct redis_lane *from,
                                       const char *text, bool is_moved);

/* Do keys go to lane `number`? The address that was configured may be a replica's, or of a node without slots. */
bool redis_pool_is_serving(const struct redis_pool *pool, size_t number);

/* As sink_status and sink_node_statuses; nothing may be in flight. */
int redis_pool_status(struct redis_pool *pool, struct sink_status *status,
                      struct error *err) MUST_CHECK;
int redis_pool_statuses(struct redis_pool *pool, struct sink_status statuses[SINK_NODE_MAX],
                        size_t *count, struct error *err) MUST_CHECK;

#endif
