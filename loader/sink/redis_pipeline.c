/* redis_pipeline.c - see redis_pipeline.h.
 * Room: loader/sink. May touch: sockets, clocks.
 *
 * DESIGN
 * One loop, no thread: fill the lanes' windows, send, poll, settle what was answered. An index is at any time
 * in one place: not yet sent (>= next), in flight on a lane, in `again`, or settled. `again` goes first and
 * nothing overtakes its head, so order is kept at the price that a silent server holds up everything; hence
 * no more than the windows of all lanes can ever be in it.
 * The loop ends early on the stop flag, on a reply that no retry can help, and when nothing was settled for
 * `patience_ms`; even then the answers to what is in flight are waited for, so that each result is true. */
#include "loader/sink/redis_pipeline.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_pool.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_DEFAULT_MS = 30 * 1000,
    STOP_LOOK_MS = 100 /* how long the stop flag may go unseen */
};

struct redis_pipeline {
    const atomic_int *stop;
    struct redis_pool pool;
    int64_t patience_ms;
    size_t *again; /* a ring [again_size], a power of two: indexes to send again, oldest first */
    size_t again_size, again_head, again_tail;
    uint8_t *was_lost; /* [was_lost_size] by index: sent before on a connection that was lost */
    size_t was_lost_size;
};

/* One call of redis_pipeline_run. */
struct redis_run {
    struct redis_pipeline *pipeline;
    const struct redis_job *job;
    size_t next; /* the lowest index never sent */
    size_t settled_count;
    bool is_ending;       /* nothing more is sent */
    struct error *err;    /* filled when is_ending */
    struct error trouble; /* the latest reason for a retry */
    int64_t now_ms, progress_ms;
};

/* ---- opening and closing */

static int make_again(struct redis_pipeline *pipeline, struct error *err)
{
    pipeline->again_size = 1;
    while (pipeline->again_size < REDIS_LANE_MAX * pipeline->pool.window) {
        pipeline->again_size *= 2;
    }
    pipeline->again = malloc(pipeline->again_size * sizeof *pipeline->again);
    return pipeline->again == NULL ? error_set_memory(err, "preparing the pipeline") : 0;
}

struct redis_pipeline *redis_pipeline_open(const struct sink_options *options, struct error *err)
{
    struct redis_pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL) {
        error_set_memory(err, "preparing the pipeline");
        return NULL;
    }
    pipeline->stop = options->stop;
    pipeline->patience_ms = options->patience_ms > 0 ? options->patience_ms : PATIENCE_DEFAULT_MS;
    if (redis_pool_init(&pipeline->pool, options->redis, err) != 0 ||
        make_again(pipeline, err) != 0) {
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
    free(pipeline->again);
    free(pipeline->was_lost);
    free(pipeline);
}

/* ---- the queue of what is sent again */

static void put_back(struct redis_run *run, size_t index)
{
    struct redis_pipeline *pipeline = run->pipeline;
    assert(pipeline->again_tail - pipeline->again_head < pipeline->again_size);
    pipeline->again[pipeline->again_tail++ & (pipeline->again_size - 1)] = index;
    pipeline->pool.account.retry_count++;
}

/* The index that must be sent next; false when all have been sent. */
static bool peek_next(const struct redis_run *run, size_t *index)
{
    const struct redis_pipeline *pipeline = run->pipeline;
    if (pipeline->again_head != pipeline->again_tail) {
        *index = pipeline->again[pipeline->again_head & (pipeline->again_size - 1)];
        return true;
    }
    *index = run->next;
    return run->next < run->job->count;
}

static void drop_next(struct redis_run *run)
{
    struct redis_pipeline *pipeline = run->pipeline;
    if (pipeline->again_head != pipeline->again_tail) {
        pipeline->again_head++;
    } else {
        run->next++;
    }
}

/* ---- ends and losses */

static void settle(struct redis_run *run, size_t index, enum redis_outcome_kind kind,
                   const redisReply *reply)
{
    const struct redis_outcome outcome = {
        .kind = kind, .was_lost = run->pipeline->was_lost[index] != 0, .reply = reply};
    run->job->settle(run->job->context, index, &outcome);
    if (kind != REDIS_PUT_BACK) {
        run->settled_count++;
        run->progress_ms = run->now_ms;
    }
}

