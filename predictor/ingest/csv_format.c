/* csv_format.c - see csv_format.h.
 * Room: predictor/ingest. May touch: nothing but what csv_quotes.h may. */
#include "predictor/ingest/csv_format.h"

#include "predictor/ingest/csv_quotes.h"
#include "predictor/ingest/hex_digit.h"
#include "predictor/ingest/ingest_account.h"

#include <string.h>

static const char byte_order_mark[] = "\xEF\xBB\xBF";

static const struct {
    const char *name;
    char delimiter;
} named_delimiters[] = {
    {"tab", '\t'}, {"\\t", '\t'}, {"comma", ','}, {"semicolon", ';'}, {"pipe", '|'},
};

/* `\x01` to its byte, or -1. */
static int hex_escape(const char *text)
{
    enum { SIZE = 4, HIGH_AT = 2, LOW_AT = 3, HEX = 16 };
    if (strlen(text) != SIZE || text[0] != '\\' || text[1] != 'x' || hex_digit(text[HIGH_AT]) < 0 ||
        hex_digit(text[LOW_AT]) < 0) {
        return -1;
    }
    return hex_digit(text[HIGH_AT]) * HEX + hex_digit(text[LOW_AT]);
}

static int parse_delimiter(const char *text, char *delimiter)
{
    for (size_t i = 0; i < sizeof named_delimiters / sizeof *named_delimiters; i++) {
        if (strcmp(text, named_delimiters[i].name) == 0) {
            *delimiter = named_delimiters[i].delimiter;
            return 0;
        }
    }
    int byte = hex_escape(text);
    *delimiter = byte > 0 ? (char)byte : text[0];
    bool is_one = byte > 0 || (text[0] != '\0' && text[1] == '\0');
    return is_one && strchr("\"\r\n", *delimiter) == NULL ? 0 : -1;
}

int csv_format_init(struct csv_format *format, const char *delimiter, struct error *err)
{
    memset(format, 0, sizeof *format);
    memset(format->slot_of, FIELD_ABSENT, sizeof format->slot_of);
    if (parse_delimiter(delimiter == NULL ? "," : delimiter, &format->delimiter) != 0) {
        return error_set(err, ERROR_USAGE,
                         "--delimiter '%.20s' is not one byte; write ; or tab or \\x01", delimiter);
    }
    return 0;
}

/* A column's number from 1, or 0. */
static size_t column_number(struct slice name)
{
    enum { DECIMAL = 10, DIGITS_MAX = 4 };
    size_t number = 0;
    if (name.size > DIGITS_MAX) {
        return 0;
    }
    for (size_t i = 0; i < name.size; i++) {
        if (name.bytes[i] < '0' || name.bytes[i] > '9') {
            return 0;
        }
        number = number * DECIMAL + (size_t)(name.bytes[i] - '0');
    }
    return number <= CSV_COLUMN_MAX ? number : 0;
}

static void want_column(struct csv_format *format, size_t index, int slot)
{
    if (index >= CSV_COLUMN_MAX) {
        return; /* found missing afterwards */
    }
    format->slot_of[index] = (int8_t)slot;
    if (index + 1 > format->wanted_count) {
        format->wanted_count = index + 1;
    }
}

int csv_format_bind(struct csv_format *format, const struct field_map *map, struct error *err)
{
    size_t numbered = 0;
    for (size_t i = 0; i < map->count; i++) {
        numbered += column_number(map->names[i]) > 0;
    }
    format->has_header = numbered == 0;
    if (format->has_header) {
        return 0;
    }
    if (numbered < map->count) {
        return error_set(err, ERROR_USAGE,
                         "--columns: either all columns are named or all are numbered (1 to %d)",
                         CSV_COLUMN_MAX);
    }
    for (size_t i = 0; i < map->count; i++) {
        want_column(format, column_number(map->names[i]) - 1, (int)i);
    }
    return 0;
}

/* ---- the header */

