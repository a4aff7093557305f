/* redis_write.c - see redis_write.h.
 * Room: loader/sink. May touch: sockets.
 *
 * DESIGN
 * `SET key value NX EXAT second` answers OK or nil. A nil after a lost connection may mean that our own first
 * copy arrived: such an item stays SINK_UNSURE and is looked at once the job is through. Equal value and equal
 * expiry: ours. Absent: sent again. Anything else: somebody else's. If the server was restarted during the
 * job, what it had acknowledged before may be gone, so those items are looked at too. */
#include "loader/sink/redis_write.h"

#include "common/monotonic.h"
#include "loader/sink/redis_look.h"

#include <assert.h>
#include <string.h>

enum { ROUND_MAX = 5 }; /* a key that vanishes this often between SET and look is somebody's game */

struct write_job {
    struct redis_store *store;
    struct sink_item *items;
    size_t pending_count; /* of store->order: the items this round is about */
    bool is_ours_kept;
};

static struct sink_item *item_of(void *context, size_t index)
{
    const struct write_job *job = context;
    return &job->items[job->store->order[index]];
}

static struct slice item_key(void *context, size_t index)
{
    return item_of(context, index)->key;
}

static void append_set(struct redis_link *link, const struct sink_item *item, bool is_nx)
{
    static const char before_nx[] = "*6\r\n$3\r\nSET\r\n";
    static const char before[] = "*5\r\n$3\r\nSET\r\n";
    static const char between[] = "$2\r\nNX\r\n$4\r\nEXAT\r\n";
    const size_t nx_size = sizeof "$2\r\nNX\r\n" - 1;
    const size_t skipped = is_nx ? 0 : nx_size;
    redis_output_raw(&link->output, is_nx ? before_nx : before, sizeof before - 1);
    redis_output_argument(&link->output, item->key);
    redis_output_argument(&link->output, item->value);
    redis_output_raw(&link->output, between + skipped, sizeof between - 1 - skipped);
    redis_output_integer(&link->output, item->expire_unix);
}

/* Writes a hash, or a value that has to be compared, by script. */
static void append_script(struct redis_store *store, struct redis_link *link,
                          const struct sink_item *item)
{
    enum { EXPIRY_AND_FIELD = 2 };
    bool is_hash = item->kind == RECORD_HASH;
    size_t part_count = is_hash ? redis_store_count_parts(item->value) : 1;
    if (item->mode == SINK_NX) {
        redis_script_begin(&store->scripts, REDIS_SCRIPT_ADD_HASH, link, item->key, 1 + part_count);
        redis_output_integer(&link->output, item->expire_unix);
    } else {
        bool is_compared = item->mode == SINK_IF_NEWER;
        redis_script_begin(&store->scripts,
                           is_hash ? REDIS_SCRIPT_REPLACE_HASH : REDIS_SCRIPT_REPLACE_STRING, link,
                           item->key, EXPIRY_AND_FIELD + part_count);
        redis_output_integer(&link->output, item->expire_unix);
        redis_output_argument(&link->output, slice_of(is_compared ? item->version_field : ""));
    }
    if (is_hash) {
        redis_store_append_hash(link, item->value);
    } else {
        redis_output_argument(&link->output, item->value);
    }
}

static void write_append(void *context, size_t index, struct redis_link *link)
{
    const struct write_job *job = context;
    struct sink_item *item = item_of(context, index);
    item->result = SINK_UNSURE;
    if (item->kind == RECORD_HASH || item->mode == SINK_IF_NEWER) {
        append_script(job->store, link, item);
    } else {
        append_set(link, item, item->mode == SINK_NX);
    }
}

/* What all jobs do alike with the outcomes that are not an answer. */
static void settle_trouble(struct redis_store *store, struct sink_item *item,
                           const struct redis_outcome *outcome)
{
    switch (outcome->kind) {
    case REDIS_REPLIED:
        break;
    case REDIS_REFUSED:
        item->result = SINK_FAILED;
        item->reason = redis_store_keep_reason(store, outcome->reply);
        break;
    case REDIS_NO_MEMORY:
        item->result = SINK_REFUSED;
        break;
    case REDIS_PUT_BACK:
        item->result = outcome->was_lost ? SINK_UNSURE : SINK_NOT_SENT;
        break;
    }
}

static void write_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    const struct write_job *job = context;
    struct sink_item *item = item_of(context, index);
    if (outcome->kind != REDIS_REPLIED) {
        settle_trouble(job->store, item, outcome);
        return;
    }
    const redisReply *reply = outcome->reply;
    bool is_written = reply->type == REDIS_REPLY_STATUS ||
                      (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1);
    if (is_written) {
        item->result = SINK_DONE;
    } else {
        bool is_doubtful = outcome->was_lost || job->is_ours_kept;
        item->result = is_doubtful ? SINK_UNSURE : SINK_KEPT;
    }
}

