/* redis_secure.c - see redis_secure.h.
 * Room: loader/sink. May touch: sockets.
 *
 * DESIGN
 * One WAIT a server, on the connection that wrote: Redis counts the replicas that have acknowledged that connection's
 * last write. A connection that was lost took that knowledge with it, so what it wrote counts as unconfirmed, unless
 * the server was replaced: then all is written again. */
#include "loader/sink/redis_secure.h"

#include "loader/sink/redis_pool.h"

#include <string.h>

enum { WAIT_MS = 1000 };

struct secure_job {
    struct redis_store *store;
    const struct sink_item *items;
    bool has_replica[REDIS_LANE_MAX]; /* by command: the server had one when it was connected */
    uint64_t unconfirmed_count;
};

static struct slice secure_key(void *context, size_t index)
{
    const struct secure_job *job = context;
    return job->items[job->store->order[index]].key;
}

/* Without a replica WAIT 1 would only cost its time limit. */
static void secure_append(void *context, size_t index, struct redis_link *link)
{
    enum { WORD_COUNT = 3 };
    struct secure_job *job = context;
    job->has_replica[index] = link->replica_count > 0;
    redis_output_command(&link->output, WORD_COUNT);
    redis_output_text(&link->output, "WAIT");
    redis_output_integer(&link->output, job->has_replica[index] ? 1 : 0);
    redis_output_integer(&link->output, WAIT_MS);
}

static void secure_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    struct secure_job *job = context;
    if (outcome->kind == REDIS_PUT_BACK) {
        return;
    }
    bool is_confirmed = outcome->kind == REDIS_REPLIED && !outcome->was_lost &&
                        (outcome->reply->integer > 0 || !job->has_replica[index]);
    job->unconfirmed_count += !is_confirmed;
}

/* One item for each server that has been written to, into the store's order. */
static size_t choose_one_a_server(struct redis_store *store, const struct sink_item items[],
                                  size_t count)
{
    bool is_chosen[REDIS_LANE_MAX] = {false};
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        size_t lane = redis_pipeline_lane(store->pipeline, items[i].key);
        if (items[i].result == SINK_DONE && !is_chosen[lane]) {
            is_chosen[lane] = true;
            store->order[chosen++] = i;
        }
    }
    return chosen;
}

int redis_secure(struct redis_store *store, const struct sink_item items[], size_t count,
                 struct error *err)
{
    if (redis_store_reserve_order(store, REDIS_LANE_MAX, err) != 0) {
        return -1;
    }
    struct secure_job job = {.store = store, .items = items};
    const struct redis_job commands = {.count = choose_one_a_server(store, items, count),
                                       .context = &job,
                                       .key = secure_key,
                                       .append = secure_append,
                                       .settle = secure_settle};
    int result = redis_pipeline_run(store->pipeline, &commands, err);
    const struct sink_account *account = redis_pipeline_account(store->pipeline);
    job.unconfirmed_count += account->reconnect_count != store->secured_reconnect_count &&
                             account->restart_count == store->secured_restart_count;
    store->secured_reconnect_count = account->reconnect_count;
    store->secured_restart_count = account->restart_count;
    redis_pipeline_count_unconfirmed(store->pipeline, job.unconfirmed_count);
    return result;
}
