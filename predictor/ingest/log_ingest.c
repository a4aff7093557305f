/* log_ingest.c - see log_ingest.h.
 * Room: predictor/ingest. May touch: what its header says.
 *
 * DESIGN. The calling thread reads, unpacks, fingerprints and cuts; the crew reads the lines; results are folded in
 * the order of the log, so that the first bad lines are the first and line numbers are exact. The last line
 * without newline is read by the calling thread when all others are done. */
#include "predictor/ingest/log_ingest.h"

#include "common/file_io.h"

#include "predictor/ingest/format_trial.h"
#include "predictor/ingest/parse_crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct log_ingest {
    struct log_ingest_options options;
    struct log_layout layout;
    size_t thread_count;
    struct parse_crew *crew;
    struct line_chunk_reader reader; /* of the calling thread: trials and tails */
    struct file_draft *bad_lines;
    struct ingest_account account; /* the crew's while it works */
    const char *name;              /* of the present log */
    uint64_t lines_before;         /* in the present log, before the chunk that is folded next */
};

/* ---- folding */

static void keep_sample(struct log_ingest *ingest, const struct bad_line *bad)
{
    struct ingest_account *account = &ingest->account;
    if (account->sample_count == BAD_SAMPLE_MAX) {
        return;
    }
    struct bad_sample *sample = &account->samples[account->sample_count++];
    sample->fate = bad->fate;
    sample->column = bad->column;
    sample->line_number = ingest->lines_before + bad->line + 1;
    snprintf(sample->name, sizeof sample->name, "%s", ingest->name);
    ingest_account_escape(sample->excerpt, sizeof sample->excerpt, bad->bytes);
}

/* `file, line, reason, column, bytes` parted by tabs; the bytes escaped, so that a line is a line. */
static void write_bad_line(struct log_ingest *ingest, const struct bad_line *bad)
{
    enum { PIECE_SIZE = 1024, ESCAPED_SIZE = 4 * PIECE_SIZE + 16 };
    FILE *out = file_draft_stream(ingest->bad_lines);
    uint64_t line_number = ingest->lines_before + bad->line + 1;
    fprintf(out, "%s\t%llu\t%s\t%zu\t", ingest->name, (unsigned long long)line_number,
            line_fate_text(bad->fate), bad->column);
    struct slice rest = bad->bytes;
    while (rest.size > 0) {
        char escaped[ESCAPED_SIZE];
        struct slice piece = {rest.bytes, rest.size < PIECE_SIZE ? rest.size : PIECE_SIZE};
        ingest_account_escape(escaped, sizeof escaped, piece);
        fputs(escaped, out);
        rest.bytes += piece.size;
        rest.size -= piece.size;
    }
    putc('\n', out);
}

static int fold(void *self, const struct line_chunk *chunk, struct error *err)
{
    (void)err;
    struct log_ingest *ingest = self;
    struct ingest_account *account = &ingest->account;
    for (size_t i = 0; i < chunk->bad_count; i++) {
        keep_sample(ingest, &chunk->bad[i]);
        if (ingest->bad_lines != NULL) {
            write_bad_line(ingest, &chunk->bad[i]);
        }
    }
    for (size_t fate = 0; fate < LINE_FATE_COUNT; fate++) {
        account->fates[fate] += chunk->counts.fates[fate];
    }
    for (size_t entity = 0; entity < ENTITY_COUNT; entity++) {
        account->events[entity] += chunk->counts.events[entity];
    }
    account->lines += chunk->counts.lines;
    ingest->lines_before += chunk->counts.lines;
    return 0;
}

/* ---- life */

static size_t wanted_threads(const struct log_ingest_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted =
        options->thread_count > 0 ? options->thread_count : (size_t)(cores < 1 ? 1 : cores);
    return wanted < PARSE_CREW_SIZE_MAX ? wanted : PARSE_CREW_SIZE_MAX;
}

