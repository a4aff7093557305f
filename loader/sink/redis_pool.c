/* redis_pool.c - see redis_pool.h.
 * Room: loader/sink. May touch: sockets, clocks.
 * The map is asked for on a connection of its own: the lanes may have commands in flight. Lanes are never taken
 * away, since commands may be in flight on a node that has lost its slots. */
#include "loader/sink/redis_pool.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)SINK_NODE_MAX == (int)REDIS_LANE_MAX, "a status for each lane");
_Static_assert((int)SINK_NODE_ADDRESS_SIZE == (int)REDIS_ADDRESS_SIZE, "one size of addresses");

enum {
    WINDOW_DEFAULT = 512,
    WINDOW_MAX = 4096,
    MAP_INTERVAL_MS = 250,  /* a busy migration answers many MOVED: four maps a second are enough */
    RANGE_ELEMENTS_MIN = 3, /* from, to, master */
    BASE_TEN = 10
};

static size_t choose_window(const struct redis_config *redis)
{
    if (redis->pipeline <= 0) {
        return WINDOW_DEFAULT;
    }
    return redis->pipeline > WINDOW_MAX ? WINDOW_MAX : (size_t)redis->pipeline;
}

/* A cluster's replica may be asked for the slot map, and redirects everything else by itself. */
static int check_role(const struct redis_pool *pool, struct redis_lane *lane, struct error *err)
{
    static const char replica[] = "slave";
    if (pool->target.topology == REDIS_CLUSTER || strcmp(lane->role, replica) != 0) {
        return 0;
    }
    error_set(err, ERROR_BACKEND, "%s is a replica: give the address of the primary",
              lane->link->name);
    redis_link_close(lane->link);
    lane->link = NULL;
    return -1;
}

int redis_pool_connect(struct redis_pool *pool, struct redis_lane *lane, struct error *err)
{
    bool is_restarted = false;
    bool is_sentinel = pool->target.topology == REDIS_SENTINEL;
    if ((is_sentinel && redis_sentinel_find(pool->login, &pool->target, pool->redis->master,
                                            &lane->address, err) != 0) ||
        redis_lane_connect(lane, pool->login, &is_restarted, err) != 0 ||
        check_role(pool, lane, err) != 0) {
        return -1;
    }
    pool->account.restart_count += is_restarted;
    return 0;
}

static struct redis_lane *add_lane(struct redis_pool *pool, const struct redis_address *address,
                                   struct error *err)
{
    if (pool->lane_count == REDIS_LANE_MAX) {
        error_set(err, ERROR_BACKEND, "the cluster has more than %d masters", REDIS_LANE_MAX);
        return NULL;
    }
    struct redis_lane *lane = &pool->lanes[pool->lane_count];
    if (redis_lane_init(lane, address, pool->window, err) != 0) {
        return NULL;
    }
    pool->lane_count++;
    return lane;
}

/* ---- the slot map */

static struct redis_lane *find_lane(struct redis_pool *pool, const char *host, long long port)
{
    struct redis_address address;
    struct error err;
    if (redis_address_of_node(host, port, &address, &err) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < pool->lane_count; i++) {
        if (strcmp(pool->lanes[i].address.text, address.text) == 0) {
            return &pool->lanes[i];
        }
    }
    return add_lane(pool, &address, &err);
}

/* A master that loses all its slots has most likely been replaced, as its replica has the data but for what was
 * acknowledged last; one that was emptied by resharding is taken for the same, which costs a look at its keys. */
static void set_slot(struct redis_pool *pool, size_t slot, struct redis_lane *lane)
{
    struct redis_lane *before = &pool->lanes[pool->slots->lane_of[slot]];
    if (before == lane) {
        return;
    }
    pool->slots->lane_of[slot] = (uint8_t)(lane - pool->lanes);
    lane->slot_count++;
    before->slot_count--;
    pool->account.restart_count += before->slot_count == 0;
}

