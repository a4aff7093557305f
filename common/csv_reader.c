/* csv_reader.c - see csv_reader.h.
 * Room: common. May touch: the file it is given, libcsv.
 * libcsv counts no lines and lets one stray quote swallow the rest of a file, so records come framed (csv_frames.h).
 * Most hold no quote at all and are split where they lie; the others go through libcsv in strict mode, one at a
 * time. */
#include "common/csv_reader.h"

#include "common/csv_frames.h"

#include <csv.h>
#include <endian.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What one record is gathered in. */
struct gather {
    struct slice fields[CSV_FIELD_COUNT_MAX];
    size_t field_count; /* may go beyond the maximum: then the rest is not kept */
    char *
        unquoted; /* [CSV_RECORD_SIZE_MAX]: where libcsv's fields are copied to; NULL: not needed yet */
    size_t unquoted_size;
    bool is_complete; /* libcsv has seen the end of the record */
};

struct csv_reader {
    struct csv_frames *frames;
    char delimiter;
    struct csv_parser parser;
    struct gather gather;
    struct csv_record header;
    struct slice names[CSV_FIELD_COUNT_MAX];
    char *name_bytes;
    uint64_t first_offset, first_line; /* of the record below the header */
};

int csv_reader_refuse(const struct csv_reader *reader, uint64_t line, struct error *err,
                      const char *format, ...)
{
    char sentence[ERROR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return error_set(err, ERROR_INPUT, "%.400s:%" PRIu64 ": %.600s",
                     csv_frames_path(reader->frames), line, sentence);
}

/* ---- fields */

static void add_field(struct gather *gather, struct slice field)
{
    if (gather->field_count < CSV_FIELD_COUNT_MAX) {
        gather->fields[gather->field_count] = field;
    }
    gather->field_count++;
}

/* 0x80 in each byte of `word` that equals that byte of `pattern`, else 0. Source: Warren, Hacker's Delight, 6-1. */
static uint64_t match_bytes(uint64_t word, uint64_t pattern)
{
    const uint64_t low_bits = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t different = word ^ pattern;
    return ~(((different & low_bits) + low_bits) | different | low_bits);
}

/* Splits the whole words at the front of `raw`; returns how many bytes that was. `*field_start` goes along. Cells are
 * short, so eight bytes at a time are looked at without a call or a branch for each. */
static size_t split_words(struct gather *gather, struct slice raw, char delimiter,
                          size_t *field_start)
{
    enum { WORD_SIZE = sizeof(uint64_t), BYTE_BITS = 8 };
    const uint64_t pattern = UINT64_C(0x0101010101010101) * (unsigned char)delimiter;
    size_t at = 0;
    for (; raw.size - at >= WORD_SIZE; at += WORD_SIZE) {
        uint64_t word;
        memcpy(&word, raw.bytes + at, sizeof word);
        for (uint64_t found = match_bytes(le64toh(word), pattern); found != 0; found &= found - 1) {
            size_t end = at + (size_t)__builtin_ctzll(found) / BYTE_BITS;
            add_field(gather, (struct slice){raw.bytes + *field_start, end - *field_start});
            *field_start = end + 1;
        }
    }
    return at;
}

static void split_plain(struct gather *gather, struct slice raw, char delimiter)
{
    size_t field_start = 0;
    for (size_t i = split_words(gather, raw, delimiter, &field_start); i < raw.size; i++) {
        if (raw.bytes[i] == delimiter) {
            add_field(gather, (struct slice){raw.bytes + field_start, i - field_start});
            field_start = i + 1;
        }
    }
    add_field(gather, (struct slice){raw.bytes + field_start, raw.size - field_start});
}

/* libcsv's callbacks. Unquoted fields together are never longer than the record. */
static void on_field(void *bytes, size_t size, void *self)
{
    struct gather *gather = self;
    char *copy = gather->unquoted + gather->unquoted_size;
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    gather->unquoted_size += size;
    add_field(gather, (struct slice){copy, size});
}

static void on_record(int terminator, void *self)
{
    (void)terminator;
    struct gather *gather = self;
    gather->is_complete = true;
}

static int is_never_space(unsigned char byte)
{
    (void)byte;
    return 0;
}

static int is_newline(unsigned char byte)
{
    return byte == '\n';
}

static int open_parser(struct csv_reader *reader, struct error *err)
{
    if (csv_init(&reader->parser, CSV_STRICT) != 0) {
        return error_set_memory(err, "reading CSV");
    }
    csv_set_delim(&reader->parser, (unsigned char)reader->delimiter);
    csv_set_space_func(&reader->parser, is_never_space);
    csv_set_term_func(&reader->parser, is_newline);
    return 0;
}

/* After an error libcsv's parser holds half a record: a new one is needed. */
static int refuse_quotes(struct csv_reader *reader, const struct csv_frame *frame, size_t consumed,
                         struct error *err)
{
    csv_free(&reader->parser);
    if (open_parser(reader, err) != 0) {
        return -1;
    }
    return csv_reader_refuse(
        reader, frame->line, err,
        "the quotes are broken at byte %zu of the record: a quoted cell is \"like \"\"this\"\"\"",
        consumed + 1);
}

static int split_quoted(struct csv_reader *reader, const struct csv_frame *frame, struct error *err)
{
    struct gather *gather = &reader->gather;
    if (gather->unquoted == NULL) {
        gather->unquoted = malloc(CSV_RECORD_SIZE_MAX);
        if (gather->unquoted == NULL) {
            return error_set_memory(err, "reading CSV");
        }
    }
    gather->unquoted_size = 0;
    gather->is_complete = false;
    size_t consumed =
        csv_parse(&reader->parser, frame->raw.bytes, frame->raw.size, on_field, on_record, gather);
    if (consumed == frame->raw.size) {
        consumed += csv_parse(&reader->parser, "\n", 1, on_field, on_record, gather);
    }
    if (csv_error(&reader->parser) == CSV_ENOMEM) {
        return error_set_memory(err, "reading CSV");
    }
    if (consumed != frame->raw.size + 1 || !gather->is_complete) {
        return refuse_quotes(reader, frame, consumed, err);
    }
    return 0;
}

static int split(struct csv_reader *reader, const struct csv_frame *frame, struct error *err)
{
    reader->gather.field_count = 0;
    if (frame->quote_count > 0) {
        return split_quoted(reader, frame, err);
    }
    split_plain(&reader->gather, frame->raw, reader->delimiter);
    return 0;
}

/* Spreadsheets leave `;;;;` where a row was cleared, and drop empty cells at the end of a row. */
static bool is_blank(const struct gather *gather)
{
    for (size_t i = 0; i < gather->field_count && i < CSV_FIELD_COUNT_MAX; i++) {
        if (gather->fields[i].size > 0) {
            return false;
        }
    }
    return gather->field_count <= CSV_FIELD_COUNT_MAX;
}

static int fit_to_header(struct csv_reader *reader, const struct csv_frame *frame,
                         struct error *err)
{
    struct gather *gather = &reader->gather;
    size_t wanted = reader->header.field_count;
    size_t used = gather->field_count;
    while (used > wanted && used <= CSV_FIELD_COUNT_MAX && gather->fields[used - 1].size == 0) {
        used--;
    }
    if (used > wanted) {
        return csv_reader_refuse(reader, frame->line, err,
                                 "the record has %zu cells, the header %zu", gather->field_count,
                                 wanted);
    }
    for (size_t i = used; i < wanted; i++) {
        gather->fields[i] = (struct slice){"", 0};
    }
    return 0;
}

int csv_reader_next(struct csv_reader *reader, struct csv_record *record, struct error *err)
{
    struct csv_frame frame;
    int got;
    while ((got = csv_frames_next(reader->frames, &frame, err)) > 0) {
        if (split(reader, &frame, err) != 0) {
            return -1;
        }
        if (is_blank(&reader->gather)) {
            continue;
        }
        if (fit_to_header(reader, &frame, err) != 0) {
            return -1;
        }
        *record = (struct csv_record){
            .fields = reader->gather.fields,
            .field_count = reader->header.field_count,
            .line = frame.line,
            .offset = frame.offset,
        };
        return 1;
    }
    return got;
}

/* ---- the header */

static char sniff_delimiter(struct slice header)
{
    static const char candidates[] = {',', ';', '\t'};
    char best = candidates[0];
    size_t best_count = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t count = 0;
        bool is_quoted = false;
        for (size_t at = 0; at < header.size; at++) {
            is_quoted ^= header.bytes[at] == '"';
            count += !is_quoted && header.bytes[at] == candidates[i];
        }
        if (count > best_count) {
            best = candidates[i];
            best_count = count;
        }
    }
    return best;
}

