/* redis_control.c - see redis_control.h.
 * Room: loader/sink. May touch: sockets.
 * A connection that was lost is made again once a call; more patience is the caller's to have. */
#include "loader/sink/redis_control.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_SIZE = 24, ARGUMENT_MIN = 3, ARGUMENT_MAX = 6, HOP_MAX = 5 };

struct redis_control {
    struct redis_config redis; /* a copy: the address is that of the control keys */
    struct redis_pool pool;
};

static const char take_script[] = "local holder = redis.call('GET', KEYS[1])\n"
                                  "if holder and holder ~= ARGV[1] then return holder end\n"
                                  "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
                                  "return 1\n";
static const char release_script[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
                                     "return redis.call('DEL', KEYS[1])\n";

struct redis_control *redis_control_open(const struct redis_config *redis, struct error *err)
{
    return redis_control_open_until(redis, NULL, err);
}

struct redis_control *redis_control_open_until(const struct redis_config *redis,
                                               const atomic_int *stop, struct error *err)
{
    struct redis_control *control = calloc(1, sizeof *control);
    if (control == NULL) {
        error_set_memory(err, "connecting to Redis");
        return NULL;
    }
    control->redis = *redis;
    if (redis->control != NULL) {
        control->redis.address = redis->control;
        control->redis.is_cluster = false;
        control->redis.sentinel = NULL;
        control->redis.master = NULL;
    }
    if (redis_pool_init(&control->pool, &control->redis, stop, err) != 0) {
        redis_control_close(control);
        return NULL;
    }
    return control;
}

void redis_control_close(struct redis_control *control)
{
    if (control != NULL) {
        redis_pool_release(&control->pool);
        free(control);
    }
}

/* The master has become a replica: Sentinels know another one by now. */
static bool is_replica(redisReply **reply, const struct redis_lane *lane, struct error *err)
{
    if ((*reply)->type != REDIS_REPLY_ERROR ||
        redis_fault_judge((*reply)->str) != REDIS_FAULT_ROLE) {
        return false;
    }
    redis_fault_explain(lane->link->name, (*reply)->str, err);
    freeReplyObject(*reply);
    *reply = NULL;
    return true;
}

/* One call on the connection there is, or on a new one. */
static int call_lane(struct redis_control *control, struct redis_lane *lane,
                     const struct slice arguments[], size_t count, redisReply **reply,
                     struct error *err)
{
    struct redis_pool *pool = &control->pool;
    bool is_answered = (lane->link != NULL || redis_pool_connect(pool, lane, err) == 0) &&
                       redis_link_call(lane->link, arguments, count,
                                       redis_login_timeout_ms(pool->login), reply, err) == 0 &&
                       !is_replica(reply, lane, err);
    if (!is_answered) {
        redis_link_close(lane->link);
        lane->link = NULL;
        pool->is_map_doubtful = true;
    }
    return is_answered ? 0 : -1;
}

/* Where a cluster's node sends the call: 1 and `*lane`, 0 when the reply is no redirection, -1. */
static int follow(struct redis_control *control, struct redis_lane **lane, const redisReply *reply,
                  struct error *err)
{
    const struct slice asking = slice_of("ASKING");
    enum redis_fault fault =
        reply->type == REDIS_REPLY_ERROR ? redis_fault_judge(reply->str) : REDIS_FAULT_KEY;
    bool is_moved = fault == REDIS_FAULT_MOVED;
    if (!is_moved && fault != REDIS_FAULT_ASK) {
        return 0;
    }
    struct redis_lane *target = redis_pool_redirect(&control->pool, *lane, reply->str, is_moved);
    if (target == NULL) {
        return 0;
    }
    *lane = target;
    redisReply *ignored = NULL;
    int result = is_moved ? 0 : call_lane(control, target, &asking, 1, &ignored, err);
    if (ignored != NULL) {
        freeReplyObject(ignored);
    }
    return result == 0 ? 1 : -1;
}

/* One call, with a cluster's redirections. */
static int call_once(struct redis_control *control, const struct slice key,
                     const struct slice arguments[], size_t count, redisReply **reply,
                     struct error *err)
{
    redis_pool_refresh(&control->pool, monotonic_ms());
    struct redis_lane *lane = redis_pool_route(&control->pool, key);
    for (int hop = 0;; hop++) {
        if (call_lane(control, lane, arguments, count, reply, err) != 0) {
            return -1;
        }
        int followed = hop < HOP_MAX ? follow(control, &lane, *reply, err) : 0;
        if (followed == 0) {
            return 0;
        }
        freeReplyObject(*reply);
        if (followed < 0) {
            return -1;
        }
    }
}

/* All calls here may be repeated safely, so a lost connection is worth a second try. The reply is no error. */
static int call(struct redis_control *control, const struct slice key,
                const struct slice arguments[], size_t count, redisReply **reply, struct error *err)
{
    bool is_answered = call_once(control, key, arguments, count, reply, err) == 0;
    if (!is_answered && err->kind != ERROR_STOPPED) {
        is_answered = call_once(control, key, arguments, count, reply, err) == 0;
    }
    if (!is_answered) {
        return -1;
    }
    if ((*reply)->type != REDIS_REPLY_ERROR) {
        return 0;
    }
    redis_fault_explain(control->pool.target.name, (*reply)->str, err);
    freeReplyObject(*reply);
    return -1;
}

static void copy_reply(const redisReply *reply, char *text, size_t size)
{
    size_t copied = (size_t)reply->len < size - 1 ? (size_t)reply->len : size - 1;
    memcpy(text, reply->str, copied);
    text[copied] = '\0';
}

int redis_control_take_lease(struct redis_control *control, const char *key, const char *owner,
                             int64_t ttl_ms, char *holder, struct error *err)
{
    char ttl[NUMBER_TEXT_SIZE];
    snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_ms);
    const struct slice arguments[ARGUMENT_MAX] = {
        slice_of("EVAL"), slice_of(take_script), slice_of("1"),
        slice_of(key),    slice_of(owner),       slice_of(ttl),
    };
    redisReply *reply = NULL;
    if (call(control, slice_of(key), arguments, ARGUMENT_MAX, &reply, err) != 0) {
        return -1;
    }
    bool is_taken = reply->type == REDIS_REPLY_INTEGER;
    if (!is_taken) {
        copy_reply(reply, holder, LEASE_OWNER_SIZE);
    }
    freeReplyObject(reply);
    return is_taken;
}

