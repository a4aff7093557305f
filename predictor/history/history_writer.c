/* history_writer.c - see history_writer.h.
 * Room: predictor/history. May touch: files, threads.
 *
 * DESIGN. A commit: sort the builders' runs, one thread each; merge them into a new segment; sync it; rename the
 * new MANIFEST over the old one. A compact: the same with old segments for runs; the old files are removed after
 * the rename, and readers that opened them before read on. A crash before the rename leaves a segment or spills
 * that MANIFEST does not name, one after it old segments that it names no more: open removes both. An empty
 * MANIFEST is written first of all, so that a folder with segments and without it is never taken for new. */
#include "predictor/history/history_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/file_io.h"
#include "predictor/history/bucket.h"
#include "predictor/history/history_folder.h"
#include "predictor/history/manifest.h"
#include "predictor/history/segment_files.h"
#include "predictor/history/segment_writer.h"

struct history_writer {
    char *dir;
    int lock; /* -1: not locked */
    struct manifest manifest;
    struct run_builder **builders;
    size_t builder_count;
    bool has_new_logs;
};

/* ---- opening */

static int load_or_create(struct history_writer *writer, uint32_t bucket_second, struct error *err)
{
    struct manifest *manifest = &writer->manifest;
    int found = manifest_load(writer->dir, manifest, err);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        manifest->bucket_second = bucket_second == 0 ? BUCKET_SECOND_DEFAULT : bucket_second;
        manifest->next_segment = 1;
        return history_folder_check_new(writer->dir, err) == 0
                   ? manifest_save(writer->dir, manifest, err)
                   : -1;
    }
    if (bucket_second != 0 && bucket_second != manifest->bucket_second) {
        return error_set(err, ERROR_INPUT,
                         "the history %s has buckets of %" PRIu32 " s, not of %" PRIu32
                         " s: their length is fixed when a history is made",
                         writer->dir, manifest->bucket_second, bucket_second);
    }
    return 0;
}

struct history_writer *history_writer_open(const char *dir, uint32_t bucket_second,
                                           struct error *err)
{
    if (file_make_folder(dir, err) != 0) {
        return NULL;
    }
    struct history_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->dir = strdup(dir)) == NULL) {
        free(writer);
        error_set_memory(err, "opening the history");
        return NULL;
    }
    writer->lock = -1;
    if ((writer->lock = history_folder_lock(dir, err)) < 0 ||
        load_or_create(writer, bucket_second, err) != 0 ||
        history_folder_clean(dir, &writer->manifest, err) != 0) {
        history_writer_close(writer);
        return NULL;
    }
    return writer;
}

static void free_builders(struct history_writer *writer)
{
    for (size_t i = 0; i < writer->builder_count; i++) {
        run_builder_free(writer->builders[i]);
    }
    free(writer->builders);
    writer->builders = NULL;
    writer->builder_count = 0;
}

void history_writer_close(struct history_writer *writer)
{
    if (writer != NULL) {
        free_builders(writer);
        manifest_free(&writer->manifest);
        file_unlock(writer->lock);
        free(writer->dir);
        free(writer);
    }
}

uint32_t history_writer_bucket_second(const struct history_writer *writer)
{
    return writer->manifest.bucket_second;
}

size_t history_writer_segment_count(const struct history_writer *writer)
{
    return writer->manifest.segment_count;
}

const struct log_ledger *history_writer_ledger(const struct history_writer *writer)
{
    return &writer->manifest.ledger;
}

/* ---- adding */

struct run_builder *history_writer_add_builder(struct history_writer *writer,
                                               uint64_t memory_limit_bytes, struct error *err)
{
    struct run_builder **builders =
        realloc(writer->builders, (writer->builder_count + 1) * sizeof *builders);
    if (builders == NULL) {
        error_set_memory(err, "counting events");
        return NULL;
    }
    writer->builders = builders;
    char *spill_path = history_folder_spill_path(writer->dir, writer->builder_count + 1, err);
    if (spill_path == NULL) {
        return NULL;
    }
    struct run_builder *builder = run_builder_new(
        &(struct run_builder_options){.spill_path = spill_path,
                                      .bucket_second = writer->manifest.bucket_second,
                                      .memory_limit_bytes = memory_limit_bytes},
        err);
    free(spill_path);
    if (builder != NULL) {
        builders[writer->builder_count++] = builder;
    }
    return builder;
}