/* The connection is gone: what was in flight on it may or may not have been executed. */
static void lose_lane(struct redis_run *run, struct redis_lane *lane, const char *why)
{
    error_set(&run->trouble, ERROR_BACKEND, "%s %s", lane->link->name, why);
    redis_link_close(lane->link);
    lane->link = NULL;
    lane->is_lost = true;
    run->pipeline->pool.is_map_doubtful = true;
    while (redis_lane_in_flight(lane) > 0) {
        struct redis_flight flight = redis_lane_land(lane);
        if (flight.index != REDIS_FLIGHT_ASKING) {
            run->pipeline->was_lost[flight.index] = 1;
            put_back(run, flight.index);
        }
    }
    run->pipeline->pool.account.reconnect_count++;
    redis_lane_pause(lane, run->now_ms);
}

static void end_with_reply(struct redis_run *run, const struct redis_lane *lane, const char *text)
{
    if (!run->is_ending) {
        redis_fault_explain(lane->link->name, text, run->err);
        run->is_ending = true;
    }
}

static void look_at_stop(struct redis_run *run)
{
    const atomic_int *stop = run->pipeline->stop;
    if (stop != NULL && atomic_load(stop) != 0) {
        error_set(run->err, ERROR_STOPPED, "stopped while talking to %s", run->pipeline->pool.name);
        run->is_ending = true;
    }
}

static void look_at_patience(struct redis_run *run)
{
    int64_t waited_ms = run->now_ms - run->progress_ms;
    if (waited_ms <= run->pipeline->patience_ms) {
        return;
    }
    error_set(run->err, ERROR_BACKEND, "%s; no progress for %lld s, so this run gives up",
              run->trouble.kind == ERROR_NONE ? run->pipeline->pool.name : run->trouble.text,
              (long long)(waited_ms / MS_PER_SECOND));
    run->is_ending = true;
}

/* ---- sending */

/* Is the lane connected and not pausing? Dials when it is time to. */
static bool is_lane_ready(struct redis_run *run, struct redis_lane *lane)
{
    if (run->now_ms < lane->resume_ms) {
        return false;
    }
    if (lane->link != NULL) {
        return true;
    }
    int result = redis_pool_connect(&run->pipeline->pool, lane, &run->trouble);
    run->now_ms = monotonic_ms();
    if (result != 0) {
        redis_lane_pause(lane, run->now_ms);
        run->pipeline->pool.is_map_doubtful = true;
    }
    return result == 0;
}

/* Writes the command to the lane's output; -1 when memory ran out, which ends the run. */
static int send_command(struct redis_run *run, struct redis_lane *lane, size_t index)
{
    size_t before = redis_output_waiting(&lane->link->output);
    run->job->append(run->job->context, index, lane->link);
    size_t size = redis_output_waiting(&lane->link->output) - before;
    redis_lane_depart(lane, index, size);
    run->pipeline->pool.account.sent_bytes += size;
    if (!lane->link->output.is_broken) {
        return 0;
    }
    error_set_memory(run->err, "writing commands");
    run->is_ending = true;
    lose_lane(run, lane, "was given up");
    return -1;
}

/* Writes commands until a window is full or the next one's server is not ready. */
static void fill(struct redis_run *run)
{
    size_t index;
    while (peek_next(run, &index)) {
        struct slice key = run->job->key(run->job->context, index);
        struct redis_lane *lane = redis_pool_route(&run->pipeline->pool, key);
        if (!redis_lane_has_room(lane, run->pipeline->pool.window) || !is_lane_ready(run, lane)) {
            return;
        }
        drop_next(run);
        if (send_command(run, lane, index) != 0) {
            return;
        }
    }
}

static void send_all(struct redis_run *run)
{
    for (size_t i = 0; i < run->pipeline->pool.lane_count; i++) {
        struct redis_lane *lane = &run->pipeline->pool.lanes[i];
        if (lane->link != NULL && redis_link_send(lane->link) < 0) {
            lose_lane(run, lane, "closed the connection");
        }
    }
}

/* ---- receiving */

