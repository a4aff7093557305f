/* redis_reply.c - see redis_reply.h.
 * Room: loader/sink. May touch: sockets. */
#include "loader/sink/redis_reply.h"

#include "loader/sink/redis_fault.h"

/* A cluster's node says where the key is, or may be this once. True: the command is on its way again. */
static bool follow_redirection(struct redis_traffic *traffic, const struct redis_lane *lane,
                               size_t index, const char *text, bool is_moved)
{
    static const char asking[] = "*1\r\n$6\r\nASKING\r\n";
    struct redis_pool *pool = traffic->pool;
    struct redis_lane *target = redis_pool_redirect(pool, lane, text, is_moved);
    if (target == NULL) {
        redis_traffic_end(traffic, lane, text);
        return false;
    }
    bool is_sent_on = !is_moved && !traffic->is_ending && target != lane &&
                      redis_lane_has_room(target, pool->window) &&
                      redis_traffic_is_ready(traffic, target);
    if (!is_sent_on) {
        return false;
    }
    redis_output_raw(&target->link->output, asking, sizeof asking - 1);
    redis_lane_depart(target, REDIS_FLIGHT_ASKING, sizeof asking - 1);
    (void)redis_traffic_send(traffic, target, index);
    return true;
}

/* An error reply: refused, put back, sent elsewhere, or the end. */
static void take_error(struct redis_traffic *traffic, struct redis_lane *lane, size_t index,
                       const redisReply *reply)
{
    enum redis_fault fault = redis_fault_judge(reply->str);
    switch (fault) {
    case REDIS_FAULT_KEY:
        redis_traffic_settle(traffic, index, REDIS_REFUSED, reply);
        return;
    case REDIS_FAULT_MEMORY:
        redis_traffic_settle(traffic, index, REDIS_NO_MEMORY, reply);
        redis_traffic_end(traffic, lane, reply->str);
        return;
    case REDIS_FAULT_WAIT:
        redis_lane_pause(lane, traffic->now_ms);
        traffic->pool->is_map_doubtful = true;
        break;
    case REDIS_FAULT_ROLE:
        lane->is_demoted = true;
        break;
    case REDIS_FAULT_SCRIPT:
        lane->link->script_bits = 0;
        break;
    case REDIS_FAULT_MOVED:
    case REDIS_FAULT_ASK:
        if (follow_redirection(traffic, lane, index, reply->str, fault == REDIS_FAULT_MOVED)) {
            return;
        }
        break;
    case REDIS_FAULT_STOP:
        redis_traffic_end(traffic, lane, reply->str);
        break;
    }
    redis_fault_explain(lane->link->name, reply->str, &traffic->trouble);
    redis_traffic_settle(traffic, index, REDIS_PUT_BACK, reply);
    redis_traffic_put_back(traffic, index);
}

static void take(struct redis_traffic *traffic, struct redis_lane *lane, const redisReply *reply)
{
    struct redis_flight flight = redis_lane_land(lane);
    traffic->pool->account.command_count++;
    if (flight.index == REDIS_FLIGHT_ASKING) {
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        take_error(traffic, lane, flight.index, reply);
        return;
    }
    redis_lane_calm(lane);
    redis_traffic_settle(traffic, flight.index, REDIS_REPLIED, reply);
}

void redis_reply_receive(struct redis_traffic *traffic, struct redis_lane *lane)
{
    int received = redis_link_receive(lane->link);
    redisReply *reply = NULL;
    int found;
    while ((found = redis_link_next_reply(lane->link, &reply)) > 0) {
        bool is_expected = redis_lane_in_flight(lane) > 0;
        if (is_expected) {
            take(traffic, lane, reply);
        }
        freeReplyObject(reply);
        if (!is_expected) {
            found = -1;
            break;
        }
    }
    if (received > 0) {
        lane->heard_ms = traffic->now_ms;
    }
    if (lane->is_demoted) {
        lane->is_demoted = false;
        redis_traffic_lose(traffic, lane, "is a replica now");
    } else if (found < 0 || received < 0) {
        redis_traffic_lose(traffic, lane,
                           found < 0 ? "does not speak Redis' protocol" : "closed the connection");
    }
}