int history_writer_put_log(struct history_writer *writer, const struct log_entry *replaced,
                           const struct log_entry *entry, struct error *err)
{
    for (size_t i = 0; i < entry->tail_event_count; i++) {
        int32_t bucket;
        if (bucket_from_unix(entry->tail_events[i].at_unix, writer->manifest.bucket_second,
                             &bucket) != 0) {
            return error_set(err, ERROR_INPUT,
                             "an event has the time %" PRId64 ", too far from 1970 for the history",
                             entry->tail_events[i].at_unix);
        }
    }
    writer->has_new_logs = true;
    return log_ledger_put(&writer->manifest.ledger, replaced, entry, err);
}

/* ---- committing */

struct finish_job {
    pthread_t thread;
    struct run_builder *builder;
    bool is_started;
    int result;
    struct error err;
};

static void *finish_builder(void *argument)
{
    struct finish_job *job = argument;
    job->result = run_builder_finish(job->builder, &job->err);
    return NULL;
}

/* Sorts all runs, each in its thread; in this one where no thread can be had. */
static int finish_builders(struct history_writer *writer, struct error *err)
{
    struct finish_job *jobs = calloc(writer->builder_count, sizeof *jobs);
    int result = 0;
    if (jobs == NULL) {
        return error_set_memory(err, "sorting events");
    }
    for (size_t i = 0; i < writer->builder_count; i++) {
        jobs[i].builder = writer->builders[i];
        jobs[i].is_started = i + 1 < writer->builder_count &&
                             pthread_create(&jobs[i].thread, NULL, finish_builder, &jobs[i]) == 0;
        if (!jobs[i].is_started) {
            finish_builder(&jobs[i]);
        }
    }
    for (size_t i = 0; i < writer->builder_count; i++) {
        if (jobs[i].is_started) {
            pthread_join(jobs[i].thread, NULL);
        }
        if (result == 0 && jobs[i].result != 0) {
            *err = jobs[i].err;
            result = -1;
        }
    }
    free(jobs);
    return result;
}

/* All sources of all builders; to be freed. */
static struct key_source *gather_sources(const struct history_writer *writer, size_t *source_count,
                                         struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < writer->builder_count; i++) {
        count += run_builder_source_count(writer->builders[i]);
    }
    struct key_source *sources = calloc(count, sizeof *sources);
    if (sources == NULL) {
        error_set_memory(err, "merging runs");
        return NULL;
    }
    *source_count = 0;
    for (size_t i = 0; i < writer->builder_count; i++) {
        for (size_t j = 0; j < run_builder_source_count(writer->builders[i]); j++) {
            sources[(*source_count)++] = run_builder_source(writer->builders[i], j);
        }
    }
    return sources;
}

static int copy_keys(struct key_merge *merge, struct segment_writer *segment, struct error *err)
{
    struct key_history key;
    int got;
    while ((got = key_merge_next(merge, &key, err)) == 1) {
        if (segment_writer_append(segment, &key, err) != 0) {
            return -1;
        }
    }
    return got;
}

/* Writes the merged sources as the next segment, durably, and removes it again when that fails. */
static int write_segment(struct history_writer *writer, const struct key_source *sources,
                         size_t source_count, struct manifest_segment *segment, struct error *err)
{
    int result = -1;
    struct segment_writer *file = NULL;
    segment->number = writer->manifest.next_segment;
    char *path = manifest_segment_path(writer->dir, segment->number, err);
    struct key_merge *merge = path == NULL ? NULL : key_merge_new(sources, source_count, err);
    if (merge != NULL) {
        file = segment_writer_open(path, writer->manifest.bucket_second, err);
    }
    if (file != NULL && copy_keys(merge, file, err) != 0) {
        segment_writer_abandon(file);
        file = NULL;
    }
    if (file != NULL) {
        result = segment_writer_close(file, SEGMENT_DURABLE, &segment->totals, err);
    }
    key_merge_free(merge);
    free(path);
    return result;
}