/* A cluster's node says where the key is, or may be this once. True: the command is on its way again. */
static bool follow_redirection(struct redis_run *run, const struct redis_lane *lane, size_t index,
                               const char *text, bool is_moved)
{
    static const char asking[] = "*1\r\n$6\r\nASKING\r\n";
    struct redis_pool *pool = &run->pipeline->pool;
    struct redis_lane *target = redis_pool_redirect(pool, lane, text, is_moved);
    if (target == NULL) {
        end_with_reply(run, lane, text);
        return false;
    }
    bool is_sent_on = !is_moved && !run->is_ending && target != lane &&
                      redis_lane_has_room(target, pool->window) && is_lane_ready(run, target);
    if (!is_sent_on) {
        return false;
    }
    redis_output_raw(&target->link->output, asking, sizeof asking - 1);
    redis_lane_depart(target, REDIS_FLIGHT_ASKING, sizeof asking - 1);
    (void)send_command(run, target, index);
    return true;
}

/* An error reply: refused, put back, sent elsewhere, or the end. */
static void take_error(struct redis_run *run, struct redis_lane *lane, size_t index,
                       const redisReply *reply)
{
    enum redis_fault fault = redis_fault_judge(reply->str);
    switch (fault) {
    case REDIS_FAULT_KEY:
        settle(run, index, REDIS_REFUSED, reply);
        return;
    case REDIS_FAULT_MEMORY:
        settle(run, index, REDIS_NO_MEMORY, reply);
        end_with_reply(run, lane, reply->str);
        return;
    case REDIS_FAULT_WAIT:
        redis_lane_pause(lane, run->now_ms);
        run->pipeline->pool.is_map_doubtful = true;
        break;
    case REDIS_FAULT_SCRIPT:
        lane->link->script_bits = 0;
        break;
    case REDIS_FAULT_MOVED:
    case REDIS_FAULT_ASK:
        if (follow_redirection(run, lane, index, reply->str, fault == REDIS_FAULT_MOVED)) {
            return;
        }
        break;
    case REDIS_FAULT_STOP:
        end_with_reply(run, lane, reply->str);
        break;
    }
    redis_fault_explain(lane->link->name, reply->str, &run->trouble);
    settle(run, index, REDIS_PUT_BACK, reply);
    put_back(run, index);
}

static void take(struct redis_run *run, struct redis_lane *lane, const redisReply *reply)
{
    struct redis_flight flight = redis_lane_land(lane);
    run->pipeline->pool.account.command_count++;
    if (flight.index == REDIS_FLIGHT_ASKING) {
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        take_error(run, lane, flight.index, reply);
        return;
    }
    redis_lane_calm(lane);
    settle(run, flight.index, REDIS_REPLIED, reply);
}

static void receive(struct redis_run *run, struct redis_lane *lane)
{
    int received = redis_link_receive(lane->link);
    redisReply *reply = NULL;
    int found;
    while ((found = redis_link_next_reply(lane->link, &reply)) > 0) {
        bool is_expected = redis_lane_in_flight(lane) > 0;
        if (is_expected) {
            take(run, lane, reply);
        }
        freeReplyObject(reply);
        if (!is_expected) {
            found = -1;
            break;
        }
    }
    if (received > 0) {
        lane->heard_ms = run->now_ms;
    }
    if (found < 0 || received < 0) {
        lose_lane(run, lane,
                  found < 0 ? "does not speak Redis' protocol" : "closed the connection");
    }
}

/* ---- waiting */

static size_t count_in_flight(const struct redis_pipeline *pipeline)
{
    size_t count = 0;
    for (size_t i = 0; i < pipeline->pool.lane_count; i++) {
        count += redis_lane_in_flight(&pipeline->pool.lanes[i]);
    }
    return count;
}