static int prepare(struct log_ingest *ingest, struct error *err)
{
    const struct log_ingest_options *options = &ingest->options;
    if (log_layout_init(&ingest->layout, &options->layout, err) != 0 ||
        line_chunk_reader_init(&ingest->reader, &ingest->layout, err) != 0) {
        return -1;
    }
    if (options->bad_lines_path != NULL) {
        ingest->bad_lines = file_draft_open(options->bad_lines_path, err);
        if (ingest->bad_lines == NULL) {
            return error_add_context(err, "--bad-lines");
        }
    }
    ingest->thread_count = wanted_threads(options);
    ingest->crew = parse_crew_new(&ingest->layout, ingest->thread_count, fold, ingest, err);
    return ingest->crew == NULL ? -1 : 0;
}

struct log_ingest *log_ingest_new(const struct log_ingest_options *options, struct error *err)
{
    struct log_ingest *ingest = calloc(1, sizeof *ingest);
    if (ingest == NULL) {
        error_set_memory(err, "reading logs");
        return NULL;
    }
    ingest->options = *options;
    if (prepare(ingest, err) != 0) {
        log_ingest_free(ingest);
        return NULL;
    }
    return ingest;
}

void log_ingest_free(struct log_ingest *ingest)
{
    if (ingest == NULL) {
        return;
    }
    parse_crew_free(ingest->crew);
    line_chunk_reader_free(&ingest->reader);
    log_layout_free(&ingest->layout);
    file_draft_abandon(ingest->bad_lines);
    free(ingest);
}

size_t log_ingest_thread_count(const struct log_ingest *ingest)
{
    return ingest->thread_count;
}

const struct ingest_account *log_ingest_account(const struct log_ingest *ingest)
{
    return &ingest->account;
}

/* ---- one log */

static int try_format(struct log_ingest *ingest, const struct line_chunk *chunk, struct error *err)
{
    const struct format_trial trial = {.format = ingest->options.layout.format,
                                       .name = ingest->name,
                                       .line_base = ingest->lines_before,
                                       .max_bad_share = ingest->options.max_bad_share};
    return format_trial_run(&trial, &ingest->reader.judge, chunk, err);
}

/* How files begin that people take for logs, and what to do with them. */
static const struct {
    const char *first_bytes, *advice;
} no_logs[] = {
    {"\xFF\xFE", "is UTF-16; save it in UTF-8, as by iconv -f UTF-16 -t UTF-8"},
    {"\xFE\xFF", "is UTF-16; save it in UTF-8, as by iconv -f UTF-16 -t UTF-8"},
    {"\xFD"
     "7zXZ",
     "is packed by xz, and gzip and zstd are what is read; pipe it: xzcat FILE | "
     "rekindle-predict ingest ... -"},
    {"BZh9", "is packed by bzip2, and gzip and zstd are what is read; pipe it: bzcat FILE | "
             "rekindle-predict ingest ... -"},
    {"PK\x03\x04", "is a zip file or a workbook; unpack it, or save it as CSV in UTF-8"},
};

/* Several lines that end as on old Macs; the first one of CRLF may lack its LF for the time being. */
static bool ends_lines_with_cr(struct slice head)
{
    const char *first = head.size == 0 ? NULL : memchr(head.bytes, '\r', head.size);
    return first != NULL && memchr(head.bytes, '\n', head.size) == NULL &&
           first + 1 < head.bytes + head.size &&
           memchr(first + 1, '\r', (size_t)(head.bytes + head.size - first - 1)) != NULL;
}

/* What would be one long line, or none that can be read. */
static int check_text(const struct log_ingest *ingest, struct slice head, struct error *err)
{
    for (size_t i = 0; i < sizeof no_logs / sizeof *no_logs; i++) {
        size_t size = strlen(no_logs[i].first_bytes);
        if (head.size >= size && memcmp(head.bytes, no_logs[i].first_bytes, size) == 0) {
            return error_set(err, ERROR_INPUT, "%s %s", ingest->name, no_logs[i].advice);
        }
    }
    if (ends_lines_with_cr(head)) {
        return error_set(err, ERROR_INPUT,
                         "%s: its lines end with CR alone, as on old Macs; end them with LF, as by "
                         "tr '\\r' '\\n'",
                         ingest->name);
    }
    return 0;
}

