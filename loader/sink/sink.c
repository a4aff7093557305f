/* sink.c - see sink.h: the table of sinks.
 * Room: loader/sink. May touch: sockets, through the store. */
#include "loader/sink/sink.h"

#include "loader/sink/dry_run.h"
#include "loader/sink/redis_look.h"
#include "loader/sink/redis_rights.h"
#include "loader/sink/redis_secure.h"
#include "loader/sink/redis_store.h"
#include "loader/sink/redis_write.h"

#include <stdlib.h>

/* A new kind of sink is a row here and a file. */
struct sink_calls {
    int (*write)(struct redis_store *store, struct sink_item items[], size_t count,
                 bool is_ours_kept, struct error *err);
    int (*secure)(struct redis_store *store, const struct sink_item items[], size_t count,
                  struct error *err);
    int (*remove)(struct redis_store *store, struct sink_item items[], size_t count,
                  struct error *err);
};

static const struct sink_calls calls_of[] = {
    [SINK_REDIS] = {redis_write, redis_secure, redis_write_remove},
    [SINK_DRY_RUN] = {dry_run_write, dry_run_secure, dry_run_remove},
};

struct sink {
    const struct sink_calls *calls;
    struct redis_store *store;
};

struct sink *sink_open(const struct sink_options *options, struct error *err)
{
    struct sink *sink = calloc(1, sizeof *sink);
    if (sink == NULL) {
        error_set_memory(err, "opening the sink");
        return NULL;
    }
    sink->calls = &calls_of[options->kind];
    sink->store = redis_store_open(options, err);
    if (sink->store == NULL) {
        sink_close(sink);
        return NULL;
    }
    return sink;
}

int sink_check_rights(struct sink *sink, struct error *err)
{
    return redis_rights_check(sink->store, err);
}

void sink_close(struct sink *sink)
{
    if (sink != NULL) {
        redis_store_close(sink->store);
        free(sink);
    }
}

int sink_write(struct sink *sink, struct sink_item items[], size_t count, bool is_ours_kept,
               struct error *err)
{
    arena_clear(&sink->store->arena);
    return sink->calls->write(sink->store, items, count, is_ours_kept, err);
}

int sink_secure(struct sink *sink, const struct sink_item items[], size_t count, struct error *err)
{
    return sink->calls->secure(sink->store, items, count, err);
}

/* The arena is kept: the items' values may be what sink_look found. */
int sink_remove(struct sink *sink, struct sink_item items[], size_t count, struct error *err)
{
    return sink->calls->remove(sink->store, items, count, err);
}

int sink_look(struct sink *sink, enum sink_look_content content, struct sink_look looks[],
              size_t count, struct error *err)
{
    arena_clear(&sink->store->arena);
    return redis_look(sink->store, content, looks, count, err);
}

int sink_status(struct sink *sink, struct sink_status *status, struct error *err)
{
    return redis_pipeline_status(sink->store->pipeline, status, err);
}

int sink_node_statuses(struct sink *sink, struct sink_status statuses[SINK_NODE_MAX], size_t *count,
                       struct error *err)
{
    return redis_pipeline_statuses(sink->store->pipeline, statuses, count, err);
}

const char *sink_node_of(struct sink *sink, struct slice key)
{
    return redis_pipeline_node_of(sink->store->pipeline, key);
}

struct sink_account sink_account(const struct sink *sink)
{
    return *redis_pipeline_account(sink->store->pipeline);
}

const char *sink_name(const struct sink *sink)
{
    return redis_pipeline_name(sink->store->pipeline);
}