/* For the calls that answer a number: its value (0 or 1), or -1. */
static int call_for_number(struct redis_control *control, const struct slice key,
                           const struct slice arguments[], size_t count, struct error *err)
{
    redisReply *reply = NULL;
    if (call(control, key, arguments, count, &reply, err) != 0) {
        return -1;
    }
    int answer = reply->integer != 0;
    freeReplyObject(reply);
    return answer;
}

int redis_control_release_lease(struct redis_control *control, const char *key, const char *owner,
                                struct error *err)
{
    const struct slice arguments[] = {slice_of("EVAL"), slice_of(release_script), slice_of("1"),
                                      slice_of(key), slice_of(owner)};
    return call_for_number(control, slice_of(key), arguments,
                           sizeof arguments / sizeof arguments[0], err);
}

int redis_control_get(struct redis_control *control, const char *key, char *value, size_t size,
                      struct error *err)
{
    const struct slice arguments[] = {slice_of("GET"), slice_of(key)};
    redisReply *reply = NULL;
    if (call(control, slice_of(key), arguments, 2, &reply, err) != 0) {
        return -1;
    }
    bool is_found = reply->type == REDIS_REPLY_STRING;
    if (is_found) {
        copy_reply(reply, value, size);
    }
    freeReplyObject(reply);
    return is_found;
}

/* 1: set; 0: `word` forbade it. `word` is XX, or NULL. */
static int set_key(struct redis_control *control, const char *key, const char *value,
                   int64_t life_second, const char *word, struct error *err)
{
    char life[NUMBER_TEXT_SIZE];
    snprintf(life, sizeof life, "%lld", (long long)life_second);
    struct slice arguments[ARGUMENT_MAX] = {slice_of("SET"), slice_of(key), slice_of(value)};
    size_t count = ARGUMENT_MIN;
    if (life_second != 0) {
        arguments[count++] = slice_of("EX");
        arguments[count++] = slice_of(life);
    }
    if (word != NULL) {
        arguments[count++] = slice_of(word);
    }
    redisReply *reply = NULL;
    if (call(control, slice_of(key), arguments, count, &reply, err) != 0) {
        return -1;
    }
    int is_set = reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    return is_set;
}

int redis_control_set(struct redis_control *control, const char *key, const char *value,
                      int64_t life_second, struct error *err)
{
    return set_key(control, key, value, life_second, NULL, err) < 0 ? -1 : 0;
}

int redis_control_set_existing(struct redis_control *control, const char *key, const char *value,
                               int64_t life_second, struct error *err)
{
    return set_key(control, key, value, life_second, "XX", err);
}

int redis_control_delete(struct redis_control *control, const char *key, struct error *err)
{
    const struct slice arguments[] = {slice_of("DEL"), slice_of(key)};
    return call_for_number(control, slice_of(key), arguments, 2, err);
}
