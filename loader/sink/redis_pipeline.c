/* redis_pipeline.c - see redis_pipeline.h.
 * Room: loader/sink. May touch: sockets, clocks.
 *
 * DESIGN
 * One loop, no thread: fill the lanes' windows, send, poll, settle what was answered.
 * The loop ends early on the stop flag, on a reply that no retry can help, and when nothing was settled for
 * `patience_ms`; even then the answers to what is in flight are waited for, so that each result is true. A stop waits
 * for them no longer than REDIS_STOP_GRACE_MS: what a hanging server has not answered by then stays unsure. */
#include "loader/sink/redis_pipeline.h"

#include "common/monotonic.h"
#include "loader/sink/redis_pool.h"
#include "loader/sink/redis_reply.h"
#include "loader/sink/redis_traffic.h"
#include "loader/sink/redis_wait.h"

#include <poll.h>
#include <stdlib.h>

enum { PATIENCE_DEFAULT_MS = 30 * 1000, PATIENCE_SENTINEL_MS = 120 * 1000 };

struct redis_pipeline {
    const atomic_int *stop;
    struct redis_pool pool;
    struct redis_again again;
    int64_t patience_ms;
};

/* ---- opening and closing */

/* Sentinels wait half a minute by default before they even begin with a failover. */
static int64_t choose_patience_ms(const struct sink_options *options)
{
    if (options->patience_ms > 0) {
        return options->patience_ms;
    }
    return options->redis->sentinel != NULL ? PATIENCE_SENTINEL_MS : PATIENCE_DEFAULT_MS;
}

struct redis_pipeline *redis_pipeline_open(const struct sink_options *options, struct error *err)
{
    struct redis_pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL) {
        error_set_memory(err, "preparing the pipeline");
        return NULL;
    }
    pipeline->stop = options->stop;
    pipeline->patience_ms = choose_patience_ms(options);
    if (redis_pool_init(&pipeline->pool, options->redis, options->stop, err) != 0 ||
        redis_again_init(&pipeline->again, REDIS_LANE_MAX * pipeline->pool.window, err) != 0) {
        redis_pipeline_close(pipeline);
        return NULL;
    }
    return pipeline;
}

void redis_pipeline_close(struct redis_pipeline *pipeline)
{
    if (pipeline == NULL) {
        return;
    }
    redis_pool_release(&pipeline->pool);
    redis_again_release(&pipeline->again);
    free(pipeline);
}

/* ---- reasons to end */

/* How long a lane may be silent before its connection is given up. */
static int64_t choose_timeout_ms(const struct redis_pipeline *pipeline)
{
    int64_t timeout_ms = redis_login_timeout_ms(pipeline->pool.login);
    bool is_shorter =
        redis_wait_is_stop(pipeline->stop) && timeout_ms > (int64_t)REDIS_STOP_GRACE_MS;
    return is_shorter ? REDIS_STOP_GRACE_MS : timeout_ms;
}

static void look_at_stop(struct redis_traffic *traffic, const atomic_int *stop)
{
    if (redis_wait_is_stop(stop)) {
        error_set(traffic->err, ERROR_STOPPED, "stopped while talking to %s",
                  traffic->pool->target.name);
        traffic->is_ending = true;
    }
}

static void look_at_patience(struct redis_traffic *traffic, int64_t patience_ms)
{
    int64_t waited_ms = traffic->now_ms - traffic->progress_ms;
    if (waited_ms <= patience_ms) {
        return;
    }
    error_set(traffic->err, ERROR_BACKEND, "%s; no progress for %lld s, so this run gives up",
              traffic->trouble.kind == ERROR_NONE ? traffic->pool->target.name
                                                  : traffic->trouble.text,
              (long long)(waited_ms / MS_PER_SECOND));
    traffic->is_ending = true;
}

/* ---- waiting */

static size_t count_in_flight(const struct redis_pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->lane_count; i++) {
        count += redis_lane_in_flight(&pool->lanes[i]);
    }
    return count;
}

/* How long poll may sleep before a lane wants to resume or has been silent for too long. */
static int64_t choose_wait_ms(const struct redis_traffic *traffic, int64_t timeout_ms)
{
    int64_t wake_ms = traffic->now_ms + REDIS_STOP_LOOK_MS;
    for (size_t i = 0; i < traffic->pool->lane_count; i++) {
        const struct redis_lane *lane = &traffic->pool->lanes[i];
        if (redis_lane_in_flight(lane) > 0 && lane->heard_ms + timeout_ms < wake_ms) {
            wake_ms = lane->heard_ms + timeout_ms;
        }
        if (lane->resume_ms > traffic->now_ms && lane->resume_ms < wake_ms) {
            wake_ms = lane->resume_ms;
        }
    }
    return wake_ms > traffic->now_ms ? wake_ms - traffic->now_ms : 0;
}

