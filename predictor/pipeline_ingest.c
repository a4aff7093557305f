/* pipeline_ingest.c - the conductor of `ingest`: logs to history.
 * Room: predictor (top). May touch: predictor/ingest, predictor/history.
 *
 * DESIGN
 *   1. Lock the history and read its ledger of logs.
 *   2. For each log of the command line: recognise it by its bytes. Counted already: leave it. Grown: go on where it
 *      stopped. New: read it all. Its lines are parsed on all cores, each thread counting into a builder of its own,
 *      which spills sorted runs to disk when its memory is full.
 *   3. Judge the bad lines of all logs together.
 *   4. Merge all runs into one new segment and make it visible, with the ledger, by one rename.
 *   A failure before 4, or a crash at any moment, leaves the history as it was; what lies about is removed by the
 *   next ingest. Ctrl-C while logs are read is such a failure. Nothing is retried. */
#include "predictor/pipeline.h"
#include "predictor/stop_signal.h"

#include "common/civil_time.h"
#include "common/units.h"

#include "predictor/history/history_writer.h"
#include "predictor/ingest/log_ingest.h"

#include <inttypes.h>
#include <stdlib.h>

static const uint64_t default_memory_bytes = (uint64_t)1 << 30;
static const double default_max_bad_share = 0.2;

enum { RULES_SIZE = 1024, THREADS_MAX = 256 };

/* The events of an unfinished last line, kept apart until the whole log is known. */
struct tail {
    struct access_event events[LOG_TAIL_EVENT_COUNT_MAX];
    char ids[LOG_TAIL_EVENT_COUNT_MAX][ENTITY_ID_SIZE_MAX];
    size_t count;
};

/* All that one ingest holds. */
struct ingest_job {
    const struct pipeline *pipeline;
    struct log_ingest_options options;
    char rules[RULES_SIZE]; /* how the logs are read, for the ledger */
    struct zone *zone;
    struct history_writer *writer;
    struct log_ingest *ingest;
    struct event_receiver receivers[THREADS_MAX];
    struct tail tail;
    struct progress progress;
};

/* ---- options: the command line before [log NAME] before [history] before the defaults */

static const char *first_given(const char *a, const char *b, const char *c)
{
    if (a != NULL) {
        return a;
    }
    return b != NULL ? b : c;
}

static int find_log_config(const struct pipeline *pipeline, struct log_config *log,
                           struct error *err)
{
    const char *name = pipeline->options->log;
    *log = (struct log_config){0};
    if (name == NULL) {
        return 0;
    }
    const struct log_config *found = config_find_log(pipeline->config, slice_of(name));
    if (found == NULL) {
        char hint[SPELLING_HINT_SIZE];
        struct spelling spelling = config_spell_log(pipeline->config, slice_of(name));
        if (pipeline->options->config == NULL) {
            return error_set(err, ERROR_USAGE,
                             "--log %.80s is a section of the config: give --config FILE, too",
                             name);
        }
        return error_set(err, ERROR_USAGE, "the config has no section [log %.80s]%s", name,
                         spelling_hint_or_list(&spelling, hint));
    }
    *log = *found;
    return 0;
}

static int read_bad_share(const struct ingest_job *job, const struct log_config *log, double *share,
                          struct error *err)
{
    *share = job->pipeline->options->max_bad_share;
    if (*share >= 0) {
        return 0;
    }
    *share = default_max_bad_share;
    return log->max_bad_share == NULL ? 0 : units_parse_share(log->max_bad_share, share, err);
}

static int open_zone(struct ingest_job *job, const char *zone, struct error *err)
{
    job->zone = zone_open(zone, err);
    return job->zone == NULL ? -1 : 0;
}

static int report_progress(void *self, uint64_t packed_done, struct error *err)
{
    struct ingest_job *job = self;
    progress_update(&job->progress, packed_done, NULL);
    return stop_signal_check(err);
}

static const char *or_none(const char *text)
{
    return text == NULL ? "-" : text;
}

