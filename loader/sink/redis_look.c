/* redis_look.c - see redis_look.h.
 * Room: loader/sink. May touch: sockets.
 * Presence is asked for groups of keys in one EXISTS, which answers how many are there: all or none settles
 * the group, anything between is asked again key by key. After a load nearly all groups are whole, which makes
 * this several times faster than a command a key. */
#include "loader/sink/redis_look.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_KEYS = 64, COMMANDS_A_VALUE = 2 };

struct look_job {
    struct redis_store *store;
    struct sink_look *looks;
    size_t count;
    size_t mixed_count; /* of store->order: keys whose group was neither whole nor empty */
    const char *presence_command; /* both answer how many of the keys are there */
    bool is_out_of_memory;
};

/* ---- presence by groups, then by single keys */

static size_t group_size(const struct look_job *job, size_t group)
{
    size_t left = job->count - group * GROUP_KEYS;
    return left < GROUP_KEYS ? left : GROUP_KEYS;
}

static struct slice group_key(void *context, size_t index)
{
    const struct look_job *job = context;
    return job->looks[index * GROUP_KEYS].key;
}

static void group_append(void *context, size_t index, struct redis_link *link)
{
    const struct look_job *job = context;
    size_t size = group_size(job, index);
    redis_output_command(&link->output, 1 + size);
    redis_output_text(&link->output, job->presence_command);
    for (size_t i = 0; i < size; i++) {
        redis_output_argument(&link->output, job->looks[index * GROUP_KEYS + i].key);
    }
}

static void group_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    struct look_job *job = context;
    if (outcome->kind == REDIS_PUT_BACK) {
        return;
    }
    size_t size = group_size(job, index);
    bool is_counted = outcome->kind == REDIS_REPLIED && outcome->reply->type == REDIS_REPLY_INTEGER;
    bool is_whole = is_counted && outcome->reply->integer == (long long)size;
    bool is_empty = is_counted && outcome->reply->integer == 0;
    for (size_t i = 0; i < size; i++) {
        size_t at = index * GROUP_KEYS + i;
        job->looks[at].is_present = is_whole;
        if (!is_whole && !is_empty) {
            job->store->order[job->mixed_count++] = at;
        }
    }
}

static struct slice single_key(void *context, size_t index)
{
    const struct look_job *job = context;
    return job->looks[job->store->order[index]].key;
}

static void single_append(void *context, size_t index, struct redis_link *link)
{
    const struct look_job *job = context;
    redis_output_command(&link->output, 2);
    redis_output_text(&link->output, job->presence_command);
    redis_output_argument(&link->output, single_key(context, index));
}

static void single_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    struct look_job *job = context;
    if (outcome->kind == REDIS_REPLIED) {
        job->looks[job->store->order[index]].is_present = outcome->reply->integer == 1;
    }
}

static int look_at_presence(struct look_job *job, struct error *err)
{
    struct redis_store *store = job->store;
    if (redis_store_reserve_order(store, job->count, err) != 0) {
        return -1;
    }
    if (redis_pipeline_is_single(store->pipeline)) {
        const struct redis_job groups = {.count = (job->count + GROUP_KEYS - 1) / GROUP_KEYS,
                                         .context = job,
                                         .key = group_key,
                                         .append = group_append,
                                         .settle = group_settle};
        if (redis_pipeline_run(store->pipeline, &groups, err) != 0) {
            return -1;
        }
    } else {
        for (size_t i = 0; i < job->count; i++) {
            store->order[i] = i;
        }
        job->mixed_count = job->count;
    }
    const struct redis_job singles = {.count = job->mixed_count,
                                      .context = job,
                                      .key = single_key,
                                      .append = single_append,
                                      .settle = single_settle};
    return redis_pipeline_run(store->pipeline, &singles, err);
}

/* ---- expiry: one command a key */

static struct slice expiry_key(void *context, size_t index)
{
    const struct look_job *job = context;
    return job->looks[index].key;
}

static void append_expiry(struct redis_link *link, struct slice key)
{
    redis_output_command(&link->output, 2);
    redis_output_text(&link->output, "PEXPIRETIME");
    redis_output_argument(&link->output, key);
}

static void expiry_append(void *context, size_t index, struct redis_link *link)
{
    append_expiry(link, expiry_key(context, index));
}

static void take_expiry(struct sink_look *look, const struct redis_outcome *outcome)
{
    if (outcome->kind == REDIS_REPLIED) {
        look->expire_unix_ms = outcome->reply->integer;
        look->is_present = look->expire_unix_ms != SINK_EXPIRY_ABSENT;
    }
}

