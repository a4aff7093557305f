/* value_encoding.c - see value_encoding.h.
 * Room: loader/source. May touch: malloc. */
#include "loader/source/value_encoding.h"

#include <stdlib.h>
#include <string.h>

enum {
    CAPACITY_FIRST = 4096,
    CONTROL_END = 0x20,
    ESCAPE_SIZE = 6, /* \u00xx */
    NIBBLE_BITS = 4,
    NIBBLE_MASK = 15,
    BASE64_BYTES = 3, /* in, for 4 out */
    BASE64_CHARS = 4,
    BASE64_BITS = 6,
    BASE64_MASK = 63,
    BYTE_BITS = 8
};

/* ---- the buffer */

void value_buffer_free(struct value_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct value_buffer){0};
}

static char *reserve(struct value_buffer *buffer, size_t size)
{
    if (buffer->is_broken) {
        return NULL;
    }
    if (buffer->capacity - buffer->size >= size) {
        return buffer->bytes + buffer->size;
    }
    size_t capacity = buffer->capacity == 0 ? CAPACITY_FIRST : buffer->capacity;
    while (capacity - buffer->size < size && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    char *grown = capacity - buffer->size < size ? NULL : realloc(buffer->bytes, capacity);
    if (grown == NULL) {
        buffer->is_broken = true;
        return NULL;
    }
    buffer->bytes = grown;
    buffer->capacity = capacity;
    return buffer->bytes + buffer->size;
}

static void put(struct value_buffer *buffer, const char *bytes, size_t size)
{
    char *at = reserve(buffer, size);
    if (at != NULL && size > 0) {
        memcpy(at, bytes, size);
        buffer->size += size;
    }
}

/* ---- JSON */

/* Length of the UTF-8 character that begins at `at`, or 0: overlong forms, surrogates and what lies beyond
 * U+10FFFF are none. Source: Unicode 15, table 3-7. */
static size_t utf8_size(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        unsigned char size;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    enum { TAIL_LOW = 0x80, TAIL_HIGH = 0xbf };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first_low || at[0] > forms[i].first_high) {
            continue;
        }
        if (forms[i].size > left) {
            return 0;
        }
        for (size_t tail = 1; tail < forms[i].size; tail++) {
            unsigned char low = tail == 1 ? forms[i].second_low : TAIL_LOW;
            unsigned char high = tail == 1 ? forms[i].second_high : TAIL_HIGH;
            if (at[tail] < low || at[tail] > high) {
                return 0;
            }
        }
        return forms[i].size;
    }
    return 0;
}

