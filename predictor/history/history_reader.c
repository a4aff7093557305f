/* history_reader.c - see history_reader.h.
 * Room: predictor/history. May touch: files.
 * The events of unterminated last lines are few and live in the manifest; they are one more source. */
#include "predictor/history/history_reader.h"

#include <stdlib.h>

#include "predictor/history/manifest.h"
#include "predictor/history/run_builder.h"
#include "predictor/history/segment_files.h"

/* A compact may take away a segment between reading the manifest and opening the file; then the manifest has
 * changed, and is read again. Every turn needs a whole compact meanwhile, so a few are plenty. */
enum { OPEN_TURNS_MAX = 100 };

/* One key found in one segment, as a source for the merge. */
struct found_key {
    struct key_history key;
    bool is_given;
};

struct history_reader {
    struct manifest manifest;
    struct history_totals totals;
    struct segment_reader **segments; /* [manifest.segment_count] */
    struct run_builder *tails;
    struct key_merge *merge;
    struct found_key *found;      /* [segment_count + 1], of the last find */
    struct key_merge *find_merge; /* lends what the last find returned */
};

static int next_of_segment(void *self, struct key_history *key, struct error *err)
{
    return segment_reader_next(self, key, err);
}

static int next_of_found(void *self, struct key_history *key, struct error *err)
{
    struct found_key *found = self;
    (void)err;
    if (found->is_given) {
        return 0;
    }
    found->is_given = true;
    *key = found->key;
    return 1;
}

/* Reads the manifest and opens what it names, again when a compact came between. */
static int open_files(struct history_reader *reader, const char *dir, struct error *err)
{
    uint64_t seen = 0; /* next_segment of the manifest before; no manifest has 0 */
    for (int turn = 0; turn < OPEN_TURNS_MAX; turn++) {
        int result = manifest_load(dir, &reader->manifest, err);
        if (result == 0) {
            return error_set(err, ERROR_INPUT,
                             "no history at %s: run rekindle-predict ingest first", dir);
        }
        if (result == 1) {
            result = segment_files_open(dir, &reader->manifest, &reader->segments, err);
        }
        if (result != 0) {
            return result == 1 ? 0 : -1;
        }
        if (reader->manifest.next_segment == seen) {
            return -1; /* nothing has changed: the segment is lost, as `err` says */
        }
        seen = reader->manifest.next_segment;
        manifest_free(&reader->manifest);
    }
    return -1;
}

static int read_tails(struct history_reader *reader, struct error *err)
{
    const struct log_ledger *ledger = &reader->manifest.ledger;
    reader->tails = run_builder_new(
        &(struct run_builder_options){.bucket_second = reader->manifest.bucket_second}, err);
    if (reader->tails == NULL) {
        return -1;
    }
    for (size_t i = 0; i < ledger->entry_count; i++) {
        if (run_builder_take(reader->tails, ledger->entries[i].tail_events,
                             ledger->entries[i].tail_event_count, err) != 0) {
            return -1;
        }
    }
    return run_builder_finish(reader->tails, err);
}

static int open_merge(struct history_reader *reader, struct error *err)
{
    size_t count = reader->manifest.segment_count;
    struct key_source *sources = calloc(count + 1, sizeof *sources);
    reader->found = calloc(count + 1, sizeof *reader->found);
    if (sources == NULL || reader->found == NULL) {
        free(sources);
        return error_set_memory(err, "opening the history");
    }
    for (size_t i = 0; i < count; i++) {
        sources[i] = (struct key_source){.next = next_of_segment, .self = reader->segments[i]};
    }
    sources[count] = run_builder_source(reader->tails, 0);
    reader->merge = key_merge_new(sources, count + 1, err);
    free(sources);
    return reader->merge == NULL ? -1 : 0;
}

static void extend_span(struct history_totals *totals, bool is_first, int32_t first, int32_t last)
{
    totals->first_bucket = !is_first && totals->first_bucket < first ? totals->first_bucket : first;
    totals->last_bucket = !is_first && totals->last_bucket > last ? totals->last_bucket : last;
}