static int check_encoding(const struct csv_reader *reader, const struct csv_frame *frame,
                          struct error *err)
{
    static const char workbook_magic[] = {'P', 'K', 3, 4}; /* a zip file, which these are */
    struct slice raw = frame->raw;
    if (raw.size >= 2 &&
        (memcmp(raw.bytes, "\xff\xfe", 2) == 0 || memcmp(raw.bytes, "\xfe\xff", 2) == 0)) {
        return csv_reader_refuse(reader, frame->line, err,
                                 "the file is UTF-16; save it as CSV in UTF-8");
    }
    if (raw.size > sizeof workbook_magic &&
        memcmp(raw.bytes, workbook_magic, sizeof workbook_magic) == 0) {
        return csv_reader_refuse(reader, frame->line, err,
                                 "the file is a workbook (.xlsx, .ods); save it as CSV in UTF-8");
    }
    if (memchr(raw.bytes, '\r', raw.size) != NULL) {
        return csv_reader_refuse(reader, frame->line, err,
                                 "lines end in a carriage return alone; save it as ordinary CSV, "
                                 "not for the old Macintosh");
    }
    return 0;
}

static int keep_names(struct csv_reader *reader, const struct csv_frame *frame, struct error *err)
{
    const struct gather *gather = &reader->gather;
    if (gather->field_count > CSV_FIELD_COUNT_MAX) {
        return csv_reader_refuse(reader, frame->line, err, "the header has more than %d columns",
                                 CSV_FIELD_COUNT_MAX);
    }
    reader->name_bytes = malloc(frame->raw.size + 1);
    if (reader->name_bytes == NULL) {
        return error_set_memory(err, "reading CSV");
    }
    char *at = reader->name_bytes;
    for (size_t i = 0; i < gather->field_count; i++) {
        struct slice name = gather->fields[i];
        if (name.size > 0) {
            memcpy(at, name.bytes, name.size);
        }
        reader->names[i] = (struct slice){at, name.size};
        at += name.size;
    }
    reader->header = (struct csv_record){
        .fields = reader->names,
        .field_count = gather->field_count,
        .line = frame->line,
        .offset = frame->offset,
    };
    return 0;
}