static void remove_segment(const struct history_writer *writer, uint64_t number)
{
    struct error ignored; /* what stays is an orphan, removed by the next writer */
    char *path = manifest_segment_path(writer->dir, number, &ignored);
    if (path != NULL) {
        unlink(path);
        free(path);
    }
}

/* After MANIFEST could not be saved. The new one may be in place all the same, as when only its folder could not be
 * synced; then it lives by this segment. What stays without need is an orphan. */
static void remove_unnamed_segment(const struct history_writer *writer, uint64_t number)
{
    struct manifest present;
    struct error ignored;
    if (manifest_load(writer->dir, &present, &ignored) == 1) {
        if (present.next_segment <= number) {
            remove_segment(writer, number);
        }
        manifest_free(&present);
    }
}

static int add_segment_of_builders(struct history_writer *writer, struct error *err)
{
    struct manifest_segment segment;
    size_t source_count;
    if (finish_builders(writer, err) != 0) {
        return -1;
    }
    struct key_source *sources = gather_sources(writer, &source_count, err);
    if (sources == NULL) {
        return -1;
    }
    int result = write_segment(writer, sources, source_count, &segment, err);
    free(sources);
    if (result == 0) {
        writer->manifest.next_segment++;
        result = manifest_add_segment(&writer->manifest, &segment, err);
    }
    return result;
}

int history_writer_commit(struct history_writer *writer, struct error *err)
{
    uint64_t event_count = 0, number = writer->manifest.next_segment;
    for (size_t i = 0; i < writer->builder_count; i++) {
        event_count += run_builder_event_count(writer->builders[i]);
    }
    if (event_count > 0 && add_segment_of_builders(writer, err) != 0) {
        return -1;
    }
    free_builders(writer);
    if (event_count == 0 && !writer->has_new_logs) {
        return 0;
    }
    if (manifest_save(writer->dir, &writer->manifest, err) != 0) {
        if (event_count > 0) {
            remove_unnamed_segment(writer, number);
        }
        return -1;
    }
    writer->has_new_logs = false;
    return 0;
}

/* ---- compacting */

static int merge_segments(struct history_writer *writer, const struct segment_watch *watch,
                          struct manifest_segment *merged, struct error *err)
{
    struct segment_reader **readers;
    size_t count = writer->manifest.segment_count;
    int result = -1;
    if (segment_files_open(writer->dir, &writer->manifest, &readers, err) != 1) {
        return -1;
    }
    struct segment_sources *sources = segment_sources_new(readers, count, watch, err);
    if (sources != NULL) {
        result = write_segment(writer, segment_sources_list(sources), count, merged, err);
    }
    segment_sources_free(sources);
    segment_files_close(readers, count);
    return result;
}

int history_writer_compact(struct history_writer *writer, size_t segment_count_max,
                           const struct segment_watch *watch, struct error *err)
{
    struct manifest *manifest = &writer->manifest;
    struct manifest_segment merged;
    assert(segment_count_max >= 1 && writer->builder_count == 0 && !writer->has_new_logs);
    if (manifest->segment_count <= segment_count_max) {
        return 0;
    }
    if (merge_segments(writer, watch, &merged, err) != 0) {
        return -1;
    }
    struct manifest after = *manifest;
    after.next_segment++;
    after.segments = &merged;
    after.segment_count = 1;
    if (manifest_save(writer->dir, &after, err) != 0) {
        remove_unnamed_segment(writer, merged.number);
        return -1;
    }
    for (size_t i = 0; i < manifest->segment_count; i++) {
        remove_segment(writer, manifest->segments[i].number);
    }
    manifest->next_segment++;
    manifest->segments[0] = merged;
    manifest->segment_count = 1;
    return 0;
}
