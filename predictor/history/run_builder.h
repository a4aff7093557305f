/* run_builder.h - takes events as they come and gives back keys in order: one for each ingest thread.
 * Room: predictor/history. May touch: malloc, mmap, files (spilled runs). Not for several threads at once.
 * Promises: no allocation per event; memory stays near the limit, what is more goes to sorted runs on disk;
 * the keys that come out depend on the events only, not on their order, the limit or the batches. */
#ifndef REKINDLE_PREDICTOR_RUN_BUILDER_H
#define REKINDLE_PREDICTOR_RUN_BUILDER_H

#include "common/error.h"
#include "predictor/history/key_merge.h"
#include "predictor/ingest/access_event.h"

#include <stddef.h>
#include <stdint.h>

struct run_builder;

struct run_builder_options {
    const char *spill_path; /* spilled runs are PATH-1, PATH-2, ...; NULL: never spill */
    uint32_t bucket_second;
    uint64_t memory_limit_bytes; /* 0: no limit; at least some MiB are used all the same */
};

/* NULL when out of memory. Free with run_builder_free, which also removes the spilled runs. */
struct run_builder *run_builder_new(const struct run_builder_options *options,
                                    struct error *err) MUST_CHECK;
void run_builder_free(struct run_builder *builder);

/* Counts `count` events. ERROR_INPUT when a time is too far from 1970 for a bucket; ids are 1 to
 * ENTITY_ID_SIZE_MAX bytes. About 50 ns an event with millions of keys. */
int run_builder_take(struct run_builder *builder, const struct access_event *events, size_t count,
                     struct error *err) MUST_CHECK;
/* The same as ingest's receiver; `builder` stays the caller's. */
struct event_receiver run_builder_receiver(struct run_builder *builder);
uint64_t run_builder_event_count(const struct run_builder *builder);

/* Sorts what is in memory; no event may follow. Builders of different threads may finish at the same time. */
int run_builder_finish(struct run_builder *builder, struct error *err) MUST_CHECK;
/* After finish: how many sources the builder has, and one of them. */
size_t run_builder_source_count(const struct run_builder *builder);
struct key_source run_builder_source(struct run_builder *builder, size_t number);
/* After finish: all sources begin again. */
void run_builder_rewind(struct run_builder *builder);

#endif