static void poll_lanes(struct redis_traffic *traffic, int64_t timeout_ms, struct pollfd waiting[])
{
    struct redis_pool *pool = traffic->pool;
    for (size_t i = 0; i < pool->lane_count; i++) {
        const struct redis_link *link = pool->lanes[i].link;
        bool has_output = link != NULL && redis_output_waiting(&link->output) > 0;
        waiting[i] = (struct pollfd){.fd = link == NULL ? -1 : link->socket.descriptor,
                                     .events = (short)(has_output ? POLLIN | POLLOUT : POLLIN)};
    }
    bool is_idle = count_in_flight(pool) == 0;
    int64_t before_ms = traffic->now_ms;
    (void)poll(waiting, pool->lane_count, (int)choose_wait_ms(traffic, timeout_ms));
    traffic->now_ms = monotonic_ms();
    if (is_idle) {
        pool->account.waited_ms += traffic->now_ms - before_ms;
    }
}

static void send_all(struct redis_traffic *traffic)
{
    for (size_t i = 0; i < traffic->pool->lane_count; i++) {
        struct redis_lane *lane = &traffic->pool->lanes[i];
        if (lane->link != NULL && redis_link_send(lane->link) < 0) {
            redis_traffic_lose(traffic, lane, "closed the connection");
        }
    }
}

/* Sends what waits, sleeps until something happens, settles what came. */
static void exchange(struct redis_traffic *traffic, int64_t timeout_ms)
{
    struct redis_pool *pool = traffic->pool;
    struct pollfd waiting[REDIS_LANE_MAX];
    size_t polled_count = pool->lane_count; /* a redirection may add lanes */
    send_all(traffic);
    poll_lanes(traffic, timeout_ms, waiting);
    for (size_t i = 0; i < polled_count; i++) {
        struct redis_lane *lane = &pool->lanes[i];
        if (lane->link != NULL && (waiting[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            redis_reply_receive(traffic, lane);
        }
        bool is_silent =
            redis_lane_in_flight(lane) > 0 && traffic->now_ms - lane->heard_ms >= timeout_ms;
        if (is_silent) {
            redis_traffic_lose(traffic, lane, "did not answer in time ([redis] timeout)");
        }
    }
}

/* ---- the loop */

int redis_pipeline_run(struct redis_pipeline *pipeline, const struct redis_job *job,
                       struct error *err)
{
    struct redis_traffic traffic = {
        .pool = &pipeline->pool, .again = &pipeline->again, .job = job, .err = err};
    if (redis_again_begin(&pipeline->again, job->count, err) != 0) {
        return -1;
    }
    traffic.now_ms = monotonic_ms();
    traffic.progress_ms = traffic.now_ms;
    for (;;) {
        bool is_done = traffic.settled_count == job->count;
        if (is_done || (traffic.is_ending && count_in_flight(&pipeline->pool) == 0)) {
            return traffic.is_ending ? -1 : 0;
        }
        if (!traffic.is_ending) {
            look_at_stop(&traffic, pipeline->stop);
        }
        if (!traffic.is_ending) {
            look_at_patience(&traffic, pipeline->patience_ms);
        }
        if (!traffic.is_ending) {
            redis_pool_refresh(&pipeline->pool, traffic.now_ms);
            redis_traffic_fill(&traffic);
        }
        exchange(&traffic, choose_timeout_ms(pipeline));
    }
}

/* ---- the rest */

int redis_pipeline_status(struct redis_pipeline *pipeline, struct sink_status *status,
                          struct error *err)
{
    return redis_pool_status(&pipeline->pool, status, err);
}

int redis_pipeline_statuses(struct redis_pipeline *pipeline,
                            struct sink_status statuses[SINK_NODE_MAX], size_t *count,
                            struct error *err)
{
    return redis_pool_statuses(&pipeline->pool, statuses, count, err);
}

size_t redis_pipeline_lane(struct redis_pipeline *pipeline, struct slice key)
{
    return (size_t)(redis_pool_route(&pipeline->pool, key) - pipeline->pool.lanes);
}

const char *redis_pipeline_node_of(struct redis_pipeline *pipeline, struct slice key)
{
    return redis_pool_route(&pipeline->pool, key)->address.text;
}

void redis_pipeline_count_unconfirmed(struct redis_pipeline *pipeline, uint64_t count)
{
    pipeline->pool.account.unconfirmed_count += count;
}

const struct sink_account *redis_pipeline_account(const struct redis_pipeline *pipeline)
{
    return &pipeline->pool.account;
}

const char *redis_pipeline_name(const struct redis_pipeline *pipeline)
{
    return pipeline->pool.target.name;
}

bool redis_pipeline_is_single(const struct redis_pipeline *pipeline)
{
    return pipeline->pool.slots == NULL;
}
