/* sorted_run.c - see sorted_run.h.
 * Room: predictor/history. May touch: malloc, mmap.
 *
 * DESIGN. The keys are sorted, each gets a stretch of one large array as long as it has events, and one pass over
 * the events deals the buckets out to their stretches: logs are nearly in order of time, and the deal keeps that
 * order, so the stretches hardly need sorting. Every random access is asked for some events ahead, and the keys
 * are copied into their order, so that reading the run walks through memory. */
#include "predictor/history/sorted_run.h"

#include <stdlib.h>

#include "predictor/history/run_sort.h"

enum {
    ENDS_AHEAD = 48,      /* how far ahead the end of a key's stretch is asked for, */
    STRETCHES_AHEAD = 24, /* and then the stretch itself */
    INSERTION_MAX = 32,
    BUCKETS_FIRST = 256
};

void gathered_run_free(struct gathered_run *gathered)
{
    run_table_free(&gathered->table);
    event_list_free(&gathered->events);
    page_memory_free(&gathered->measures);
}

void sorted_run_free(struct sorted_run *run)
{
    run_table_free(&run->table);
    page_memory_free(&run->measures);
    page_memory_free(&run->numbers);
    page_memory_free(&run->keys);
    page_memory_free(&run->ends);
    page_memory_free(&run->stretches);
    free(run->buckets);
    *run = (struct sorted_run){0};
}

void sorted_run_rewind(struct sorted_run *run)
{
    run->next_rank = 0;
    run->next_start = 0;
}

/* ends[number] becomes how many events the key has. */
static void count_events(const struct sorted_run *run, const struct event_list *list)
{
    uint32_t *ends = run->ends.bytes;
    for (size_t i = 0; i < list->chunk_count; i++) {
        const struct event_chunk *chunk = &list->chunks[i];
        const struct run_event *events = chunk->memory.bytes;
        for (size_t j = 0; j < chunk->used; j++) {
            if (j + ENDS_AHEAD < chunk->used) {
                __builtin_prefetch(&ends[events[j + ENDS_AHEAD].number], 1);
            }
            ends[events[j].number]++;
        }
    }
}

/* ends[number], now a count, becomes where the key's stretch begins. */
static void lay_out_stretches(const struct sorted_run *run)
{
    const uint32_t *numbers = run->numbers.bytes;
    uint32_t *ends = run->ends.bytes;
    uint32_t start = 0;
    for (size_t rank = 0; rank < run->table.key_count; rank++) {
        if (rank + ENDS_AHEAD < run->table.key_count) {
            __builtin_prefetch(&ends[numbers[rank + ENDS_AHEAD]], 1);
        }
        uint32_t count = ends[numbers[rank]];
        ends[numbers[rank]] = start;
        start += count;
    }
}

/* Each event's bucket goes to where its key's stretch has come to. */
static void deal_chunk(const struct sorted_run *run, const struct event_chunk *chunk)
{
    const struct run_event *events = chunk->memory.bytes;
    int32_t *stretches = run->stretches.bytes;
    uint32_t *ends = run->ends.bytes;
    for (size_t i = 0; i < chunk->used; i++) {
        if (i + ENDS_AHEAD < chunk->used) {
            __builtin_prefetch(&ends[events[i + ENDS_AHEAD].number], 1);
            __builtin_prefetch(stretches + ends[events[i + STRETCHES_AHEAD].number], 1);
        }
        stretches[ends[events[i].number]++] = events[i].bucket;
    }
}

/* Keys and ends by rank. */
static int put_in_order(struct sorted_run *run)
{
    size_t key_count = run->table.key_count;
    const uint32_t *numbers = run->numbers.bytes, *old_ends = run->ends.bytes;
    struct page_memory ends;
    if (page_memory_take(&run->keys, key_count * sizeof(struct run_key)) != 0 ||
        page_memory_take(&ends, key_count * sizeof(uint32_t)) != 0) {
        return -1;
    }
    for (size_t rank = 0; rank < key_count; rank++) {
        if (rank + ENDS_AHEAD < key_count) {
            __builtin_prefetch(&old_ends[numbers[rank + ENDS_AHEAD]]);
            __builtin_prefetch(run_table_key(&run->table, numbers[rank + ENDS_AHEAD]));
        }
        ((struct run_key *)run->keys.bytes)[rank] = *run_table_key(&run->table, numbers[rank]);
        ((uint32_t *)ends.bytes)[rank] = old_ends[numbers[rank]];
    }
    page_memory_free(&run->table.keys);
    page_memory_free(&run->ends);
    run->ends = ends;
    return 0;
}