static int add_tails_to_totals(struct history_reader *reader, struct error *err)
{
    struct history_totals *totals = &reader->totals;
    struct key_source tails = run_builder_source(reader->tails, 0);
    struct key_history key;
    int got;
    while ((got = tails.next(tails.self, &key, err)) == 1) {
        totals->key_count_max[key.entity]++;
        extend_span(totals, totals->event_count == 0, key.buckets[0].bucket,
                    key.buckets[key.bucket_count - 1].bucket);
        for (size_t i = 0; i < key.bucket_count; i++) {
            totals->event_count += key.buckets[i].count;
        }
    }
    run_builder_rewind(reader->tails);
    return got;
}

static int add_up_totals(struct history_reader *reader, struct error *err)
{
    const struct manifest *manifest = &reader->manifest;
    struct history_totals *totals = &reader->totals;
    totals->bucket_second = manifest->bucket_second;
    totals->segment_count = manifest->segment_count;
    totals->log_count = manifest->ledger.entry_count;
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const struct segment_totals *segment = &manifest->segments[i].totals;
        for (int entity = 0; entity < ENTITY_COUNT; entity++) {
            totals->key_count_max[entity] += segment->key_count[entity];
        }
        extend_span(totals, totals->event_count == 0, segment->first_bucket, segment->last_bucket);
        totals->event_count += segment->event_count;
        totals->size_bytes += segment->size_bytes;
    }
    return add_tails_to_totals(reader, err);
}

struct history_reader *history_reader_open(const char *dir, struct error *err)
{
    struct history_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        error_set_memory(err, "opening the history");
        return NULL;
    }
    if (open_files(reader, dir, err) != 0 || read_tails(reader, err) != 0 ||
        open_merge(reader, err) != 0 || add_up_totals(reader, err) != 0) {
        history_reader_close(reader);
        return NULL;
    }
    return reader;
}

void history_reader_close(struct history_reader *reader)
{
    if (reader != NULL) {
        key_merge_free(reader->find_merge);
        key_merge_free(reader->merge);
        segment_files_close(reader->segments, reader->manifest.segment_count);
        run_builder_free(reader->tails);
        manifest_free(&reader->manifest);
        free(reader->found);
        free(reader);
    }
}

int history_reader_next(struct history_reader *reader, struct key_history *key, struct error *err)
{
    return key_merge_next(reader->merge, key, err);
}

void history_reader_rewind(struct history_reader *reader)
{
    for (size_t i = 0; i < reader->manifest.segment_count; i++) {
        segment_reader_rewind(reader->segments[i]);
    }
    run_builder_rewind(reader->tails);
    key_merge_restart(reader->merge);
}

static int find_in_tails(struct history_reader *reader, enum entity entity, struct slice id,
                         struct key_history *key, struct error *err)
{
    struct key_source tails = run_builder_source(reader->tails, 0);
    int got;
    run_builder_rewind(reader->tails);
    while ((got = tails.next(tails.self, key, err)) == 1) {
        if (key->entity == entity && slice_is_equal(key->id, id)) {
            return 1;
        }
    }
    return got;
}

int history_reader_find(struct history_reader *reader, enum entity entity, struct slice id,
                        struct key_history *key, struct error *err)
{
    size_t found_count = 0, count = reader->manifest.segment_count;
    struct key_source *sources = calloc(count + 1, sizeof *sources);
    if (sources == NULL) {
        return error_set_memory(err, "looking up a key");
    }
    for (size_t i = 0; i <= count; i++) {
        struct found_key *found = &reader->found[found_count];
        int got = i < count ? segment_reader_find(reader->segments[i], entity, id, &found->key, err)
                            : find_in_tails(reader, entity, id, &found->key, err);
        if (got < 0) {
            free(sources);
            return -1;
        }
        found->is_given = false;
        sources[found_count] = (struct key_source){.next = next_of_found, .self = found};
        found_count += got == 1;
    }
    key_merge_free(reader->find_merge);
    reader->find_merge = key_merge_new(sources, found_count, err);
    free(sources);
    return reader->find_merge == NULL ? -1 : key_merge_next(reader->find_merge, key, err);
}

const struct history_totals *history_reader_totals(const struct history_reader *reader)
{
    return &reader->totals;
}

const struct log_ledger *history_reader_ledger(const struct history_reader *reader)
{
    return &reader->manifest.ledger;
}

uint64_t history_reader_bytes_read(const struct history_reader *reader)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < reader->manifest.segment_count; i++) {
        bytes += segment_reader_bytes_read(reader->segments[i]);
    }
    return bytes;
}