static void expiry_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    struct look_job *job = context;
    take_expiry(&job->looks[index], outcome);
}

/* ---- value: GET or HGETALL, then PEXPIRETIME */

static struct slice value_key(void *context, size_t index)
{
    const struct look_job *job = context;
    return job->looks[index / COMMANDS_A_VALUE].key;
}

static void value_append(void *context, size_t index, struct redis_link *link)
{
    const struct look_job *job = context;
    const struct sink_look *look = &job->looks[index / COMMANDS_A_VALUE];
    if (index % COMMANDS_A_VALUE != 0) {
        append_expiry(link, look->key);
        return;
    }
    redis_output_command(&link->output, 2);
    redis_output_text(&link->output, look->kind == RECORD_HASH ? "HGETALL" : "GET");
    redis_output_argument(&link->output, look->key);
}

struct hash_pair {
    struct slice name, value;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct hash_pair *left = a;
    const struct hash_pair *right = b;
    return slice_compare(left->name, right->name);
}

static struct slice text_of(const redisReply *reply)
{
    return (struct slice){reply->str, (size_t)reply->len};
}

/* Redis answers a hash in any order; record.h wants the order of the names. */
static int keep_hash(struct arena *arena, const redisReply *reply, struct slice *hash)
{
    size_t pair_count = reply->elements / 2;
    struct hash_pair *pairs = arena_take(arena, pair_count * sizeof *pairs);
    if (pairs == NULL) {
        return -1;
    }
    size_t size = 0;
    for (size_t i = 0; i < pair_count; i++) {
        pairs[i] =
            (struct hash_pair){text_of(reply->element[2 * i]), text_of(reply->element[2 * i + 1])};
        size += 2 * RECORD_LENGTH_SIZE + pairs[i].name.size + pairs[i].value.size;
    }
    qsort(pairs, pair_count, sizeof *pairs, compare_pairs);
    char *at = arena_take(arena, size);
    if (at == NULL) {
        return -1;
    }
    *hash = (struct slice){at, size};
    for (size_t i = 0; i < pair_count; i++) {
        at = record_hash_put(record_hash_put(at, pairs[i].name), pairs[i].value);
    }
    return 0;
}

static int keep_value(struct look_job *job, struct sink_look *look, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ARRAY) {
        return keep_hash(&job->store->arena, reply, &look->value);
    }
    if (reply->type == REDIS_REPLY_STRING) {
        look->value = arena_copy(&job->store->arena, text_of(reply));
        return look->value.bytes == NULL ? -1 : 0;
    }
    return 0;
}

static void value_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    struct look_job *job = context;
    struct sink_look *look = &job->looks[index / COMMANDS_A_VALUE];
    if (index % COMMANDS_A_VALUE != 0) {
        take_expiry(look, outcome);
        return;
    }
    if (outcome->kind == REDIS_REFUSED) {
        look->is_other_kind = true; /* WRONGTYPE */
    } else if (outcome->kind == REDIS_REPLIED && keep_value(job, look, outcome->reply) != 0) {
        job->is_out_of_memory = true;
    }
}

int redis_look(struct redis_store *store, enum sink_look_content content, struct sink_look looks[],
               size_t count, struct error *err)
{
    struct look_job job = {.store = store, .looks = looks, .count = count};
    struct redis_job commands = {.count = count, .context = &job};
    for (size_t i = 0; i < count; i++) {
        looks[i].is_present = false;
        looks[i].is_other_kind = false;
        looks[i].expire_unix_ms = SINK_EXPIRY_ABSENT;
        looks[i].value = (struct slice){NULL, 0};
    }
    switch (content) {
    case SINK_LOOK_PRESENCE:
    case SINK_LOOK_TOUCH:
        job.presence_command = content == SINK_LOOK_TOUCH ? "TOUCH" : "EXISTS";
        return look_at_presence(&job, err);
    case SINK_LOOK_EXPIRY:
        commands.key = expiry_key;
        commands.append = expiry_append;
        commands.settle = expiry_settle;
        break;
    case SINK_LOOK_VALUE:
        commands.count = count * COMMANDS_A_VALUE;
        commands.key = value_key;
        commands.append = value_append;
        commands.settle = value_settle;
        break;
    }
    if (redis_pipeline_run(store->pipeline, &commands, err) != 0) {
        return -1;
    }
    return job.is_out_of_memory ? error_set_memory(err, "reading values from Redis") : 0;
}
