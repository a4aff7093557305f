/* redis_store.c - see redis_store.h.
 * Room: loader/sink. May touch: malloc. */
#include "loader/sink/redis_store.h"

#include "loader/sink/redis_fault.h"

#include "common/monotonic.h"

#include <stdlib.h>

struct redis_store *redis_store_open(const struct sink_options *options, struct error *err)
{
    struct redis_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        error_set_memory(err, "connecting to Redis");
        return NULL;
    }
    redis_script_names_init(&store->scripts);
    store->pipeline = redis_pipeline_open(options, err);
    if (store->pipeline == NULL) {
        redis_store_close(store);
        return NULL;
    }
    return store;
}

void redis_store_close(struct redis_store *store)
{
    if (store == NULL) {
        return;
    }
    redis_pipeline_close(store->pipeline);
    arena_free(&store->arena);
    free(store->order);
    free(store->looks);
    free(store);
}

int redis_store_reserve_order(struct redis_store *store, size_t count, struct error *err)
{
    if (count <= store->order_size) {
        return 0;
    }
    size_t *grown =
        count > SIZE_MAX / sizeof *grown ? NULL : realloc(store->order, count * sizeof *grown);
    if (grown == NULL) {
        return error_set_memory(err, "preparing commands for Redis");
    }
    store->order = grown;
    store->order_size = count;
    return 0;
}

int redis_store_reserve_looks(struct redis_store *store, size_t count, struct error *err)
{
    if (count <= store->look_size) {
        return 0;
    }
    struct sink_look *grown =
        count > SIZE_MAX / sizeof *grown ? NULL : realloc(store->looks, count * sizeof *grown);
    if (grown == NULL) {
        return error_set_memory(err, "preparing commands for Redis");
    }
    store->looks = grown;
    store->look_size = count;
    return 0;
}

const char *redis_store_keep_reason(struct redis_store *store, const redisReply *reply)
{
    const struct slice shown = {reply->str, redis_fault_shown_size(reply->str)};
    const char *text = arena_copy_text(&store->arena, shown);
    return text == NULL ? "out of memory while keeping the reason" : text;
}

void redis_store_append_hash(struct redis_link *link, struct slice hash)
{
    struct slice part;
    while (record_hash_next(&hash, &part)) {
        redis_output_argument(&link->output, part);
    }
}

size_t redis_store_count_parts(struct slice hash)
{
    size_t count = 0;
    struct slice part;
    while (record_hash_next(&hash, &part)) {
        count++;
    }
    return count;
}

bool redis_store_is_ours(const struct sink_item *item, const struct sink_look *look)
{
    return look->is_present && !look->is_other_kind &&
           look->expire_unix_ms == item->expire_unix * MS_PER_SECOND &&
           slice_is_equal(look->value, item->value);
}
