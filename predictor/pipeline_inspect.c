/* pipeline_inspect.c - the conductor of `inspect`: what a history holds.
 * Room: predictor (top). May touch: predictor/history, stdout. */
#include "predictor/pipeline.h"

#include "common/csv_writer.h"
#include "common/file_io.h"
#include "common/progress.h"

#include "predictor/history/history_reader.h"

const char *pipeline_history_dir(const struct pipeline *pipeline, struct error *err)
{
    const char *dir = pipeline->options->history;
    if (dir == NULL) {
        dir = pipeline->config->history_dir;
    }
    if (dir == NULL) {
        error_set(err, ERROR_USAGE,
                  "which history? give --history DIR, or [history] dir in the config");
    }
    return dir;
}

struct progress pipeline_progress(const struct pipeline *pipeline, const char *title,
                                  const char *noun, enum progress_unit unit, uint64_t total)
{
    struct progress progress;
    const struct message *message = pipeline->message;
    FILE *out = message->verbosity == VERBOSITY_QUIET ? NULL : message->out;
    progress_init(&progress, out, title, noun, unit, total);
    return progress;
}

/* ---- what is printed */

static void put_pair(struct csv_writer *csv, const char *field, uint64_t value)
{
    csv_writer_put_word(csv, field);
    csv_writer_put_count(csv, value);
    csv_writer_end_record(csv);
}

static void put_time(struct csv_writer *csv, const char *field, int64_t unix_second)
{
    csv_writer_put_word(csv, field);
    csv_writer_put_time(csv, unix_second);
    csv_writer_end_record(csv);
}

/* One line a bucket; the sums of sizes and costs belong to the key and stand in its first line only. */
static void put_key(struct csv_writer *csv, const struct key_history *key, uint32_t bucket_second)
{
    for (size_t i = 0; i < key->bucket_count; i++) {
        csv_writer_put_word(csv, entity_name(key->entity));
        csv_writer_put_text(csv, key->id);
        csv_writer_put_time(csv, (int64_t)key->buckets[i].bucket * bucket_second);
        csv_writer_put_count(csv, key->buckets[i].count);
        csv_writer_put_count(csv, i == 0 ? key->size_bytes_sum : 0);
        csv_writer_put_count(csv, i == 0 ? key->size_count : 0);
        csv_writer_put_count(csv, i == 0 ? key->cost_us_sum : 0);
        csv_writer_put_count(csv, i == 0 ? key->cost_count : 0);
        csv_writer_end_record(csv);
    }
}

static void put_key_header(struct csv_writer *csv)
{
    csv_writer_put_header(csv, "entity,id,bucket,count,size_bytes,size_count,cost_us,cost_count");
}

/* ---- the three ways to look */

static int print_dump(struct history_reader *reader, struct csv_writer *csv, struct error *err)
{
    struct key_history key;
    int found;
    put_key_header(csv);
    while ((found = history_reader_next(reader, &key, err)) == 1) {
        put_key(csv, &key, history_reader_totals(reader)->bucket_second);
    }
    return found;
}

static int print_key(const struct pipeline *pipeline, struct history_reader *reader,
                     struct csv_writer *csv, struct error *err)
{
    struct slice wanted = slice_of(pipeline->options->key);
    const char *colon = strchr(wanted.bytes, ':');
    enum entity entity;
    size_t entity_size = colon == NULL ? 0 : (size_t)(colon - wanted.bytes);
    if (entity_parse((struct slice){wanted.bytes, entity_size}, &entity) != 0) {
        return error_set(err, ERROR_USAGE,
                         "--key: '%.80s' is not a key; write user:ID or product:ID", wanted.bytes);
    }
    struct slice id = {wanted.bytes + entity_size + 1, wanted.size - entity_size - 1};
    struct key_history key;
    int found = history_reader_find(reader, entity, id, &key, err);
    if (found == 0) {
        return error_set(err, ERROR_INPUT, "the history knows no %s '%.80s'", entity_name(entity),
                         id.bytes);
    }
    if (found == 1) {
        put_key_header(csv);
        put_key(csv, &key, history_reader_totals(reader)->bucket_second);
    }
    return found < 0 ? -1 : 0;
}

static int print_logs(struct history_reader *reader, struct csv_writer *csv)
{
    const struct log_ledger *ledger = history_reader_ledger(reader);
    csv_writer_put_header(csv, "log,bytes,events,rules");
    for (size_t i = 0; i < ledger->entry_count; i++) {
        const struct log_entry *entry = &ledger->entries[i];
        csv_writer_put_text(csv, entry->name);
        csv_writer_put_count(csv, entry->whole.size);
        csv_writer_put_count(csv, entry->event_count);
        csv_writer_put_text(csv, entry->rules);
        csv_writer_end_record(csv);
    }
    return 0;
}

/* Reads every key: the counts are exact also when a key stands in several segments, and all checksums are seen. */
static int print_summary(const struct pipeline *pipeline, struct history_reader *reader,
                         struct csv_writer *csv, struct error *err)
{
    const struct history_totals *totals = history_reader_totals(reader);
    struct progress progress =
        pipeline_progress(pipeline, "inspect", NULL, PROGRESS_BYTES, totals->size_bytes);
    uint64_t key_count[ENTITY_COUNT] = {0};
    uint64_t bucket_count = 0;
    struct key_history key;
    int found;
    while ((found = history_reader_next(reader, &key, err)) == 1) {
        key_count[key.entity]++;
        bucket_count += key.bucket_count;
        progress_update(&progress, history_reader_bytes_read(reader), NULL);
    }
    progress_clear(&progress);
    if (found < 0) {
        return -1;
    }
    csv_writer_put_header(csv, "field,value");
    put_pair(csv, "users", key_count[ENTITY_USER]);
    put_pair(csv, "products", key_count[ENTITY_PRODUCT]);
    put_pair(csv, "events", totals->event_count);
    put_pair(csv, "active_buckets", bucket_count);
    put_pair(csv, "bucket_seconds", totals->bucket_second);
    if (totals->event_count > 0) {
        put_time(csv, "first_bucket", (int64_t)totals->first_bucket * totals->bucket_second);
        put_time(csv, "last_bucket", (int64_t)totals->last_bucket * totals->bucket_second);
    }
    put_pair(csv, "segments", totals->segment_count);
    put_pair(csv, "segment_bytes", totals->size_bytes);
    put_pair(csv, "logs", totals->log_count);
    return 0;
}

static int print_what_is_asked(const struct pipeline *pipeline, struct history_reader *reader,
                               struct csv_writer *csv, struct error *err)
{
    if (pipeline->options->key != NULL) {
        return print_key(pipeline, reader, csv, err);
    }
    if (pipeline->options->is_dump) {
        return print_dump(reader, csv, err);
    }
    if (pipeline->options->is_logs) {
        return print_logs(reader, csv);
    }
    return print_summary(pipeline, reader, csv, err);
}

int pipeline_inspect(const struct pipeline *pipeline, struct error *err)
{
    int result = -1;
    struct history_reader *reader = NULL;
    struct file_draft *out = NULL;
    const char *dir = pipeline_history_dir(pipeline, err);
    if (dir == NULL || (reader = history_reader_open(dir, err)) == NULL ||
        (out = file_draft_open("-", err)) == NULL) {
        goto done;
    }
    struct csv_writer csv = {.out = file_draft_stream(out)};
    if (print_what_is_asked(pipeline, reader, &csv, err) != 0) {
        goto done;
    }
    result = file_draft_commit(out, err);
    out = NULL;
done:
    file_draft_abandon(out);
    history_reader_close(reader);
    return result;
}
