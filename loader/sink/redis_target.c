/* redis_target.c - see redis_target.h.
 * Room: loader/sink. May touch: nothing. */
#include "loader/sink/redis_target.h"

#include <stdio.h>
#include <string.h>

static const char separators[] = ", ";

/* One address of a list, `size` bytes at `text`. */
static int add_seed(struct redis_target *target, const char *text, size_t size, struct error *err)
{
    char copy[REDIS_ADDRESS_SIZE];
    if (target->seed_count == REDIS_SEED_MAX) {
        return error_set(err, ERROR_INPUT, "[redis] names more than %d addresses", REDIS_SEED_MAX);
    }
    if (size >= sizeof copy) {
        return error_set(err, ERROR_INPUT, "[redis] has an address of more than %d bytes: '%.40s'",
                         REDIS_ADDRESS_SIZE - 1, text);
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    return redis_address_parse(copy, &target->seeds[target->seed_count++], err);
}

/* A socket's path may hold anything, so a text that begins with one is one address. */
static int read_seeds(struct redis_target *target, const char *text, struct error *err)
{
    if (text == NULL || strncmp(text, "unix:", sizeof "unix:" - 1) == 0) {
        return redis_address_parse(text, &target->seeds[target->seed_count++], err);
    }
    const char *at = text + strspn(text, separators);
    do {
        size_t size = strcspn(at, separators);
        if (add_seed(target, at, size, err) != 0) {
            return -1;
        }
        at += size;
        at += strspn(at, separators);
    } while (*at != '\0');
    return 0;
}

static int read_topology(const struct redis_config *redis, struct redis_target *target,
                         struct error *err)
{
    if (redis->sentinel == NULL && redis->master == NULL) {
        target->topology = redis->is_cluster ? REDIS_CLUSTER : REDIS_SINGLE;
        return 0;
    }
    if (redis->sentinel == NULL || redis->master == NULL) {
        return error_set(err, ERROR_INPUT,
                         "[redis] sentinel and master belong together: give both");
    }
    if (redis->is_cluster) {
        return error_set(
            err, ERROR_INPUT,
            "[redis] has both cluster = yes and sentinel: a cluster needs no Sentinel");
    }
    target->topology = REDIS_SENTINEL;
    return 0;
}

static int check_seeds(const struct redis_target *target, struct error *err)
{
    if (target->topology == REDIS_SINGLE && target->seed_count > 1) {
        return error_set(err, ERROR_INPUT,
                         "[redis] address names %zu servers: that is for cluster = yes only",
                         target->seed_count);
    }
    if (target->topology == REDIS_CLUSTER && target->seeds[0].is_unix) {
        return error_set(err, ERROR_INPUT,
                         "[redis] cluster = yes needs host:port, not a Unix socket");
    }
    return 0;
}

static int name_target(const struct redis_config *redis, struct redis_target *target,
                       struct error *err)
{
    char list[REDIS_TARGET_NAME_SIZE] = "";
    size_t size = 0;
    for (size_t i = 0; i < target->seed_count && size < sizeof list; i++) {
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i == 0 ? "" : ",",
                                 target->seeds[i].text);
    }
    int written = 0;
    switch (target->topology) {
    case REDIS_SINGLE:
        written = snprintf(target->name, sizeof target->name, "redis at %s, database %lld", list,
                           (long long)redis->database);
        break;
    case REDIS_CLUSTER:
        written = snprintf(target->name, sizeof target->name, "redis cluster at %s", list);
        break;
    case REDIS_SENTINEL:
        written = snprintf(target->name, sizeof target->name,
                           "redis %s of the Sentinels %s, database %lld", redis->master, list,
                           (long long)redis->database);
        break;
    }
    bool is_whole = size < sizeof list && written > 0 && (size_t)written < sizeof target->name;
    return is_whole ? 0
                    : error_set(err, ERROR_INPUT, "[redis] has more than %d bytes of addresses",
                                REDIS_TARGET_NAME_SIZE / 2);
}

int redis_target_read(const struct redis_config *redis, struct redis_target *target,
                      struct error *err)
{
    *target = (struct redis_target){0};
    if (read_topology(redis, target, err) != 0 ||
        read_seeds(target, redis->sentinel != NULL ? redis->sentinel : redis->address, err) != 0 ||
        check_seeds(target, err) != 0) {
        return -1;
    }
    return name_target(redis, target, err);
}