static int read_header(struct csv_reader *reader, struct error *err)
{
    struct csv_frame frame;
    int got;
    do {
        got = csv_frames_next(reader->frames, &frame, err);
    } while (got > 0 && frame.raw.size == 0);
    if (got == 0) {
        return error_set(err, ERROR_INPUT, "%.400s is empty: it has no header",
                         csv_frames_path(reader->frames));
    }
    if (got < 0 || check_encoding(reader, &frame, err) != 0) {
        return -1;
    }
    reader->delimiter = sniff_delimiter(frame.raw);
    if (open_parser(reader, err) != 0 || split(reader, &frame, err) != 0) {
        return -1;
    }
    csv_frames_tell(reader->frames, &reader->first_offset, &reader->first_line);
    return keep_names(reader, &frame, err);
}

struct csv_reader *csv_reader_open(const char *path, struct error *err)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        error_set_memory(err, "reading CSV");
        return NULL;
    }
    reader->frames = csv_frames_open(path, err);
    if (reader->frames == NULL || read_header(reader, err) != 0) {
        csv_reader_close(reader);
        return NULL;
    }
    return reader;
}

void csv_reader_close(struct csv_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->delimiter != '\0') {
        csv_free(&reader->parser);
    }
    csv_frames_close(reader->frames);
    free(reader->gather.unquoted);
    free(reader->name_bytes);
    free(reader);
}

/* ---- looking and moving */

const struct csv_record *csv_reader_header(const struct csv_reader *reader)
{
    return &reader->header;
}

int csv_reader_find_column(const struct csv_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->header.field_count; i++) {
        if (slice_is_equal(reader->names[i], slice_of(name))) {
            return (int)i;
        }
    }
    return -1;
}

struct spelling csv_reader_spell_column(const struct csv_reader *reader, const char *name)
{
    const struct csv_record *header = csv_reader_header(reader);
    struct spelling spelling = spelling_of(slice_of(name));
    for (size_t i = 0; i < header->field_count; i++) {
        spelling_offer(&spelling, header->fields[i]);
    }
    return spelling;
}

char csv_reader_delimiter(const struct csv_reader *reader)
{
    return reader->delimiter;
}

char csv_reader_decimal_point(const struct csv_reader *reader)
{
    return reader->delimiter == ';' ? ',' : '.';
}

const char *csv_reader_path(const struct csv_reader *reader)
{
    return csv_frames_path(reader->frames);
}

int csv_reader_seek(struct csv_reader *reader, uint64_t offset, uint64_t line, struct error *err)
{
    return csv_frames_seek(reader->frames, offset, line, err);
}

uint64_t csv_reader_offset(const struct csv_reader *reader)
{
    uint64_t offset, line;
    csv_frames_tell(reader->frames, &offset, &line);
    return offset;
}

uint64_t csv_reader_size(const struct csv_reader *reader)
{
    return csv_frames_size(reader->frames);
}

bool csv_reader_is_same_file(const struct csv_reader *reader, const struct csv_reader *other)
{
    return csv_frames_is_same_file(reader->frames, other->frames);
}

int csv_reader_skip_to(struct csv_reader *reader, uint64_t offset, struct error *err)
{
    return csv_frames_skip_to(reader->frames, offset, err);
}

int csv_reader_check_unchanged(const struct csv_reader *reader, struct error *err)
{
    return csv_frames_check_unchanged(reader->frames, err);
}

int csv_reader_rewind(struct csv_reader *reader, struct error *err)
{
    if (csv_reader_check_unchanged(reader, err) != 0) {
        return -1;
    }
    return csv_reader_seek(reader, reader->first_offset, reader->first_line, err);
}