bool value_encoding_is_utf8(struct slice text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t size = utf8_size((const unsigned char *)text.bytes + at, text.size - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

static void put_escape(struct value_buffer *buffer, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = byte == '\0' ? NULL : strchr(shorts, byte);
    if (found != NULL) {
        char escape[] = {'\\', letters[found - shorts]};
        put(buffer, escape, sizeof escape);
        return;
    }
    char escape[ESCAPE_SIZE] = {
        '\\', 'u', '0', '0', hex[byte >> NIBBLE_BITS], hex[byte & NIBBLE_MASK]};
    put(buffer, escape, sizeof escape);
}

static bool is_plain(unsigned char byte)
{
    enum { ASCII_END = 0x80 };
    return byte >= CONTROL_END && byte < ASCII_END && byte != '"' && byte != '\\';
}

static void put_json_text(struct value_buffer *buffer, struct slice text)
{
    static const char replacement[] = "\\ufffd";
    const unsigned char *at = (const unsigned char *)text.bytes;
    const unsigned char *end = at + text.size;
    put(buffer, "\"", 1);
    while (at < end) {
        const unsigned char *begin = at;
        while (at < end && is_plain(*at)) {
            at++;
        }
        put(buffer, (const char *)begin, (size_t)(at - begin));
        if (at == end) {
            break;
        }
        size_t size = utf8_size(at, (size_t)(end - at));
        if (size > 1) {
            put(buffer, (const char *)at, size);
        } else if (size == 1) {
            put_escape(buffer, *at);
        } else {
            put(buffer, replacement, sizeof replacement - 1);
            size = 1;
        }
        at += size;
    }
    put(buffer, "\"", 1);
}

static void put_base64(struct value_buffer *buffer, struct slice bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    put(buffer, "\"", 1);
    for (size_t at = 0; at < bytes.size; at += BASE64_BYTES) {
        size_t left = bytes.size - at < BASE64_BYTES ? bytes.size - at : BASE64_BYTES;
        unsigned long group = 0;
        for (size_t i = 0; i < BASE64_BYTES; i++) {
            group = group << BYTE_BITS | (i < left ? (unsigned char)bytes.bytes[at + i] : 0);
        }
        char out[BASE64_CHARS];
        for (size_t i = 0; i < BASE64_CHARS; i++) {
            size_t shift = (BASE64_CHARS - 1 - i) * BASE64_BITS;
            out[i] = i <= left ? letters[group >> shift & BASE64_MASK] : '=';
        }
        put(buffer, out, sizeof out);
    }
    put(buffer, "\"", 1);
}

static size_t skip_digits(struct slice text, size_t at)
{
    while (at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9') {
        at++;
    }
    return at;
}

/* ZEROFILL columns print 0042, SQLite prints Inf: those are texts in JSON. */
static bool is_json_number(struct slice text)
{
    size_t at = text.size > 0 && text.bytes[0] == '-' ? 1 : 0;
    size_t whole = at;
    at = skip_digits(text, at);
    bool has_leading_zero = at - whole > 1 && text.bytes[whole] == '0';
    if (at == whole || has_leading_zero) {
        return false;
    }
    if (at < text.size && text.bytes[at] == '.') {
        size_t fraction = ++at;
        at = skip_digits(text, at);
        if (at == fraction) {
            return false;
        }
    }
    if (at < text.size && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        at += at < text.size && (text.bytes[at] == '-' || text.bytes[at] == '+') ? 1 : 0;
        size_t exponent = at;
        at = skip_digits(text, at);
        if (at == exponent) {
            return false;
        }
    }
    return at == text.size;
}

static void put_json_cell(struct value_buffer *buffer, const struct cell *cell)
{
    static const char null[] = "null";
    switch (cell->kind) {
    case CELL_NULL:
        put(buffer, null, sizeof null - 1);
        return;
    case CELL_NUMBER:
        if (is_json_number(cell->bytes)) {
            put(buffer, cell->bytes.bytes, cell->bytes.size);
            return;
        }
        put_json_text(buffer, cell->bytes);
        return;
    case CELL_TEXT:
        put_json_text(buffer, cell->bytes);
        return;
    case CELL_BINARY:
        put_base64(buffer, cell->bytes);
        return;
    case CELL_JSON:
        put(buffer, cell->bytes.bytes, cell->bytes.size);
        return;
    }
}

static void make_json(const struct value_encoding_plan *plan, const struct cell cells[],
                      struct value_buffer *buffer)
{
    const char *between = "{";
    for (size_t i = 0; i < plan->column_count; i++) {
        if (i == plan->version_at) {
            continue;
        }
        put(buffer, between, 1);
        put(buffer, plan->columns[i].json_name.bytes, plan->columns[i].json_name.size);
        put_json_cell(buffer, &cells[i]);
        between = ",";
    }
    put(buffer, "}", 1);
}

/* ---- hash and raw */

static void put_hash_part(struct value_buffer *buffer, struct slice part)
{
    char *at = reserve(buffer, RECORD_LENGTH_SIZE + part.size);
    if (at != NULL) {
        record_hash_put(at, part);
        buffer->size += RECORD_LENGTH_SIZE + part.size;
    }
}

static void make_hash(const struct value_encoding_plan *plan, const struct cell cells[],
                      struct value_buffer *buffer)
{
    for (size_t i = 0; i < plan->column_count; i++) {
        size_t column = plan->name_order[i];
        if (column != plan->version_at && cells[column].kind != CELL_NULL) {
            put_hash_part(buffer, slice_of(plan->columns[column].name));
            put_hash_part(buffer, cells[column].bytes);
        }
    }
}

/* ---- the plan */

static int check_names(const char *const names[], size_t count, struct error *err)
{
    if (count == 0) {
        return error_set(err, ERROR_INPUT, "the query gives no columns: it must be a SELECT");
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t later = i + 1; later < count; later++) {
            if (strcmp(names[i], names[later]) == 0) {
                return error_set(err, ERROR_INPUT,
                                 "the query gives two columns named '%s': rename one with AS",
                                 names[i]);
            }
        }
    }
    return 0;
}

/* The column of that name, or `count`. */
static size_t find_column(const char *const names[], size_t count, const char *name)
{
    size_t at = 0;
    while (at < count && strcmp(names[at], name) != 0) {
        at++;
    }
    return at;
}

static int choose_raw(struct value_encoding_plan *plan, const struct family *family,
                      const char *const names[], struct error *err)
{
    if (plan->encoding != VALUE_RAW) {
        return 0;
    }
    const char *wanted = family->value_column == NULL ? "" : family->value_column;
    plan->raw_at = find_column(names, plan->column_count, wanted);
    if (plan->raw_at == plan->column_count) {
        return error_set(err, ERROR_INPUT, "value = raw:%s, but the query gives no such column",
                         wanted);
    }
    return 0;
}

static int name_columns(struct encoding_column *columns, const char *const names[], size_t count,
                        struct arena *arena)
{
    struct value_buffer buffer = {0};
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        buffer.size = 0;
        put_json_text(&buffer, slice_of(names[i]));
        put(&buffer, ":", 1);
        if (!buffer.is_broken) {
            columns[i].json_name = arena_copy(arena, (struct slice){buffer.bytes, buffer.size});
        }
        columns[i].name = arena_copy_text(arena, slice_of(names[i]));
        result = columns[i].name == NULL || columns[i].json_name.bytes == NULL ? -1 : 0;
    }
    value_buffer_free(&buffer);
    return result;
}