/* How long poll may sleep before a lane wants to resume or has been silent for too long. */
static int64_t choose_wait_ms(const struct redis_run *run)
{
    int64_t timeout_ms = redis_login_timeout_ms(run->pipeline->pool.login);
    int64_t wake_ms = run->now_ms + STOP_LOOK_MS;
    for (size_t i = 0; i < run->pipeline->pool.lane_count; i++) {
        const struct redis_lane *lane = &run->pipeline->pool.lanes[i];
        if (redis_lane_in_flight(lane) > 0 && lane->heard_ms + timeout_ms < wake_ms) {
            wake_ms = lane->heard_ms + timeout_ms;
        }
        if (lane->resume_ms > run->now_ms && lane->resume_ms < wake_ms) {
            wake_ms = lane->resume_ms;
        }
    }
    return wake_ms > run->now_ms ? wake_ms - run->now_ms : 0;
}

static void poll_lanes(struct redis_run *run, struct pollfd waiting[])
{
    struct redis_pipeline *pipeline = run->pipeline;
    for (size_t i = 0; i < pipeline->pool.lane_count; i++) {
        const struct redis_link *link = pipeline->pool.lanes[i].link;
        bool has_output = link != NULL && redis_output_waiting(&link->output) > 0;
        waiting[i] = (struct pollfd){.fd = link == NULL ? -1 : link->socket.descriptor,
                                     .events = (short)(has_output ? POLLIN | POLLOUT : POLLIN)};
    }
    bool is_idle = count_in_flight(pipeline) == 0;
    int64_t before_ms = run->now_ms;
    (void)poll(waiting, pipeline->pool.lane_count, (int)choose_wait_ms(run));
    run->now_ms = monotonic_ms();
    if (is_idle) {
        pipeline->pool.account.waited_ms += run->now_ms - before_ms;
    }
}

/* Sends what waits, sleeps until something happens, settles what came. */
static void exchange(struct redis_run *run)
{
    struct redis_pipeline *pipeline = run->pipeline;
    struct pollfd waiting[REDIS_LANE_MAX];
    size_t polled_count = pipeline->pool.lane_count; /* a redirection may add lanes */
    send_all(run);
    poll_lanes(run, waiting);
    int64_t timeout_ms = redis_login_timeout_ms(pipeline->pool.login);
    for (size_t i = 0; i < polled_count; i++) {
        struct redis_lane *lane = &pipeline->pool.lanes[i];
        if (lane->link != NULL && (waiting[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            receive(run, lane);
        }
        bool is_silent =
            redis_lane_in_flight(lane) > 0 && run->now_ms - lane->heard_ms >= timeout_ms;
        if (is_silent) {
            lose_lane(run, lane, "did not answer in time ([redis] timeout)");
        }
    }
}

static int prepare_flags(struct redis_pipeline *pipeline, size_t count, struct error *err)
{
    if (pipeline->was_lost_size < count) {
        uint8_t *grown = realloc(pipeline->was_lost, count);
        if (grown == NULL) {
            return error_set_memory(err, "preparing the pipeline");
        }
        pipeline->was_lost = grown;
        pipeline->was_lost_size = count;
    }
    if (count > 0) {
        memset(pipeline->was_lost, 0, count);
    }
    return 0;
}

int redis_pipeline_run(struct redis_pipeline *pipeline, const struct redis_job *job,
                       struct error *err)
{
    if (prepare_flags(pipeline, job->count, err) != 0) {
        return -1;
    }
    pipeline->again_head = 0;
    pipeline->again_tail = 0;
    struct redis_run run = {.pipeline = pipeline, .job = job, .err = err};
    run.now_ms = monotonic_ms();
    run.progress_ms = run.now_ms;
    for (;;) {
        bool is_done = run.settled_count == job->count;
        if (is_done || (run.is_ending && count_in_flight(pipeline) == 0)) {
            return run.is_ending ? -1 : 0;
        }
        if (!run.is_ending) {
            look_at_stop(&run);
        }
        if (!run.is_ending) {
            look_at_patience(&run);
        }
        if (!run.is_ending) {
            redis_pool_refresh(&pipeline->pool, run.now_ms);
            fill(&run);
        }
        exchange(&run);
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

const struct sink_account *redis_pipeline_account(const struct redis_pipeline *pipeline)
{
    return &pipeline->pool.account;
}

const char *redis_pipeline_name(const struct redis_pipeline *pipeline)
{
    return pipeline->pool.name;
}

bool redis_pipeline_is_single(const struct redis_pipeline *pipeline)
{
    return pipeline->pool.slots == NULL;
}