static int read_options(struct ingest_job *job, struct error *err)
{
    const struct predict_options *given = job->pipeline->options;
    struct log_config log;
    if (find_log_config(job->pipeline, &log, err) != 0) {
        return -1;
    }
    const char *zone = first_given(given->zone, log.zone, job->pipeline->config->history_zone);
    struct log_layout_options *layout = &job->options.layout;
    *layout = (struct log_layout_options){
        .format = first_given(given->format, log.format, NULL),
        .columns = first_given(given->columns, log.columns, NULL),
        .delimiter = first_given(given->delimiter, log.delimiter, NULL),
        .user_rule = first_given(given->user_rule, log.user, NULL),
        .product_rule = first_given(given->product_rule, log.product, NULL),
        .status = first_given(given->status, log.status, NULL),
        .ignore_agents_path = first_given(given->ignore_agents, log.ignore_agents, NULL),
        .now_unix = job->pipeline->now_unix,
    };
    if (layout->format == NULL) {
        return error_set(err, ERROR_USAGE,
                         "in which format are the logs? give --format combined, common, "
                         "nginx:<log_format>, csv or ndjson, or --log NAME");
    }
    if (given->threads > THREADS_MAX) {
        return error_set(err, ERROR_USAGE, "--threads: at most %d", (int)THREADS_MAX);
    }
    zone = zone == NULL ? "UTC" : zone;
    if (open_zone(job, zone, err) != 0 ||
        read_bad_share(job, &log, &job->options.max_bad_share, err) != 0) {
        return -1;
    }
    layout->zone = job->zone;
    job->options.bad_lines_path = given->bad_lines;
    job->options.thread_count = (size_t)given->threads;
    job->options.progress = report_progress;
    job->options.progress_self = job;
    snprintf(job->rules, sizeof job->rules, "%s columns=%s user=%s product=%s status=%s zone=%s",
             layout->format, or_none(layout->columns), or_none(layout->user_rule),
             or_none(layout->product_rule), or_none(layout->status), zone);
    return 0;
}

/* ---- receivers */

static int take_tail(void *self, const struct access_event *events, size_t count, struct error *err)
{
    struct tail *tail = self;
    (void)err;
    for (size_t i = 0; i < count && tail->count < LOG_TAIL_EVENT_COUNT_MAX; i++) {
        struct access_event *kept = &tail->events[tail->count];
        *kept = events[i];
        memcpy(tail->ids[tail->count], events[i].id.bytes, events[i].id.size);
        kept->id.bytes = tail->ids[tail->count];
        tail->count++;
    }
    return 0;
}

static int add_builders(struct ingest_job *job, struct error *err)
{
    size_t thread_count = log_ingest_thread_count(job->ingest);
    uint64_t memory_bytes = job->pipeline->options->memory_bytes;
    memory_bytes = memory_bytes == 0 ? default_memory_bytes : memory_bytes;
    for (size_t i = 0; i < thread_count; i++) {
        struct run_builder *builder =
            history_writer_add_builder(job->writer, memory_bytes / thread_count, err);
        if (builder == NULL) {
            return -1;
        }
        job->receivers[i] = run_builder_receiver(builder);
    }
    return 0;
}

/* ---- one log */

enum log_state { LOG_NEW, LOG_KNOWN, LOG_SHORTER };

/* Leaves `file` where it is to be read from: behind the complete lines of `*known`, or at its start. */
static int recognise_log(const struct ingest_job *job, struct log_file *file,
                         const struct log_entry **known, enum log_state *state, struct error *err)
{
    const struct log_ledger *ledger = history_writer_ledger(job->writer);
    struct slice head = log_file_head(file);
    const struct log_entry *candidate = NULL;
    *known = NULL;
    *state = LOG_NEW;
    while ((candidate = log_ledger_next_candidate(ledger, head.bytes, head.size, candidate)) !=
           NULL) {
        const struct log_mark *identity = log_entry_identity(candidate);
        struct log_mark mark;
        if (log_file_rewind(file, err) != 0 ||
            log_file_skip(file, identity->size, &mark, err) != 0) {
            return -1;
        }
        if (log_mark_is_equal(&mark, identity)) {
            *known = candidate;
            *state = LOG_KNOWN;
            break;
        }
        if (mark.size < identity->size) {
            *known = candidate;
            *state = LOG_SHORTER;
        }
    }
    if (*state == LOG_KNOWN && log_file_offset(file) == candidate->complete.size) {
        return 0;
    }
    struct log_mark start;
    uint64_t offset = *state == LOG_KNOWN ? candidate->complete.size : 0;
    if (log_file_rewind(file, err) != 0) {
        return -1;
    }
    return log_file_skip(file, offset, &start, err);
}