/* Puts the items with this result into the store's order; returns how many. */
static size_t collect(struct redis_store *store, const struct sink_item items[], size_t count,
                      enum sink_result result)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].result == result) {
            store->order[found++] = i;
        }
    }
    return found;
}

/* Looks at the `doubt_count` items of store->order, from value and expiry. */
static int look_at_items(struct redis_store *store, const struct sink_item items[],
                         size_t doubt_count, struct error *err)
{
    if (redis_store_reserve_looks(store, doubt_count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < doubt_count; i++) {
        const struct sink_item *item = &items[store->order[i]];
        store->looks[i] = (struct sink_look){.key = item->key, .kind = item->kind};
    }
    return redis_look(store, SINK_LOOK_VALUE, store->looks, doubt_count, err);
}

static int resolve_doubts(struct redis_store *store, struct sink_item items[], size_t count,
                          struct error *err)
{
    size_t doubt_count = collect(store, items, count, SINK_UNSURE);
    if (doubt_count == 0) {
        return 0;
    }
    if (look_at_items(store, items, doubt_count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < doubt_count; i++) {
        struct sink_item *item = &items[store->order[i]];
        const struct sink_look *look = &store->looks[i];
        if (redis_store_is_ours(item, look)) {
            item->result = SINK_DONE;
        } else {
            item->result = look->is_present ? SINK_KEPT : SINK_NOT_SENT;
        }
    }
    return 0;
}

static uint64_t count_restarts(const struct redis_store *store)
{
    return redis_pipeline_account(store->pipeline)->restart_count;
}

static int write_round(struct write_job *job, size_t count, struct error *err)
{
    struct redis_store *store = job->store;
    uint64_t restarts_before = count_restarts(store);
    const struct redis_job commands = {.count = job->pending_count,
                                       .context = job,
                                       .key = item_key,
                                       .append = write_append,
                                       .settle = write_settle};
    int result = redis_pipeline_run(store->pipeline, &commands, err);
    if (count_restarts(store) != restarts_before) {
        for (size_t i = 0; i < count; i++) {
            if (job->items[i].result == SINK_DONE) {
                job->items[i].result = SINK_UNSURE;
            }
        }
    }
    return result != 0 ? -1 : resolve_doubts(store, job->items, count, err);
}

int redis_write(struct redis_store *store, struct sink_item items[], size_t count,
                bool is_ours_kept, struct error *err)
{
    if (redis_store_reserve_order(store, count, err) != 0) {
        return -1;
    }
    struct write_job job = {.store = store, .items = items, .is_ours_kept = is_ours_kept};
    for (int round = 0; round < ROUND_MAX; round++) {
        job.pending_count = collect(store, items, count, SINK_NOT_SENT);
        if (job.pending_count == 0) {
            return 0;
        }
        if (write_round(&job, count, err) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i].result == SINK_NOT_SENT) {
            items[i].result = SINK_FAILED;
            items[i].reason = "the key kept vanishing between being refused and being looked at";
        }
    }
    return 0;
}

/* ---- removing */

static void remove_append(void *context, size_t index, struct redis_link *link)
{
    const struct write_job *job = context;
    struct sink_item *item = item_of(context, index);
    bool is_hash = item->kind == RECORD_HASH;
    item->result = SINK_UNSURE;
    redis_script_begin(&job->store->scripts,
                       is_hash ? REDIS_SCRIPT_REMOVE_HASH : REDIS_SCRIPT_REMOVE_STRING, link,
                       item->key, 1 + (is_hash ? redis_store_count_parts(item->value) : 1));
    redis_output_integer(&link->output, item->expire_unix * MS_PER_SECOND);
    if (is_hash) {
        redis_store_append_hash(link, item->value);
    } else {
        redis_output_argument(&link->output, item->value);
    }
}

/* A key that is absent after a lost connection was most likely removed by the lost copy. */
static void remove_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    const struct write_job *job = context;
    struct sink_item *item = item_of(context, index);
    if (outcome->kind != REDIS_REPLIED) {
        settle_trouble(job->store, item, outcome);
        return;
    }
    long long answer = outcome->reply->integer;
    bool is_removed = answer == 1 || (answer < 0 && outcome->was_lost);
    item->result = is_removed ? SINK_DONE : SINK_KEPT;
}

int redis_write_remove(struct redis_store *store, struct sink_item items[], size_t count,
                       struct error *err)
{
    if (redis_store_reserve_order(store, count, err) != 0) {
        return -1;
    }
    struct write_job job = {.store = store, .items = items};
    job.pending_count = collect(store, items, count, SINK_NOT_SENT);
    const struct redis_job commands = {.count = job.pending_count,
                                       .context = &job,
                                       .key = item_key,
                                       .append = remove_append,
                                       .settle = remove_settle};
    return redis_pipeline_run(store->pipeline, &commands, err);
}