static int deal_out(struct sorted_run *run, struct event_list *list, struct error *err)
{
    size_t key_count = run->table.key_count;
    if (run_sort_keys(&run->table, &run->numbers) != 0 ||
        page_memory_take(&run->ends, key_count * sizeof(uint32_t)) != 0 ||
        page_memory_take(&run->stretches, list->event_count * sizeof(int32_t)) != 0) {
        return error_set_memory(err,
                                "sorting events; a smaller memory limit makes it use the disk");
    }
    count_events(run, list);
    lay_out_stretches(run);
    for (size_t i = 0; i < list->chunk_count; i++) {
        deal_chunk(run, &list->chunks[i]);
        page_memory_free(&list->chunks[i].memory);
    }
    return put_in_order(run) == 0 ? 0 : error_set_memory(err, "sorting events");
}

int sorted_run_make(struct sorted_run *run, struct gathered_run *gathered, struct error *err)
{
    run_table_seal(&gathered->table);
    run->table = gathered->table;
    run->measures = gathered->measures;
    gathered->table = (struct run_table){.seed = run->table.seed};
    gathered->measures = (struct page_memory){0};
    int result = run->table.key_count == 0 ? 0 : deal_out(run, &gathered->events, err);
    event_list_free(&gathered->events);
    return result;
}

/* ---- reading the sorted run */

static int compare_buckets(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static void sort_stretch(int32_t *buckets, size_t count)
{
    size_t at = 1;
    while (at < count && buckets[at - 1] <= buckets[at]) {
        at++;
    }
    if (at >= count) {
        return;
    }
    if (count > INSERTION_MAX) {
        qsort(buckets, count, sizeof *buckets, compare_buckets);
        return;
    }
    for (; at < count; at++) {
        int32_t moved = buckets[at];
        size_t to = at;
        for (; to > 0 && buckets[to - 1] > moved; to--) {
            buckets[to] = buckets[to - 1];
        }
        buckets[to] = moved;
    }
}

/* A run holds fewer events than fit 32 bits, so no count can overflow here. */
static size_t combine_stretch(const int32_t *stretch, size_t count, struct active_bucket *buckets)
{
    size_t used = 0;
    buckets[0] = (struct active_bucket){.bucket = stretch[0], .count = 1};
    for (size_t i = 1; i < count; i++) {
        if (stretch[i] == buckets[used].bucket) {
            buckets[used].count++;
        } else {
            buckets[++used] = (struct active_bucket){.bucket = stretch[i], .count = 1};
        }
    }
    return used + 1;
}

static int reserve_buckets(struct sorted_run *run, size_t count, struct error *err)
{
    if (count <= run->bucket_capacity) {
        return 0;
    }
    size_t capacity = run->bucket_capacity == 0 ? BUCKETS_FIRST : run->bucket_capacity;
    while (capacity < count) {
        capacity *= 2;
    }
    struct active_bucket *buckets = realloc(run->buckets, capacity * sizeof *buckets);
    if (buckets == NULL) {
        return error_set_memory(err, "sorting events");
    }
    run->buckets = buckets;
    run->bucket_capacity = capacity;
    return 0;
}

static void add_measures_to_key(const struct sorted_run *run, uint32_t number,
                                struct key_history *key)
{
    if (((size_t)number + 1) * sizeof(struct run_measure) <= run->measures.size) {
        const struct run_measure *measure =
            (const struct run_measure *)run->measures.bytes + number;
        key->size_bytes_sum = measure->size_bytes_sum;
        key->size_count = measure->size_count;
        key->cost_us_sum = measure->cost_us_sum;
        key->cost_count = measure->cost_count;
    }
}

static int next_key(void *self, struct key_history *key, struct error *err)
{
    struct sorted_run *run = self;
    size_t rank = run->next_rank;
    if (rank == run->table.key_count) {
        return 0;
    }
    const struct run_key *run_key = (const struct run_key *)run->keys.bytes + rank;
    uint32_t end = ((const uint32_t *)run->ends.bytes)[rank];
    size_t count = end - run->next_start;
    int32_t *stretch = (int32_t *)run->stretches.bytes + run->next_start;
    if (reserve_buckets(run, count, err) != 0) {
        return -1;
    }
    run->next_rank++;
    run->next_start = end;
    sort_stretch(stretch, count);
    *key = (struct key_history){.entity = run_key_entity(run_key),
                                .id = run_table_id(&run->table, run_key),
                                .buckets = run->buckets,
                                .bucket_count = combine_stretch(stretch, count, run->buckets)};
    add_measures_to_key(run, ((const uint32_t *)run->numbers.bytes)[rank], key);
    return 1;
}

struct key_source sorted_run_source(struct sorted_run *run)
{
    return (struct key_source){.next = next_key, .self = run};
}
