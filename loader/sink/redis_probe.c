/* redis_probe.c - see redis_probe.h.
 * Room: loader/sink. May touch: one socket. */
#include "loader/sink/redis_probe.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_info.h"
#include "loader/sink/redis_link.h"

#include <stdlib.h>

struct redis_probe {
    struct redis_config redis; /* a copy with a short time limit */
    struct redis_address address;
    struct redis_login *login;
    struct redis_link *link; /* NULL: lost */
};

static int need_link(struct redis_probe *probe, struct error *err)
{
    if (probe->link == NULL) {
        probe->link = redis_link_open(probe->login, &probe->address, err);
    }
    return probe->link == NULL ? -1 : 0;
}

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
    if (redis_address_parse(redis->address, &probe->address, err) != 0 ||
        (probe->login = redis_login_new(&probe->redis, stop, err)) == NULL ||
        need_link(probe, err) != 0) {
        redis_probe_close(probe);
        return NULL;
    }
    return probe;
}

void redis_probe_close(struct redis_probe *probe)
{
    if (probe != NULL) {
        redis_link_close(probe->link);
        redis_login_free(probe->login);
        free(probe);
    }
}

static int call(struct redis_probe *probe, const struct slice arguments[], size_t count,
                redisReply **reply, struct error *err)
{
    if (need_link(probe, err) != 0) {
        return -1;
    }
    if (redis_link_call(probe->link, arguments, count, REDIS_PROBE_TIMEOUT_MS, reply, err) != 0) {
        redis_link_close(probe->link);
        probe->link = NULL;
        return -1;
    }
    if ((*reply)->type == REDIS_REPLY_ERROR) {
        redis_fault_explain(probe->link->name, (*reply)->str, err);
        freeReplyObject(*reply);
        return -1;
    }
    return 0;
}

int redis_probe_ping(struct redis_probe *probe, int64_t *round_trip_us, struct error *err)
{
    const struct slice arguments[] = {slice_of("PING")};
    redisReply *reply = NULL;
    if (need_link(probe, err) != 0) { /* making a connection is not part of the round trip */
        return -1;
    }
    int64_t before_us = monotonic_us();
    if (call(probe, arguments, 1, &reply, err) != 0) {
        return -1;
    }
    *round_trip_us = monotonic_us() - before_us;
    freeReplyObject(reply);
    return 0;
}

int redis_probe_evictions(struct redis_probe *probe, uint64_t *count, struct error *err)
{
    const struct slice arguments[] = {slice_of("INFO"), slice_of("stats")};
    redisReply *reply = NULL;
    if (call(probe, arguments, 2, &reply, err) != 0) {
        return -1;
    }
    struct slice text = {reply->str, (size_t)reply->len};
    struct sink_status status;
    redis_info_read(text, 0, &status);
    *count = status.evicted_count;
    freeReplyObject(reply);
    return 0;
}