static int begin(struct log_ingest *ingest, const struct log_file *file, struct error *err)
{
    ingest->name = log_file_name(file);
    ingest->lines_before = log_file_skipped_lines(file);
    struct slice first_line = log_file_first_line(file);
    struct slice head = log_file_head(file);
    if (check_text(ingest, head, err) != 0) {
        return -1;
    }
    return log_layout_has_header(&ingest->layout) && head.size > 0
               ? log_layout_begin_file(&ingest->layout, first_line, ingest->name, err)
               : 0;
}

static int report_progress(const struct log_ingest *ingest, const struct log_file *file,
                           struct error *err)
{
    const struct log_ingest_options *options = &ingest->options;
    return options->progress == NULL
               ? 0
               : options->progress(options->progress_self, log_file_packed_done(file), err);
}

/* Cuts the log into chunks for the crew until one is left that is not for it: the tail, or the end. `*tail` is NULL
 * when the crew has failed. */
static int feed_crew(struct log_ingest *ingest, struct log_file *file, struct line_chunk **tail,
                     struct error *err)
{
    bool is_tried = false;
    for (;;) {
        struct line_chunk *chunk = parse_crew_take(ingest->crew);
        *tail = chunk;
        if (chunk == NULL) {
            return 0;
        }
        uint64_t offset = log_file_offset(file);
        chunk->is_first = offset == 0;
        chunk->is_tail_excused = offset > 0;
        chunk->keeps_all_bad = ingest->bad_lines != NULL;
        if (log_file_next(file, chunk->bytes, &chunk->size, &chunk->kind, err) != 0) {
            return -1;
        }
        bool is_excused = chunk->kind == LOG_CHUNK_TAIL && chunk->is_tail_excused;
        if (!is_tried && !is_excused && chunk->kind != LOG_CHUNK_OVERLONG &&
            try_format(ingest, chunk, err) != 0) {
            return -1;
        }
        is_tried = is_tried || chunk->kind != LOG_CHUNK_OVERLONG;
        if (chunk->kind == LOG_CHUNK_TAIL || chunk->kind == LOG_CHUNK_END) {
            return report_progress(ingest, file, err);
        }
        parse_crew_submit(ingest->crew);
        if (report_progress(ingest, file, err) != 0) {
            return -1;
        }
    }
}

static int read_tail(struct log_ingest *ingest, struct line_chunk *chunk,
                     const struct event_receiver *receiver, struct error *err)
{
    ingest->reader.receiver = *receiver;
    if (line_chunk_read(chunk, &ingest->reader, err) != 0) {
        return -1;
    }
    return fold(ingest, chunk, err);
}

int log_ingest_parse(struct log_ingest *ingest, struct log_file *file,
                     const struct log_receivers *receivers, struct log_ingest_result *result,
                     struct error *err)
{
    struct line_chunk *tail = NULL;
    if (begin(ingest, file, err) != 0) {
        return -1;
    }
    parse_crew_set_receivers(ingest->crew, receivers->lines);
    int status = feed_crew(ingest, file, &tail, err);
    struct error crew_err;
    if (parse_crew_drain(ingest->crew, &crew_err) != 0) {
        *err = crew_err; /* it came first */
        return -1;
    }
    if (status != 0 ||
        (tail->kind == LOG_CHUNK_TAIL && read_tail(ingest, tail, &receivers->tail, err) != 0)) {
        return -1;
    }
    result->complete = log_file_mark_complete(file);
    result->whole = log_file_mark_whole(file);
    return 0;
}

int log_ingest_finish(struct log_ingest *ingest, struct error *err)
{
    if (ingest->bad_lines != NULL) {
        struct file_draft *draft = ingest->bad_lines;
        ingest->bad_lines = NULL;
        if (file_draft_commit(draft, err) != 0) {
            return error_add_context(err, "--bad-lines");
        }
    }
    return ingest_account_check(&ingest->account, ingest->options.max_bad_share, err);
}