struct header_reading {
    struct csv_format *format;
    const struct field_map *map;
    bool is_seen[FIELD_SLOT_MAX];
    int twice; /* slot of a column that stands twice, or FIELD_ABSENT */
};

static struct slice without_blanks(struct slice name)
{
    while (name.size > 0 && (name.bytes[0] == ' ' || name.bytes[0] == '\t')) {
        name.bytes++;
        name.size--;
    }
    while (name.size > 0 && strchr(" \t", name.bytes[name.size - 1]) != NULL) {
        name.size--;
    }
    return name;
}

static void read_column_name(void *self, size_t index, struct slice name)
{
    struct header_reading *reading = self;
    int slot = field_map_find(reading->map, without_blanks(name));
    if (slot == FIELD_ABSENT) {
        return;
    }
    if (reading->is_seen[slot]) {
        reading->twice = slot;
    }
    reading->is_seen[slot] = index < CSV_COLUMN_MAX;
    want_column(reading->format, index, slot);
}

/* Reads the header as if parted by `delimiter`; returns the slot that is missing, or FIELD_ABSENT. */
static int try_header(struct header_reading *reading, struct slice header, char delimiter)
{
    struct parse_scratch scratch = {0};
    size_t column;
    reading->twice = FIELD_ABSENT;
    memset(reading->is_seen, 0, sizeof reading->is_seen);
    memset(reading->format->slot_of, FIELD_ABSENT, sizeof reading->format->slot_of);
    reading->format->wanted_count = 0;
    reading->format->column_count =
        csv_quotes_split(&scratch, header, delimiter, read_column_name, reading, &column);
    csv_quotes_free(&scratch);
    for (size_t i = 0; i < reading->map->count; i++) {
        if (!reading->is_seen[i]) {
            return (int)i;
        }
    }
    return FIELD_ABSENT;
}

/* The first other delimiter with which the header holds all columns, by name; NULL: none. */
static const char *better_delimiter(const struct header_reading *reading, struct slice header)
{
    for (size_t i = 0; i < sizeof named_delimiters / sizeof *named_delimiters; i++) {
        struct csv_format format = *reading->format;
        struct header_reading trial = {.format = &format, .map = reading->map};
        if (try_header(&trial, header, named_delimiters[i].delimiter) == FIELD_ABSENT) {
            return named_delimiters[i].name;
        }
    }
    return NULL;
}

int csv_format_read_header(struct csv_format *format, const struct field_map *map,
                           struct slice header, const char *path, struct error *err)
{
    char shown[BAD_EXCERPT_SIZE];
    const size_t mark_size = sizeof byte_order_mark - 1;
    if (header.size >= mark_size && memcmp(header.bytes, byte_order_mark, mark_size) == 0) {
        header.bytes += mark_size;
        header.size -= mark_size;
    }
    struct header_reading reading = {.format = format, .map = map};
    int missing = try_header(&reading, header, format->delimiter);
    if (reading.twice != FIELD_ABSENT) {
        struct slice name = map->names[reading.twice];
        return error_set(err, ERROR_INPUT, "%s:1: the column '%.*s' stands twice in the header",
                         path, (int)name.size, name.bytes);
    }
    if (missing == FIELD_ABSENT) {
        return 0;
    }
    struct slice name = map->names[missing];
    const char *better = better_delimiter(&reading, header);
    ingest_account_escape(shown, sizeof shown, header);
    return error_set(err, ERROR_INPUT, "%s:1: no column '%.*s' in the header '%s'%s%s", path,
                     (int)name.size, name.bytes, shown,
                     better == NULL
                         ? "; a file without a header needs columns by number, as time=1,user=2"
                         : "; it would be there with --delimiter ",
                     better == NULL ? "" : better);
}

/* ---- one row */

struct row_reading {
    const struct csv_format *format;
    struct parse_scratch *scratch;
    struct log_fields *fields;
};

