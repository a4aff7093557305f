/* run_builder.c - see run_builder.h.
 * Room: predictor/history. May touch: malloc, mmap, files.
 * Events come in batches: all keys of a batch are hashed and their slots asked for before the first is looked
 * at, so that the waits for memory overlap. */
#include "predictor/history/run_builder.h"

#include <inttypes.h>
#include <stdlib.h>

#include "predictor/history/bucket.h"
#include "predictor/history/run_sort.h"
#include "predictor/history/sorted_run.h"
#include "predictor/history/spilled_runs.h"

enum { BATCH_SIZE = 256, RUN_EVENTS_MAX = 1 << 30 /* so that 32 bits number them */ };

struct run_builder {
    struct gathered_run gathered;
    struct sorted_run sorted;
    struct spilled_runs spilled;
    uint64_t event_count, memory_limit_bytes;
    uint32_t bucket_second;
    bool is_bucket_known; /* most events fall into the bucket of the one before */
    int32_t known_bucket;
    int64_t known_start_unix;
};

struct run_builder *run_builder_new(const struct run_builder_options *options, struct error *err)
{
    struct run_builder *builder = calloc(1, sizeof *builder);
    if (builder == NULL || (options->spill_path != NULL &&
                            (builder->spilled.path = strdup(options->spill_path)) == NULL)) {
        free(builder);
        error_set_memory(err, "counting events");
        return NULL;
    }
    builder->bucket_second = options->bucket_second;
    builder->spilled.bucket_second = options->bucket_second;
    builder->memory_limit_bytes = options->memory_limit_bytes;
    /* Where the heap lies is not known to whoever wrote a log; what comes out does not depend on it. */
    builder->gathered.table.seed = (uint64_t)(uintptr_t)builder;
    return builder;
}

void run_builder_free(struct run_builder *builder)
{
    if (builder != NULL) {
        gathered_run_free(&builder->gathered);
        sorted_run_free(&builder->sorted);
        spilled_runs_free(&builder->spilled);
        free(builder);
    }
}

static int find_bucket(struct run_builder *builder, int64_t at_unix, int32_t *bucket,
                       struct error *err)
{
    if (builder->is_bucket_known && at_unix >= builder->known_start_unix &&
        (uint64_t)at_unix - (uint64_t)builder->known_start_unix < builder->bucket_second) {
        *bucket = builder->known_bucket;
        return 0;
    }
    if (bucket_from_unix(at_unix, builder->bucket_second, bucket) != 0) {
        return error_set(err, ERROR_INPUT,
                         "an event has the time %" PRId64
                         ", too far from 1970 for a history with buckets of %" PRIu32 " s",
                         at_unix, builder->bucket_second);
    }
    builder->known_bucket = *bucket;
    builder->known_start_unix = bucket_start_unix(*bucket, builder->bucket_second);
    builder->is_bucket_known = true;
    return 0;
}

static int add_measure(struct page_memory *measures, uint32_t number,
                       const struct access_event *event, struct error *err)
{
    if (page_memory_grow(measures, ((size_t)number + 1) * sizeof(struct run_measure)) != 0) {
        return error_set_memory(err, "counting events");
    }
    struct run_measure *measure = (struct run_measure *)measures->bytes + number;
    measure->size_bytes_sum += event->size_bytes;
    measure->size_count += event->size_bytes != 0;
    measure->cost_us_sum += event->cost_us;
    measure->cost_count += event->cost_us != 0;
    return 0;
}

static int take_batch(struct run_builder *builder, const struct access_event *events, size_t count,
                      struct error *err)
{
    struct run_probe probes[BATCH_SIZE];
    struct gathered_run *gathered = &builder->gathered;
    struct run_event *out = event_list_reserve(&gathered->events, BATCH_SIZE);
    if (out == NULL || run_table_reserve(&gathered->table, BATCH_SIZE) != 0) {
        return error_set_memory(err,
                                "counting events; a smaller memory limit makes it use the disk");
    }
    for (size_t i = 0; i < count; i++) {
        probes[i] = run_table_probe(&gathered->table, events[i].entity, events[i].id);
        __builtin_prefetch(run_table_home(&gathered->table, &probes[i]), 1);
    }
    for (size_t i = 0; i < count; i++) {
        const struct access_event *event = &events[i];
        if (find_bucket(builder, event->at_unix, &out[i].bucket, err) != 0) {
            return -1;
        }
        out[i].number = run_table_intern(&gathered->table, &probes[i], event->id);
        if ((event->size_bytes | event->cost_us) != 0 &&
            add_measure(&gathered->measures, out[i].number, event, err) != 0) {
            return -1;
        }
    }
    event_list_add(&gathered->events, count);
    builder->event_count += count;
    return 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The most that the run will hold until it is sorted: what it has gathered, and the slots now, or the sort of the
 * keys, or the deal of the events, which follow one another. */
static uint64_t bytes_needed(const struct gathered_run *gathered)
{
    uint64_t key_count = gathered->table.key_count;
    uint64_t event_count = gathered->events.event_count;
    uint64_t gathered_bytes = run_table_key_bytes(&gathered->table) + gathered->measures.size +
                              event_count * sizeof(struct run_event);
    uint64_t deal_bytes = key_count * SORTED_RUN_BYTES_PER_KEY + event_count * sizeof(int32_t);
    return gathered_bytes + larger(gathered->table.slots.size,
                                   larger(key_count * RUN_SORT_BYTES_PER_KEY, deal_bytes));
}

static int spill_when_full(struct run_builder *builder, struct error *err)
{
    size_t event_count = builder->gathered.events.event_count;
    bool is_full = builder->memory_limit_bytes != 0 &&
                   bytes_needed(&builder->gathered) > builder->memory_limit_bytes;
    if (builder->spilled.path == NULL || event_count == 0 ||
        (!is_full && event_count < RUN_EVENTS_MAX)) {
        return 0;
    }
    int result = sorted_run_make(&builder->sorted, &builder->gathered, err);
    if (result == 0) {
        result = spilled_runs_add(&builder->spilled, sorted_run_source(&builder->sorted), err);
    }
    sorted_run_free(&builder->sorted);
    return result;
}

int run_builder_take(struct run_builder *builder, const struct access_event *events, size_t count,
                     struct error *err)
{
    for (size_t at = 0; at < count; at += BATCH_SIZE) {
        size_t batch = count - at < BATCH_SIZE ? count - at : BATCH_SIZE;
        if (spill_when_full(builder, err) != 0 ||
            take_batch(builder, events + at, batch, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int receive(void *self, const struct access_event *events, size_t count, struct error *err)
{
    return run_builder_take(self, events, count, err);
}

struct event_receiver run_builder_receiver(struct run_builder *builder)
{
    return (struct event_receiver){.take = receive, .self = builder};
}

uint64_t run_builder_event_count(const struct run_builder *builder)
{
    return builder->event_count;
}

int run_builder_finish(struct run_builder *builder, struct error *err)
{
    if (sorted_run_make(&builder->sorted, &builder->gathered, err) != 0) {
        return -1;
    }
    return spilled_runs_open(&builder->spilled, err);
}

size_t run_builder_source_count(const struct run_builder *builder)
{
    return builder->spilled.run_count + 1;
}

struct key_source run_builder_source(struct run_builder *builder, size_t number)
{
    return number == 0 ? sorted_run_source(&builder->sorted)
                       : spilled_runs_source(&builder->spilled, number - 1);
}

void run_builder_rewind(struct run_builder *builder)
{
    sorted_run_rewind(&builder->sorted);
    spilled_runs_rewind(&builder->spilled);
}
