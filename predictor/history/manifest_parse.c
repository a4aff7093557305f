/* manifest_parse.c - manifest_parse of manifest.h.
 * Room: predictor/history. May touch: malloc, xxHash.
 * The checksum is looked at before the lines; so a line that makes no sense is a fault of the program that wrote
 * it, and is refused with its number all the same. */
#include "predictor/history/manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <xxhash.h>

#include "predictor/history/manifest_text.h"

#define FIRST_WORD "rekindle-history "
enum { END_LINE_SIZE = 4 + 16 + 1 }; /* "end " 16 digits "\n" */

struct parser {
    const char *path;
    size_t line_number;
    struct manifest *manifest;
    struct log_entry log; /* read but not yet put into the ledger: its tail lines follow */
    bool has_log;
    struct access_event tail_events[LOG_TAIL_EVENT_COUNT_MAX];
    struct arena arena; /* what `log` points at */
};

static bool take_word(struct slice *line, struct slice *word)
{
    return manifest_text_take(line, ' ', word);
}

static bool take_count(struct slice *line, uint64_t *count)
{
    struct slice word;
    return take_word(line, &word) && manifest_text_parse_count(word, count);
}

static bool take_bucket(struct slice *line, int32_t *bucket)
{
    struct slice word;
    int64_t wide;
    if (!take_word(line, &word) || !manifest_text_parse_signed(word, &wide) || wide < INT32_MIN ||
        wide > INT32_MAX) {
        return false;
    }
    *bucket = (int32_t)wide;
    return true;
}

static bool take_bytes(struct parser *parser, struct slice *line, struct slice *bytes)
{
    struct slice word;
    if (!take_word(line, &word)) {
        return false;
    }
    char *copy = arena_take(&parser->arena, word.size);
    if (copy == NULL || !manifest_text_unescape(word, copy, &bytes->size)) {
        return false;
    }
    bytes->bytes = copy;
    return true;
}

static bool parse_digest(struct slice word, struct log_digest *digest)
{
    size_t half = word.size / 2;
    return manifest_text_parse_hex((struct slice){word.bytes, half}, &digest->high) &&
           manifest_text_parse_hex((struct slice){word.bytes + half, word.size - half},
                                   &digest->low);
}

static bool take_mark(struct slice *line, struct log_mark *mark)
{
    struct slice word, size, digest, head_size;
    return take_word(line, &word) && manifest_text_take(&word, ':', &size) &&
           manifest_text_take(&word, ':', &digest) && manifest_text_take(&word, ':', &head_size) &&
           manifest_text_parse_count(size, &mark->size) && parse_digest(digest, &mark->digest) &&
           manifest_text_parse_count(head_size, &mark->head_size) &&
           parse_digest(word, &mark->head) && mark->head_size <= LOG_HEAD_SIZE &&
           mark->head_size <= mark->size;
}

static int parse_segment(struct parser *parser, struct slice line, struct error *err)
{
    struct manifest_segment segment = {0};
    struct segment_totals *totals = &segment.totals;
    struct slice word;
    if (!take_count(&line, &segment.number) ||
        !take_count(&line, &totals->key_count[ENTITY_USER]) ||
        !take_count(&line, &totals->key_count[ENTITY_PRODUCT]) ||
        !take_count(&line, &totals->pair_count) || !take_count(&line, &totals->event_count) ||
        !take_bucket(&line, &totals->first_bucket) || !take_bucket(&line, &totals->last_bucket) ||
        !take_count(&line, &totals->size_bytes) || !take_word(&line, &word) ||
        !manifest_text_parse_hex(word, &totals->checksum) ||
        segment.number >= parser->manifest->next_segment) {
        return 0;
    }
    return manifest_add_segment(parser->manifest, &segment, err) == 0 ? 1 : -1;
}

static int put_log(struct parser *parser, struct error *err)
{
    if (!parser->has_log) {
        return 0;
    }
    parser->has_log = false;
    int result = log_ledger_put(&parser->manifest->ledger, NULL, &parser->log, err);
    arena_clear(&parser->arena);
    return result;
}

static int parse_log(struct parser *parser, struct slice line, struct error *err)
{
    struct log_entry *log = &parser->log;
    if (put_log(parser, err) != 0) {
        return -1;
    }
    *log = (struct log_entry){.tail_events = parser->tail_events};
    parser->has_log = take_bytes(parser, &line, &log->name) &&
                      take_bytes(parser, &line, &log->rules) &&
                      take_count(&line, &log->event_count) && take_mark(&line, &log->complete) &&
                      take_mark(&line, &log->whole) && log->whole.size >= log->complete.size;
    return parser->has_log;
}

static int parse_tail(struct parser *parser, struct slice line, struct error *err)
{
    struct slice word;
    uint64_t size_bytes, cost_us;
    (void)err;
    if (!parser->has_log || parser->log.tail_event_count == LOG_TAIL_EVENT_COUNT_MAX) {
        return 0;
    }
    struct access_event *event = &parser->tail_events[parser->log.tail_event_count];
    if (!take_word(&line, &word) || entity_parse(word, &event->entity) != 0 ||
        !take_bytes(parser, &line, &event->id) || event->id.size == 0 ||
        event->id.size > ENTITY_ID_SIZE_MAX || !take_word(&line, &word) ||
        !manifest_text_parse_signed(word, &event->at_unix) || !take_count(&line, &size_bytes) ||
        !take_count(&line, &cost_us) || size_bytes > UINT32_MAX || cost_us > UINT32_MAX) {
        return 0;
    }
    event->size_bytes = (uint32_t)size_bytes;
    event->cost_us = (uint32_t)cost_us;
    parser->log.tail_event_count++;
    return 1;
}