static uint64_t count_events(const struct ingest_job *job)
{
    const struct ingest_account *account = log_ingest_account(job->ingest);
    return account->events[ENTITY_USER] + account->events[ENTITY_PRODUCT];
}

static void say_what_was_read(const struct ingest_job *job, const struct log_file *file,
                              const struct log_entry *known, uint64_t event_count)
{
    const struct message *message = job->pipeline->message;
    const char *name = log_file_name(file);
    if (known != NULL && !slice_is_equal(known->rules, slice_of(job->rules))) {
        message_warn(message, "%s was read before with other rules (%.*s); what was counted stays",
                     name, (int)known->rules.size, known->rules.bytes);
    }
    if (log_file_offset(file) == 0) {
        message_note(message, "%s: empty", name);
    } else if (known == NULL) {
        message_detail(message, "%s: new, %" PRIu64 " events", name, event_count);
    } else {
        message_detail(message, "%s: grown, %" PRIu64 " more events", name, event_count);
    }
}

static int parse_log(struct ingest_job *job, struct log_file *file, const struct log_entry *known,
                     struct error *err)
{
    struct log_ingest_result result;
    struct log_receivers receivers = {.lines = job->receivers,
                                      .tail = {.take = take_tail, .self = &job->tail}};
    uint64_t before = count_events(job);
    job->tail.count = 0;
    if (log_ingest_parse(job->ingest, file, &receivers, &result, err) != 0) {
        return -1;
    }
    if (known != NULL && log_mark_is_equal(&result.whole, &known->whole)) {
        message_note(job->pipeline->message, "%s: counted already, nothing new",
                     log_file_name(file));
        return 0;
    }
    uint64_t event_count = count_events(job) - before;
    say_what_was_read(job, file, known, event_count);
    struct log_entry entry = {
        .name = slice_of(log_file_name(file)),
        .rules = slice_of(job->rules),
        .complete = result.complete,
        .whole = result.whole,
        .event_count = event_count,
        .tail_events = job->tail.events,
        .tail_event_count = job->tail.count,
    };
    if (known != NULL) {
        entry.event_count += known->event_count - known->tail_event_count;
    }
    return history_writer_put_log(job->writer, known, &entry, err);
}

static int ingest_one(struct ingest_job *job, const char *path, struct error *err)
{
    int result = -1;
    const struct log_entry *known;
    enum log_state state;
    struct log_file *file = log_file_open(path, err);
    if (file == NULL) {
        return -1;
    }
    job->progress = pipeline_progress(job->pipeline, log_file_name(file), NULL, PROGRESS_BYTES,
                                      log_file_packed_size(file));
    if (recognise_log(job, file, &known, &state, err) != 0) {
        goto done;
    }
    if (state == LOG_SHORTER) {
        message_warn(job->pipeline->message,
                     "%s begins like a longer log that was counted as %.*s: taken for a part of it "
                     "and left out",
                     path, (int)known->name.size, known->name.bytes);
        result = 0;
        goto done;
    }
    result = parse_log(job, file, known, err);
done:
    progress_clear(&job->progress);
    log_file_close(file);
    return result;
}

/* ---- the account of all lines, for a person */