static void order_names(size_t *order, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 && strcmp(names[order[at - 1]], names[i]) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

int value_encoding_plan_init(struct value_encoding_plan *plan, const struct family *family,
                             const char *const names[], size_t count, struct arena *arena,
                             struct error *err)
{
    *plan = (struct value_encoding_plan){.encoding = family->value,
                                         .column_count = count,
                                         .max_value_bytes = family->max_value_bytes};
    if (check_names(names, count, err) != 0) {
        return -1;
    }
    if (plan->encoding == VALUE_TEMPLATE) {
        return error_set(err, ERROR_INPUT,
                         "value = template is not known to this version: use json");
    }
    plan->version_at = find_column(names, count, "version");
    if (choose_raw(plan, family, names, err) != 0) {
        return -1;
    }
    struct encoding_column *columns = arena_take(arena, count * sizeof *columns);
    size_t *order = arena_take(arena, count * sizeof *order);
    if (columns == NULL || order == NULL) {
        return error_set_memory(err, "reading a query's columns");
    }
    memset(columns, 0, count * sizeof *columns);
    if (name_columns(columns, names, count, arena) != 0) {
        return error_set_memory(err, "reading a query's columns");
    }
    order_names(order, names, count);
    plan->columns = columns;
    plan->name_order = order;
    return 0;
}

/* ---- one row */

/* Bytes of all cells, when one of them was too long to be read; else 0. */
static uint64_t size_if_unread(const struct value_encoding_plan *plan, const struct cell cells[])
{
    uint64_t size = 0;
    bool is_unread = false;
    for (size_t i = 0; i < plan->column_count; i++) {
        size += cells[i].bytes.size;
        is_unread = is_unread || (cells[i].bytes.bytes == NULL && cells[i].bytes.size > 0);
    }
    return is_unread ? size : 0;
}

static int keep_version(const struct value_encoding_plan *plan, const struct cell cells[],
                        struct arena *arena, struct record *record)
{
    bool has_version =
        plan->version_at < plan->column_count && cells[plan->version_at].kind != CELL_NULL;
    if (!has_version) {
        return 0;
    }
    record->version = arena_copy(arena, cells[plan->version_at].bytes);
    return record->version.bytes == NULL ? -1 : 0;
}

int value_encoding_make(const struct value_encoding_plan *plan, const struct cell cells[],
                        struct value_buffer *buffer, struct arena *arena, struct record *record)
{
    *record = (struct record){.kind = RECORD_TOO_BIG, .value_size = size_if_unread(plan, cells)};
    if (record->value_size > 0) {
        return keep_version(plan, cells, arena, record);
    }
    buffer->size = 0;
    buffer->is_broken = false;
    switch (plan->encoding) {
    case VALUE_TEMPLATE: /* refused by value_encoding_plan_init */
    case VALUE_JSON:
        make_json(plan, cells, buffer);
        break;
    case VALUE_RAW:
        if (cells[plan->raw_at].kind == CELL_NULL) {
            record->kind = RECORD_MISSING;
            return 0;
        }
        put(buffer, cells[plan->raw_at].bytes.bytes, cells[plan->raw_at].bytes.size);
        break;
    case VALUE_HASH:
        make_hash(plan, cells, buffer);
        break;
    }
    if (buffer->is_broken || keep_version(plan, cells, arena, record) != 0) {
        return -1;
    }
    record->value_size = buffer->size;
    if (plan->max_value_bytes > 0 && buffer->size > plan->max_value_bytes) {
        return 0;
    }
    record->kind = plan->encoding == VALUE_HASH ? RECORD_HASH : RECORD_STRING;
    record->value = arena_copy(arena, (struct slice){buffer->bytes, buffer->size});
    return record->value.bytes == NULL ? -1 : 0;
}