static void keep_field(void *self, size_t index, struct slice field)
{
    struct row_reading *reading = self;
    int slot = index < CSV_COLUMN_MAX ? reading->format->slot_of[index] : FIELD_ABSENT;
    if (slot == FIELD_ABSENT) {
        return;
    }
    char *copy = reading->scratch->bytes + reading->scratch->used;
    memcpy(copy, field.bytes, field.size);
    reading->scratch->used += field.size;
    reading->fields->of[slot] = (struct slice){.bytes = copy, .size = field.size};
}

static bool is_column_count_right(const struct csv_format *format, size_t count)
{
    return format->column_count != 0 ? count == format->column_count
                                     : count >= format->wanted_count;
}

static enum line_fate parse_careful(const struct csv_format *format, struct slice line,
                                    struct parse_scratch *scratch, struct log_fields *fields,
                                    size_t *column)
{
    struct row_reading reading = {.format = format, .scratch = scratch, .fields = fields};
    size_t count = csv_quotes_split(scratch, line, format->delimiter, keep_field, &reading, column);
    if (count == 0) {
        return LINE_BAD_QUOTES;
    }
    return is_column_count_right(format, count) ? LINE_WITH_EVENT : LINE_BAD_COLUMN_COUNT;
}

/* The end of a field in quotes that needs no decoding: the byte after its closing quote; NULL: take care. */
static const char *plain_quoted_end(const char *at, const char *end, char delimiter)
{
    const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));
    if (quote == NULL || (quote + 1 < end && quote[1] != delimiter)) {
        return NULL;
    }
    return quote + 1;
}

/* Lines with quotes: fields that are quoted as a whole and hold no quote are taken as they stand. */
static bool walk_quoted(const struct csv_format *format, struct slice line,
                        struct log_fields *fields, size_t *count)
{
    const char *at = line.bytes;
    const char *end = line.bytes + line.size;
    for (*count = 0;; at++) {
        bool is_quoted = at < end && *at == '"';
        const char *stop = is_quoted ? plain_quoted_end(at, end, format->delimiter)
                                     : memchr(at, format->delimiter, (size_t)(end - at));
        if (stop == NULL && is_quoted) {
            return false;
        }
        stop = stop == NULL ? end : stop;
        size_t size = (size_t)(stop - at);
        if (!is_quoted && memchr(at, '"', size) != NULL) {
            return false;
        }
        int slot = *count < CSV_COLUMN_MAX ? format->slot_of[*count] : FIELD_ABSENT;
        if (slot != FIELD_ABSENT) {
            fields->of[slot] =
                (struct slice){.bytes = at + is_quoted, .size = is_quoted ? size - 2 : size};
        }
        ++*count;
        if (stop == end) {
            return true;
        }
        at = stop;
    }
}

static size_t walk_plain(const struct csv_format *format, struct slice line,
                         struct log_fields *fields)
{
    const char *at = line.bytes;
    const char *end = line.bytes + line.size;
    size_t limit = format->column_count == 0 ? format->wanted_count : CSV_COLUMN_MAX + 1;
    for (size_t count = 0;; count++) {
        const char *stop = memchr(at, format->delimiter, (size_t)(end - at));
        size_t size = (size_t)((stop == NULL ? end : stop) - at);
        int slot = count < CSV_COLUMN_MAX ? format->slot_of[count] : FIELD_ABSENT;
        if (slot != FIELD_ABSENT) {
            fields->of[slot] = (struct slice){.bytes = at, .size = size};
        }
        if (stop == NULL || count + 1 >= limit) {
            return count + 1;
        }
        at = stop + 1;
    }
}

enum line_fate csv_format_parse(const struct csv_format *format, struct slice line,
                                struct parse_scratch *scratch, struct log_fields *fields,
                                size_t *column)
{
    size_t count;
    *column = line.size + 1;
    if (memchr(line.bytes, '"', line.size) == NULL) {
        count = walk_plain(format, line, fields);
    } else if (!walk_quoted(format, line, fields, &count)) {
        return parse_careful(format, line, scratch, fields, column);
    }
    return is_column_count_right(format, count) ? LINE_WITH_EVENT : LINE_BAD_COLUMN_COUNT;
}
