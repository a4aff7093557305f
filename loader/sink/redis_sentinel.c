/* redis_sentinel.c - see redis_sentinel.h.
 * Room: loader/sink. May touch: sockets.
 * A connection for each question: it is asked only when the master's connection is made, which is seldom. */
#include "loader/sink/redis_sentinel.h"

#include "loader/sink/redis_fault.h"

#include <stdlib.h>

enum { BASE_TEN = 10, WORD_COUNT = 3 };

/* The reply is [host, port], or nil for a master that this Sentinel does not watch. */
static int read_address(const struct redis_link *link, const redisReply *reply, const char *master,
                        struct redis_address *address, struct error *err)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return redis_fault_explain(link->name, reply->str, err);
    }
    if (reply->type == REDIS_REPLY_NIL) {
        return error_set(err, ERROR_BACKEND, "%s knows no master '%s' (see [redis] master)",
                         link->name, master);
    }
    bool is_address = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                      reply->element[0]->type == REDIS_REPLY_STRING &&
                      reply->element[1]->type == REDIS_REPLY_STRING;
    if (!is_address) {
        return error_set(err, ERROR_BACKEND, "%s is no Sentinel: its answer is no address",
                         link->name);
    }
    return redis_address_of_node(reply->element[0]->str,
                                 strtoll(reply->element[1]->str, NULL, BASE_TEN), address, err);
}

static int ask(const struct redis_login *login, const struct redis_address *sentinel,
               const char *master, struct redis_address *address, struct error *err)
{
    const struct slice arguments[WORD_COUNT] = {
        slice_of("SENTINEL"), slice_of("GET-MASTER-ADDR-BY-NAME"), slice_of(master)};
    redisReply *reply = NULL;
    struct redis_link *link = redis_link_open_sentinel(login, sentinel, err);
    if (link == NULL) {
        return -1;
    }
    int result =
        redis_link_call(link, arguments, WORD_COUNT, redis_login_timeout_ms(login), &reply, err);
    if (result == 0) {
        result = read_address(link, reply, master, address, err);
        freeReplyObject(reply);
    }
    redis_link_close(link);
    return result;
}

int redis_sentinel_find(const struct redis_login *login, const struct redis_target *target,
                        const char *master, struct redis_address *address, struct error *err)
{
    for (size_t i = 0; i < target->seed_count; i++) {
        int result = ask(login, &target->seeds[i], master, address, err);
        if (result == 0 || err->kind == ERROR_STOPPED) {
            return result;
        }
    }
    return -1;
}
