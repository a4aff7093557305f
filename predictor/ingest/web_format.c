/* web_format.c - see web_format.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/web_format.h"

#include "predictor/ingest/hex_digit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- the directive */

/* Joins `'piece' 'piece';` of a configuration file; a text without a first single quote is taken as it is. */
static char *join_pieces(const char *text)
{
    size_t size = strlen(text) + 1;
    char *joined = malloc(size);
    if (joined == NULL) {
        return NULL;
    }
    const char *from = text + strspn(text, " \t\r\n");
    if (*from != '\'') {
        memcpy(joined, text, size);
        return joined;
    }
    char *to = joined;
    while (*from == '\'') {
        from++;
        while (*from != '\0' && *from != '\'') {
            *to++ = *from++;
        }
        from += *from == '\'';
        from += strspn(from, " \t\r\n");
    }
    *to = '\0';
    return joined;
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* The name of the variable at `*at` (a dollar sign); moves behind it. Size 0: there is none. */
static struct slice take_name(const char **at)
{
    const char *from = *at + 1;
    bool has_brace = *from == '{';
    from += has_brace;
    const char *end = from;
    while (is_name_byte(*end)) {
        end++;
    }
    if (has_brace && *end != '}') {
        return (struct slice){.bytes = from, .size = 0};
    }
    *at = end + has_brace;
    return (struct slice){.bytes = from, .size = (size_t)(end - from)};
}

static struct slice take_literal(const char **at)
{
    struct slice literal = {.bytes = *at, .size = strcspn(*at, "$")};
    *at += literal.size;
    return literal;
}

static bool ends_with_quote(struct slice literal)
{
    return literal.size > 0 && literal.bytes[literal.size - 1] == '"';
}

static int read_variables(struct web_format *format, struct error *err)
{
    const char *at = format->text;
    format->literal_first = take_literal(&at);
    struct slice before = format->literal_first;
    while (*at == '$') {
        const char *start = at;
        struct slice name = take_name(&at);
        struct slice after = take_literal(&at);
        if (name.size == 0) {
            return error_set(err, ERROR_USAGE, "log_format: no variable's name follows '%.20s'",
                             start);
        }
        if (after.size == 0 && *at != '\0') {
            return error_set(err, ERROR_USAGE,
                             "log_format: nothing stands between '$%.*s' and '%.20s', so nobody "
                             "can tell where one ends",
                             (int)name.size, name.bytes, at);
        }
        if (format->variable_count == WEB_VARIABLE_MAX) {
            return error_set(err, ERROR_USAGE, "log_format: more than %d variables",
                             WEB_VARIABLE_MAX);
        }
        format->variables[format->variable_count++] = (struct web_variable){
            .name = name,
            .literal_after = after,
            .slot = FIELD_ABSENT,
            .is_quoted = ends_with_quote(before) && after.size > 0 && after.bytes[0] == '"'};
        before = after;
    }
    return 0;
}

int web_format_init(struct web_format *format, const char *text, struct error *err)
{
    memset(format, 0, sizeof *format);
    format->text = join_pieces(text);
    if (format->text == NULL) {
        return error_set_memory(err, "reading a log_format");
    }
    if (read_variables(format, err) != 0) {
        return -1;
    }
    if (format->variable_count == 0) {
        return error_set(err, ERROR_USAGE,
                         "log_format '%.100s' holds no variable; write it as in nginx.conf, in "
                         "single quotes for the shell",
                         text);
    }
    return 0;
}

void web_format_free(struct web_format *format)
{
    free(format->text);
    format->text = NULL;
}

bool web_format_has(const struct web_format *format, struct slice name)
{
    for (size_t i = 0; i < format->variable_count; i++) {
        if (slice_is_equal(format->variables[i].name, name)) {
            return true;
        }
    }
    return false;
}

void web_format_offer(const struct web_format *format, struct spelling *spelling)
{
    for (size_t i = 0; i < format->variable_count; i++) {
        spelling_offer(spelling, format->variables[i].name);
    }
}

/* Of the variables that can play a role the first that is there plays it. A cost is what a miss costs, so the
 * time of the backend comes before the time of the answer. */
static const struct {
    enum field_role role;
    const char *name;
} role_variables[] = {
    {ROLE_TIME, "time_local"},
    {ROLE_TIME, "time_iso8601"},
    {ROLE_TIME, "msec"},
    {ROLE_STATUS, "status"},
    {ROLE_AGENT, "http_user_agent"},
    {ROLE_SIZE, "body_bytes_sent"},
    {ROLE_SIZE, "bytes_sent"},
    {ROLE_COST, "upstream_response_time"},
    {ROLE_COST, "request_time"},
    {ROLE_REQUEST, "request"},
    {ROLE_REQUEST, "request_uri"},
    {ROLE_REQUEST, "uri"},
    {ROLE_REQUEST, "document_uri"},
    {ROLE_ARGS, "args"},
    {ROLE_ARGS, "query_string"},
    {ROLE_COOKIE, "http_cookie"},
};

int web_format_cast_roles(const struct web_format *format, struct field_map *map, struct error *err)
{
    for (size_t i = 0; i < sizeof role_variables / sizeof *role_variables; i++) {
        enum field_role role = role_variables[i].role;
        struct slice name = slice_of(role_variables[i].name);
        bool is_cast = map->slots[role] != FIELD_ABSENT;
        if (!is_cast && web_format_has(format, name) && field_map_cast(map, role, name, err) != 0) {
            return -1;
        }
    }
    if (map->slots[ROLE_TIME] == FIELD_ABSENT) {
        return error_set(err, ERROR_USAGE,
                         "log_format holds no time: none of $time_local, $time_iso8601, $msec");
    }
    return 0;
}

void web_format_bind(struct web_format *format, const struct field_map *map)
{
    for (size_t i = 0; i < format->variable_count; i++) {
        struct slice name = format->variables[i].name;
        bool is_first = true;
        for (size_t j = 0; j < i; j++) {
            is_first = is_first && !slice_is_equal(name, format->variables[j].name);
        }
        format->variables[i].slot = is_first ? field_map_find(map, name) : FIELD_ABSENT;
    }
    struct web_variable *last = &format->variables[format->variable_count - 1];
    last->may_lack_end =
        last->is_quoted && (last->slot == FIELD_ABSENT || last->slot == map->slots[ROLE_AGENT]);
}

/* ---- one line */

static bool is_escaped(const char *first, const char *at)
{
    const char *slash = at;
    while (slash > first && slash[-1] == '\\') {
        slash--;
    }
    return (at - slash) % 2 != 0;
}

/* Where `literal` next stands in [from, end), or NULL; inside quotes an escaped quote does not count. */
static const char *find_literal(const char *from, const char *end, struct slice literal,
                                bool is_quoted)
{
    const char *at = from;
    while ((size_t)(end - at) >= literal.size) {
        at = memchr(at, literal.bytes[0], (size_t)(end - at) - literal.size + 1);
        if (at == NULL) {
            return NULL;
        }
        bool is_match = literal.size == 1 || memcmp(at, literal.bytes, literal.size) == 0;
        if (is_match && !(is_quoted && is_escaped(from, at))) {
            return at;
        }
        at++;
    }
    return NULL;
}

/* The byte that the escape at `at` (a backslash) stands for; `*size` is how long the escape is. */
static char unescaped(const char *at, const char *end, size_t *size)
{
    enum { HEX_ESCAPE_SIZE = 4, HIGH_AT = 2, LOW_AT = 3, HEX = 16 };
    static const char letters[] = "ntrbvf", meanings[] = "\n\t\r\b\v\f";
    *size = 1;
    if (end - at < 2) {
        return *at;
    }
    if (at[1] == 'x' && end - at >= HEX_ESCAPE_SIZE && hex_digit(at[HIGH_AT]) >= 0 &&
        hex_digit(at[LOW_AT]) >= 0) {
        *size = HEX_ESCAPE_SIZE;
        return (char)(hex_digit(at[HIGH_AT]) * HEX + hex_digit(at[LOW_AT]));
    }
    *size = 2;
    const char *letter = strchr(letters, at[1]);
    return letter != NULL && *letter != '\0' ? meanings[letter - letters] : at[1];
}

static struct slice unescape(struct slice value, struct parse_scratch *scratch)
{
    char *to = scratch->bytes + scratch->used;
    size_t size = 0;
    const char *end = value.bytes + value.size;
    for (const char *at = value.bytes; at < end;) {
        size_t escape_size = 1;
        to[size++] = *at == '\\' ? unescaped(at, end, &escape_size) : *at;
        at += escape_size;
    }
    scratch->used += size;
    return (struct slice){.bytes = to, .size = size};
}

static void unescape_quoted(const struct web_format *format, struct parse_scratch *scratch,
                            struct log_fields *fields)
{
    for (size_t i = 0; i < format->variable_count; i++) {
        const struct web_variable *variable = &format->variables[i];
        if (variable->slot == FIELD_ABSENT) {
            continue;
        }
        struct slice *value = &fields->of[variable->slot];
        if (value->size > 0 && memchr(value->bytes, '\\', value->size) != NULL) {
            *value = unescape(*value, scratch);
        }
    }
}

static bool starts_with(struct slice line, struct slice literal)
{
    return line.size >= literal.size &&
           (literal.size == 0 || memcmp(line.bytes, literal.bytes, literal.size) == 0);
}

enum line_fate web_format_parse(const struct web_format *format, struct slice line,
                                struct parse_scratch *scratch, struct log_fields *fields,
                                size_t *column)
{
    *column = 1;
    if (!starts_with(line, format->literal_first)) {
        return LINE_BAD_SHAPE;
    }
    const char *at = line.bytes + format->literal_first.size;
    const char *end = line.bytes + line.size;
    for (size_t i = 0; i < format->variable_count; i++) {
        const struct web_variable *variable = &format->variables[i];
        struct slice literal = variable->literal_after;
        const char *stop =
            literal.size == 0 ? end : find_literal(at, end, literal, variable->is_quoted);
        *column = (size_t)(at - line.bytes) + 1;
        bool is_cut = stop == NULL && variable->may_lack_end;
        if (stop == NULL && !is_cut) {
            return LINE_BAD_SHAPE;
        }
        stop = is_cut ? end : stop;
        if (variable->slot != FIELD_ABSENT) {
            fields->of[variable->slot] = (struct slice){.bytes = at, .size = (size_t)(stop - at)};
        }
        at = is_cut ? end : stop + literal.size;
    }
    if (at < end && *at != ' ') {
        *column = (size_t)(at - line.bytes) + 1;
        return LINE_BAD_SHAPE;
    }
    if (end > line.bytes && memchr(line.bytes, '\\', line.size) != NULL) {
        unescape_quoted(format, scratch, fields);
    }
    return LINE_WITH_EVENT;
}