/* One element of CLUSTER SLOTS: from, to, [host, port, ...], replicas... `asked`: for a node without a name. */
static int take_range(struct redis_pool *pool, const redisReply *range, const char *asked)
{
    bool is_range = range->type == REDIS_REPLY_ARRAY && range->elements >= RANGE_ELEMENTS_MIN &&
                    range->element[2]->type == REDIS_REPLY_ARRAY &&
                    range->element[2]->elements >= 2;
    if (!is_range) {
        return -1;
    }
    const redisReply *host = range->element[2]->element[0];
    long long port = range->element[2]->element[1]->integer;
    bool is_named = host->type == REDIS_REPLY_STRING && host->len > 0;
    struct redis_lane *lane = find_lane(pool, is_named ? host->str : asked, port);
    long long from = range->element[0]->integer;
    long long to = range->element[1]->integer;
    if (lane == NULL || from < 0 || to >= REDIS_SLOT_COUNT) {
        return -1;
    }
    for (long long slot = from; slot <= to; slot++) {
        set_slot(pool, (size_t)slot, lane);
    }
    return 0;
}

static int take_map(struct redis_pool *pool, const struct redis_link *link, const redisReply *reply,
                    const char *asked, struct error *err)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return redis_fault_explain(link->name, reply->str, err);
    }
    for (size_t i = 0; i < reply->elements; i++) {
        if (take_range(pool, reply->element[i], asked) != 0) {
            return error_set(err, ERROR_BACKEND,
                             "%s answers CLUSTER SLOTS with something unreadable", link->name);
        }
    }
    return reply->elements > 0 ? 0
                               : error_set(err, ERROR_BACKEND,
                                           "%s knows no slots: is the cluster made?", link->name);
}

static int learn_from(struct redis_pool *pool, size_t number, struct error *err)
{
    const struct slice arguments[] = {slice_of("CLUSTER"), slice_of("SLOTS")};
    struct redis_link *link = redis_link_open(pool->login, &pool->lanes[number].address, err);
    if (link == NULL) {
        return -1;
    }
    redisReply *reply = NULL;
    int result =
        redis_link_call(link, arguments, 2, redis_login_timeout_ms(pool->login), &reply, err);
    if (result == 0) {
        result = take_map(pool, link, reply, pool->lanes[number].address.host, err);
        freeReplyObject(reply);
    }
    redis_link_close(link);
    return result;
}

/* Nodes that are connected are asked first: a dead one may take the whole time limit. */
static int learn(struct redis_pool *pool, struct error *err)
{
    size_t count = pool->lane_count;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < count; i++) {
            bool is_connected = pool->lanes[i].link != NULL;
            if (is_connected != (round == 0)) {
                continue;
            }
            int result = learn_from(pool, i, err);
            if (result == 0 || err->kind == ERROR_STOPPED) {
                return result;
            }
        }
    }
    return -1;
}

void redis_pool_refresh(struct redis_pool *pool, int64_t now_ms)
{
    struct error err;
    if (pool->slots == NULL || !pool->is_map_doubtful || now_ms - pool->map_ms < MAP_INTERVAL_MS) {
        return;
    }
    pool->is_map_doubtful = learn(pool, &err) != 0;
    pool->map_ms = monotonic_ms();
}

struct redis_lane *redis_pool_redirect(struct redis_pool *pool, const struct redis_lane *from,
                                       const char *text, bool is_moved)
{
    const char *at = strchr(text, ' ');
    char *end = NULL;
    long slot = at == NULL ? -1 : strtol(at + 1, &end, BASE_TEN);
    const char *colon = end == NULL ? NULL : strrchr(end, ':');
    if (pool->slots == NULL || slot < 0 || slot >= REDIS_SLOT_COUNT || colon == NULL ||
        *end != ' ' || colon - end - 1 >= REDIS_HOST_SIZE) {
        return NULL;
    }
    char host[REDIS_HOST_SIZE] = {0};
    memcpy(host, end + 1, (size_t)(colon - end - 1));
    struct redis_lane *lane = find_lane(pool, host[0] == '\0' ? from->address.host : host,
                                        strtoll(colon + 1, NULL, BASE_TEN));
    if (lane != NULL && is_moved) {
        set_slot(pool, (size_t)slot, lane);
        pool->is_map_doubtful = true;
    }
    return lane;
}

