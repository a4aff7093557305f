/* dry_run.c - see dry_run.h.
 * Room: loader/sink. May touch: sockets, reading only. */
#include "loader/sink/dry_run.h"

#include "loader/sink/redis_look.h"

/* Looks at the items that are not settled, in store->looks; `*pending_count` of them, at store->order. */
static int look_at_pending(struct redis_store *store, enum sink_look_content content,
                           const struct sink_item items[], size_t count, size_t *pending_count,
                           struct error *err)
{
    if (redis_store_reserve_looks(store, count, err) != 0) {
        return -1;
    }
    size_t pending = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].result == SINK_NOT_SENT) {
            store->looks[pending++] =
                (struct sink_look){.key = items[i].key, .kind = items[i].kind};
        }
    }
    *pending_count = pending;
    return redis_look(store, content, store->looks, pending, err);
}

int dry_run_write(struct redis_store *store, struct sink_item items[], size_t count,
                  bool is_ours_kept, struct error *err)
{
    enum sink_look_content content = is_ours_kept ? SINK_LOOK_VALUE : SINK_LOOK_PRESENCE;
    size_t pending_count;
    if (look_at_pending(store, content, items, count, &pending_count, err) != 0) {
        return -1;
    }
    const struct sink_look *look = store->looks;
    for (size_t i = 0; i < count; i++) {
        if (items[i].result != SINK_NOT_SENT) {
            continue;
        }
        bool is_ours = is_ours_kept && redis_store_is_ours(&items[i], look);
        bool is_kept = look->is_present && !is_ours && items[i].mode != SINK_OVERWRITE;
        items[i].result = is_kept ? SINK_KEPT : SINK_DONE;
        look++;
    }
    return 0;
}

int dry_run_secure(struct redis_store *store, const struct sink_item items[], size_t count,
                   struct error *err)
{
    (void)store;
    (void)items;
    (void)count;
    (void)err;
    return 0;
}

int dry_run_remove(struct redis_store *store, struct sink_item items[], size_t count,
                   struct error *err)
{
    size_t pending_count;
    if (look_at_pending(store, SINK_LOOK_VALUE, items, count, &pending_count, err) != 0) {
        return -1;
    }
    const struct sink_look *look = store->looks;
    for (size_t i = 0; i < count; i++) {
        if (items[i].result == SINK_NOT_SENT) {
            items[i].result = redis_store_is_ours(&items[i], look) ? SINK_DONE : SINK_KEPT;
            look++;
        }
    }
    return 0;
}