/* 1234567 as 1,234,567; `text` is [32]. */
static const char *with_commas(char *text, uint64_t count)
{
    enum { TEXT_SIZE = 32, GROUP = 3 };
    char digits[TEXT_SIZE];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = text;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % GROUP == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

static void say_count(const struct message *message, const char *kind, const char *what,
                      uint64_t count)
{
    char text[32];
    enum { WIDTH = 34 };
    message_note(message, "%s%-*s%15s", kind, WIDTH - (int)strlen(kind), what,
                 with_commas(text, count));
}

static void say_account(const struct ingest_job *job)
{
    const struct message *message = job->pipeline->message;
    const struct ingest_account *account = log_ingest_account(job->ingest);
    say_count(message, "", "lines", account->lines);
    say_count(message, "", "accepted", account->fates[LINE_WITH_EVENT]);
    for (enum line_fate fate = LINE_WITH_EVENT + 1; fate < LINE_FATE_COUNT; fate++) {
        if (account->fates[fate] > 0) {
            say_count(message, line_fate_is_bad(fate) ? "bad: " : "ignored: ", line_fate_text(fate),
                      account->fates[fate]);
        }
    }
    say_count(message, "", "user events", account->events[ENTITY_USER]);
    say_count(message, "", "product events", account->events[ENTITY_PRODUCT]);
    if (account->fates[LINE_WITH_EVENT] == 0 && account->fates[LINE_IGNORED_NO_ID] > 0) {
        message_warn(message, "not one line names a user or a product: look at --user, --product "
                              "and --columns");
    }
    for (size_t i = 0; i < account->sample_count; i++) {
        const struct bad_sample *sample = &account->samples[i];
        message_note(message, "%s:%" PRIu64 ": %s, at column %zu: %s", sample->name,
                     sample->line_number, line_fate_text(sample->fate), sample->column,
                     sample->excerpt);
    }
}

/* ---- the whole */

static int open_job(struct ingest_job *job, struct error *err)
{
    const struct pipeline *pipeline = job->pipeline;
    const char *dir = pipeline_history_dir(pipeline, err);
    int64_t bucket_second = pipeline->options->bucket_second;
    if (bucket_second == 0) {
        bucket_second = pipeline->config->history_bucket_second;
    }
    if (bucket_second < 0 || bucket_second > UINT32_MAX) {
        return error_set(err, ERROR_USAGE, "--bucket: too long");
    }
    if (dir == NULL || read_options(job, err) != 0) {
        return -1;
    }
    job->ingest = log_ingest_new(&job->options, err);
    if (job->ingest == NULL) {
        return -1;
    }
    job->writer = history_writer_open(dir, (uint32_t)bucket_second, err);
    return job->writer == NULL ? -1 : add_builders(job, err);
}

static int run_job(struct ingest_job *job, struct error *err)
{
    const struct command_line *line = job->pipeline->line;
    const struct message *message = job->pipeline->message;
    message_detail(message, "phase: reading");
    for (size_t i = 0; i < line->argument_count; i++) {
        if (ingest_one(job, line->arguments[i], err) != 0) {
            return -1;
        }
    }
    if (log_ingest_finish(job->ingest, err) != 0) {
        return -1;
    }
    message_detail(message, "phase: merging");
    if (history_writer_commit(job->writer, err) != 0) {
        return -1;
    }
    if (history_writer_segment_count(job->writer) > HISTORY_SEGMENT_COUNT_MAX) {
        message_detail(message, "phase: compacting");
        if (pipeline_compact_writer(job->pipeline, job->writer, HISTORY_SEGMENT_COUNT_MAX, err) !=
            0) {
            return -1;
        }
    }
    message_detail(message, "phase: done");
    say_account(job);
    return 0;
}

int pipeline_ingest(const struct pipeline *pipeline, struct error *err)
{
    int result = -1;
    if (pipeline->line->argument_count == 0) {
        return error_set(err, ERROR_USAGE, "which logs? name at least one FILE, or - for stdin");
    }
    struct ingest_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return error_set_memory(err, "preparing the ingest");
    }
    job->pipeline = pipeline;
    stop_signal_watch();
    if (open_job(job, err) == 0) {
        result = run_job(job, err);
    }
    log_ingest_free(job->ingest);
    history_writer_close(job->writer);
    zone_close(job->zone);
    free(job);
    return result;
}
