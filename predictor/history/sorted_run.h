/* sorted_run.h - a run in memory, in key order.
 * Room: predictor/history. May touch: malloc, mmap. */
#ifndef REKINDLE_PREDICTOR_SORTED_RUN_H
#define REKINDLE_PREDICTOR_SORTED_RUN_H

#include "common/error.h"
#include "predictor/history/event_list.h"
#include "predictor/history/key_merge.h"
#include "predictor/history/run_table.h"

/* Sums of a key whose answers' size or duration is known. */
struct run_measure {
    uint64_t size_bytes_sum, cost_us_sum;
    uint32_t size_count, cost_count;
};

/* What sorting adds for each key while events are dealt out: its number, two ends and the key in its order. */
enum { SORTED_RUN_BYTES_PER_KEY = 3 * 4 + RUN_KEY_SIZE };

/* A run as it is gathered. All zero is empty. */
struct gathered_run {
    struct run_table table;
    struct event_list events;
    struct page_memory measures; /* struct run_measure by key number; empty: no event has any */
};

/* All zero is a run without a key. */
struct sorted_run {
    struct run_table table;       /* long ids, and how many keys there are */
    struct page_memory measures;  /* as gathered */
    struct page_memory numbers;   /* uint32_t key numbers by rank */
    struct page_memory keys;      /* struct run_key by rank */
    struct page_memory ends;      /* uint32_t by rank: where the key's stretch ends */
    struct page_memory stretches; /* int32_t buckets, key after key in rank order */
    size_t next_rank;
    uint32_t next_start;
    struct active_bucket *buckets; /* of the key handed out */
    size_t bucket_capacity;
};

/* Sorts `gathered`, which is empty afterwards also when this fails, into `run`, which must be empty. */
int sorted_run_make(struct sorted_run *run, struct gathered_run *gathered,
                    struct error *err) MUST_CHECK;
struct key_source sorted_run_source(struct sorted_run *run);
void sorted_run_rewind(struct sorted_run *run);
void sorted_run_free(struct sorted_run *run);

void gathered_run_free(struct gathered_run *gathered);

#endif