static int parse_bucket_second(struct parser *parser, struct slice line, struct error *err)
{
    uint64_t second;
    (void)err;
    if (!take_count(&line, &second) || second == 0 || second > UINT32_MAX) {
        return 0;
    }
    parser->manifest->bucket_second = (uint32_t)second;
    return 1;
}

static int parse_next_segment(struct parser *parser, struct slice line, struct error *err)
{
    (void)err;
    return take_count(&line, &parser->manifest->next_segment);
}

/* The words a line may begin with. `parse` gets the rest, ended by a blank: 1 fine, 0 makes no sense, -1 error. */
static const struct line_kind {
    const char *word;
    int (*parse)(struct parser *parser, struct slice line, struct error *err);
} line_kinds[] = {
    {"bucket_second", parse_bucket_second},
    {"next_segment", parse_next_segment},
    {"segment", parse_segment},
    {"log", parse_log},
    {"tail", parse_tail},
};

static int parse_line(struct parser *parser, struct slice line, struct error *err)
{
    struct slice word;
    if (!take_word(&line, &word)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof line_kinds / sizeof *line_kinds; i++) {
        if (slice_is_equal(word, slice_of(line_kinds[i].word))) {
            return line_kinds[i].parse(parser, line, err);
        }
    }
    return 0;
}

/* Each line is parsed from a copy that ends with a blank instead of the newline, so that all words end alike. */
static int parse_lines(struct parser *parser, struct slice text, struct error *err)
{
    struct slice line;
    while (manifest_text_take(&text, '\n', &line)) {
        parser->line_number++;
        char *copy = malloc(line.size + 1);
        if (copy == NULL) {
            return error_set_memory(err, "reading the manifest");
        }
        memcpy(copy, line.bytes, line.size);
        copy[line.size] = ' ';
        int result = parse_line(parser, (struct slice){copy, line.size + 1}, err);
        free(copy);
        if (result < 0) {
            return -1;
        }
        if (result == 0) {
            return error_set(err, ERROR_INPUT,
                             "%s:%zu: the line makes no sense; put the folder back from a backup, "
                             "or remove it and ingest the logs again",
                             parser->path, parser->line_number);
        }
    }
    if (parser->manifest->bucket_second == 0 || parser->manifest->next_segment == 0) {
        return error_set(err, ERROR_INPUT, "%s: bucket_second or next_segment is missing",
                         parser->path);
    }
    return put_log(parser, err);
}

static int check_version(const char *path, struct slice *text, struct error *err)
{
    struct slice line;
    uint64_t version;
    size_t skipped = sizeof FIRST_WORD - 1;
    if (!manifest_text_take(text, '\n', &line) || line.size < skipped ||
        memcmp(line.bytes, FIRST_WORD, skipped) != 0 ||
        !manifest_text_parse_count((struct slice){line.bytes + skipped, line.size - skipped},
                                   &version)) {
        return error_set(err, ERROR_INPUT,
                         "%s is not the manifest of a history, or damaged in its first line", path);
    }
    if (version != MANIFEST_VERSION) {
        return error_set(err, ERROR_INPUT,
                         "%s: the history has version %" PRIu64
                         ", this program reads version %d; use the program that wrote it",
                         path, version, MANIFEST_VERSION);
    }
    return 0;
}

/* Cuts the last line off. */
static int check_end(const char *path, struct slice *text, struct error *err)
{
    uint64_t checksum;
    if (text->size >= END_LINE_SIZE) {
        struct slice end = {text->bytes + text->size - END_LINE_SIZE, END_LINE_SIZE};
        text->size -= END_LINE_SIZE;
        if (memcmp(end.bytes, "end ", 4) == 0 && end.bytes[END_LINE_SIZE - 1] == '\n' &&
            manifest_text_parse_hex((struct slice){end.bytes + 4, END_LINE_SIZE - 5}, &checksum) &&
            checksum == XXH3_64bits(text->bytes, text->size)) {
            return 0;
        }
    }
    return error_set(err, ERROR_INPUT,
                     "%s: damaged: its checksum differs; put the folder back from a backup, or "
                     "remove it and ingest the logs again",
                     path);
}

int manifest_parse(const char *path, struct slice text, struct manifest *manifest,
                   struct error *err)
{
    struct parser parser = {.path = path, .line_number = 1, .manifest = manifest};
    struct slice first = text;
    *manifest = (struct manifest){0};
    if (check_version(path, &first, err) != 0 || check_end(path, &text, err) != 0) {
        return -1;
    }
    size_t first_size = (size_t)(first.bytes - text.bytes);
    if (text.size < first_size) {
        return error_set(err, ERROR_INPUT, "%s: damaged: it is too short", path);
    }
    struct slice lines = {first.bytes, text.size - first_size};
    int result = parse_lines(&parser, lines, err);
    arena_free(&parser.arena);
    if (result != 0) {
        manifest_free(manifest);
    }
    return result;
}
