/* redis_traffic.c - see redis_traffic.h.
 * Room: loader/sink. May touch: sockets, clocks.
 * What is sent again goes first and nothing overtakes its head, so order is kept at the price that a silent server
 * holds up everything; hence no more than the windows of all lanes can ever wait to be sent again. */
#include "loader/sink/redis_traffic.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"

/* ---- what becomes of a command, and of a connection */

void redis_traffic_settle(struct redis_traffic *traffic, size_t index, enum redis_outcome_kind kind,
                          const redisReply *reply)
{
    const struct redis_outcome outcome = {
        .kind = kind, .was_lost = traffic->again->was_lost[index] != 0, .reply = reply};
    traffic->job->settle(traffic->job->context, index, &outcome);
    if (kind != REDIS_PUT_BACK) {
        traffic->settled_count++;
        traffic->progress_ms = traffic->now_ms;
    }
}

void redis_traffic_put_back(struct redis_traffic *traffic, size_t index)
{
    redis_again_put(traffic->again, index);
    traffic->pool->account.retry_count++;
}

void redis_traffic_lose(struct redis_traffic *traffic, struct redis_lane *lane, const char *why)
{
    error_set(&traffic->trouble, ERROR_BACKEND, "%s %s", lane->link->name, why);
    redis_link_close(lane->link);
    lane->link = NULL;
    traffic->pool->is_map_doubtful = true;
    while (redis_lane_in_flight(lane) > 0) {
        struct redis_flight flight = redis_lane_land(lane);
        if (flight.index != REDIS_FLIGHT_ASKING) {
            redis_again_put_lost(traffic->again, flight.index);
            traffic->pool->account.retry_count++;
        }
    }
    traffic->pool->account.reconnect_count++;
    redis_lane_pause(lane, traffic->now_ms);
}

void redis_traffic_end(struct redis_traffic *traffic, const struct redis_lane *lane,
                       const char *text)
{
    if (!traffic->is_ending) {
        redis_fault_explain(lane->link->name, text, traffic->err);
        traffic->is_ending = true;
    }
}

/* ---- sending */

bool redis_traffic_is_ready(struct redis_traffic *traffic, struct redis_lane *lane)
{
    if (traffic->now_ms < lane->resume_ms) {
        return false;
    }
    if (lane->link != NULL) {
        return true;
    }
    int result = redis_pool_connect(traffic->pool, lane, &traffic->trouble);
    traffic->now_ms = monotonic_ms();
    if (result != 0) {
        redis_lane_pause(lane, traffic->now_ms);
        traffic->pool->is_map_doubtful = true;
    }
    return result == 0;
}

int redis_traffic_send(struct redis_traffic *traffic, struct redis_lane *lane, size_t index)
{
    size_t before = redis_output_waiting(&lane->link->output);
    traffic->job->append(traffic->job->context, index, lane->link);
    size_t size = redis_output_waiting(&lane->link->output) - before;
    redis_lane_depart(lane, index, size);
    traffic->pool->account.sent_bytes += size;
    if (!lane->link->output.is_broken) {
        return 0;
    }
    error_set_memory(traffic->err, "writing commands");
    traffic->is_ending = true;
    redis_traffic_lose(traffic, lane, "was given up");
    return -1;
}

/* The index that must be sent next; false when all have been sent. */
static bool peek_next(const struct redis_traffic *traffic, size_t *index)
{
    if (redis_again_peek(traffic->again, index)) {
        return true;
    }
    *index = traffic->next;
    return traffic->next < traffic->job->count;
}

static void drop_next(struct redis_traffic *traffic)
{
    size_t index;
    if (redis_again_peek(traffic->again, &index)) {
        redis_again_drop(traffic->again);
    } else {
        traffic->next++;
    }
}

void redis_traffic_fill(struct redis_traffic *traffic)
{
    size_t index;
    while (peek_next(traffic, &index)) {
        struct slice key = traffic->job->key(traffic->job->context, index);
        struct redis_lane *lane = redis_pool_route(traffic->pool, key);
        if (!redis_lane_has_room(lane, traffic->pool->window) ||
            !redis_traffic_is_ready(traffic, lane)) {
            return;
        }
        drop_next(traffic);
        if (redis_traffic_send(traffic, lane, index) != 0) {
            return;
        }
    }
}
