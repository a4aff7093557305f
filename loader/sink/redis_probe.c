/* redis_probe.c - see redis_probe.h.
 * Room: loader/sink. May touch: sockets. */
#include "loader/sink/redis_probe.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_pool.h"

#include <stdlib.h>

struct redis_probe {
    struct redis_config redis; /* a copy with a short time limit */
    struct redis_pool pool;
};

struct redis_probe *redis_probe_open(const struct redis_config *redis, const atomic_int *stop,
                                     struct error *err)
{
    struct redis_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL) {
        error_set_memory(err, "watching Redis");
        return NULL;
    }
    probe->redis = *redis;
    probe->redis.timeout_ms = REDIS_PROBE_TIMEOUT_MS;
    if (redis_pool_init(&probe->pool, &probe->redis, stop, err) != 0) {
        redis_probe_close(probe);
        return NULL;
    }
    return probe;
}

void redis_probe_close(struct redis_probe *probe)
{
    if (probe != NULL) {
        redis_pool_release(&probe->pool);
        free(probe);
    }
}

/* Making a connection is not part of the round trip. */
static int ping_lane(struct redis_probe *probe, struct redis_lane *lane, int64_t *round_trip_us,
                     struct error *err)
{
    const struct slice arguments[] = {slice_of("PING")};
    redisReply *reply = NULL;
    if (lane->link == NULL && redis_pool_connect(&probe->pool, lane, err) != 0) {
        return -1;
    }
    int64_t before_us = monotonic_us();
    if (redis_link_call(lane->link, arguments, 1, REDIS_PROBE_TIMEOUT_MS, &reply, err) != 0) {
        redis_link_close(lane->link);
        lane->link = NULL;
        probe->pool.is_map_doubtful = true;
        return -1;
    }
    *round_trip_us = monotonic_us() - before_us;
    int result = reply->type == REDIS_REPLY_ERROR
                     ? redis_fault_explain(lane->link->name, reply->str, err)
                     : 0;
    freeReplyObject(reply);
    return result;
}

int redis_probe_ping(struct redis_probe *probe, int64_t *round_trip_us, struct error *err)
{
    struct redis_pool *pool = &probe->pool;
    *round_trip_us = 0;
    redis_pool_refresh(pool, monotonic_ms());
    for (size_t i = 0; i < pool->lane_count; i++) {
        int64_t lane_us = 0;
        if (!redis_pool_is_serving(pool, i)) {
            continue;
        }
        if (ping_lane(probe, &pool->lanes[i], &lane_us, err) != 0) {
            return -1;
        }
        *round_trip_us = lane_us > *round_trip_us ? lane_us : *round_trip_us;
    }
    return 0;
}

/* The counters of all servers that keys go to, added up in `sum`. */
static int sum_counters(struct redis_probe *probe, struct sink_status *sum, struct error *err)
{
    struct sink_status statuses[SINK_NODE_MAX];
    size_t node_count;
    *sum = (struct sink_status){0};
    if (redis_pool_statuses(&probe->pool, statuses, &node_count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < node_count; i++) {
        sum->evicted_count += statuses[i].evicted_count;
        sum->hit_count += statuses[i].hit_count;
        sum->miss_count += statuses[i].miss_count;
    }
    return 0;
}

int redis_probe_evictions(struct redis_probe *probe, uint64_t *count, struct error *err)
{
    struct sink_status sum;
    int result = sum_counters(probe, &sum, err);
    *count = sum.evicted_count;
    return result;
}

int redis_probe_reads(struct redis_probe *probe, uint64_t *hit_count, uint64_t *miss_count,
                      struct error *err)
{
    struct sink_status sum;
    int result = sum_counters(probe, &sum, err);
    *hit_count = sum.hit_count;
    *miss_count = sum.miss_count;
    return result;
}