struct redis_lane *redis_pool_route(struct redis_pool *pool, struct slice key)
{
    return pool->slots == NULL ? &pool->lanes[0] : &pool->lanes[redis_slots_find(pool->slots, key)];
}

/* ---- opening and closing */

static int open_cluster(struct redis_pool *pool, struct error *err)
{
    pool->slots = calloc(1, sizeof *pool->slots);
    if (pool->slots == NULL) {
        return error_set_memory(err, "learning the cluster's slots");
    }
    pool->lanes[0].slot_count = REDIS_SLOT_COUNT; /* as the map of zeros says */
    int result = learn(pool, err);
    pool->account.restart_count = 0;
    return result;
}

/* The server or the master that the Sentinels know; of a cluster's nodes the first that answers. */
static int connect_seed(struct redis_pool *pool, struct error *err)
{
    size_t count = pool->target.topology == REDIS_CLUSTER ? pool->target.seed_count : 1;
    for (size_t i = 0; i < count; i++) {
        if (add_lane(pool, &pool->target.seeds[i], err) == NULL) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int result = redis_pool_connect(pool, &pool->lanes[i], err);
        if (result == 0 || err->kind == ERROR_STOPPED) {
            return result;
        }
    }
    return -1;
}

int redis_pool_init(struct redis_pool *pool, const struct redis_config *redis,
                    const atomic_int *stop, struct error *err)
{
    *pool = (struct redis_pool){.redis = redis, .window = choose_window(redis)};
    if (redis_target_read(redis, &pool->target, err) != 0) {
        return -1;
    }
    pool->login = redis_login_new(redis, stop, err);
    if (pool->login == NULL || connect_seed(pool, err) != 0) {
        return -1;
    }
    return redis->is_cluster ? open_cluster(pool, err) : 0;
}

void redis_pool_release(struct redis_pool *pool)
{
    for (size_t i = 0; i < pool->lane_count; i++) {
        redis_lane_release(&pool->lanes[i]);
    }
    redis_login_free(pool->login);
    free(pool->slots);
}

static int ask_lane(struct redis_pool *pool, struct redis_lane *lane, struct sink_status *status,
                    struct error *err)
{
    *status = (struct sink_status){0};
    if (lane->link == NULL && redis_pool_connect(pool, lane, err) != 0) {
        return -1;
    }
    if (redis_lane_status(lane, pool->login, pool->redis->database, status, err) != 0) {
        redis_link_close(
            lane->link); /* a reply may still come: it must not answer something else */
        lane->link = NULL;
        pool->account.reconnect_count++;
        return -1;
    }
    snprintf(status->address, sizeof status->address, "%s", lane->address.text);
    return 0;
}

bool redis_pool_is_serving(const struct redis_pool *pool, size_t number)
{
    return pool->slots == NULL || pool->lanes[number].slot_count > 0;
}

int redis_pool_status(struct redis_pool *pool, struct sink_status *status, struct error *err)
{
    size_t first = pool->slots == NULL ? 0 : pool->slots->lane_of[0];
    return ask_lane(pool, &pool->lanes[first], status, err);
}

int redis_pool_statuses(struct redis_pool *pool, struct sink_status statuses[SINK_NODE_MAX],
                        size_t *count, struct error *err)
{
    *count = 0;
    redis_pool_refresh(pool, monotonic_ms());
    for (size_t i = 0; i < pool->lane_count; i++) {
        if (redis_pool_is_serving(pool, i) &&
            ask_lane(pool, &pool->lanes[i], &statuses[(*count)++], err) != 0) {
            pool->is_map_doubtful = true;
            return -1;
        }
    }
    return 0;
}
