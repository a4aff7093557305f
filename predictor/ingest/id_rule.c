/* id_rule.c - see id_rule.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/id_rule.h"

#include "predictor/ingest/hex_digit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char hole[] = "{id}";
enum { HOLE_SIZE = sizeof hole - 1, VARIABLE_NAME_SIZE = 128 };

/* ---- parts of slices */

static struct slice slice_between(const char *first, const char *end)
{
    return (struct slice){.bytes = first, .size = (size_t)(end - first)};
}

/* Up to `stop`, or all of it. */
static struct slice slice_before(struct slice text, char stop)
{
    const char *at = text.size == 0 ? NULL : memchr(text.bytes, stop, text.size);
    return at == NULL ? text : slice_between(text.bytes, at);
}

static struct slice slice_behind(struct slice text, size_t size)
{
    return size >= text.size ? (struct slice){.bytes = text.bytes + text.size, .size = 0}
                             : (struct slice){text.bytes + size, text.size - size};
}

/* ---- rules from text */

static const char *find_hole(struct slice text)
{
    for (size_t i = 0; i + HOLE_SIZE <= text.size; i++) {
        if (memcmp(text.bytes + i, hole, HOLE_SIZE) == 0) {
            return text.bytes + i;
        }
    }
    return NULL;
}

/* The slot of variable `prefix``name`, lower case and with underscores as nginx writes it, when the format has it. */
static int want_variable(struct field_source *source, const char *prefix, struct slice name,
                         struct error *err)
{
    char variable[VARIABLE_NAME_SIZE];
    int size = snprintf(variable, sizeof variable, "%s%.*s", prefix, (int)name.size, name.bytes);
    bool is_header = strcmp(prefix, "http_") == 0;
    for (int i = 0; is_header && i < size && i < VARIABLE_NAME_SIZE - 1; i++) {
        variable[i] = (char)(variable[i] == '-' ? '_' : tolower((unsigned char)variable[i]));
    }
    struct slice wanted = slice_of(variable);
    if (size >= VARIABLE_NAME_SIZE ||
        (source->has != NULL && !source->has(source->format, wanted))) {
        return FIELD_ABSENT;
    }
    return field_map_want(source->map, wanted, err);
}

/* Can only be asked for where the format says what it has. */
static int want_known_variable(struct field_source *source, const char *prefix, struct slice name,
                               struct error *err)
{
    return source->has == NULL ? FIELD_ABSENT : want_variable(source, prefix, name, err);
}

static int bind_field(struct id_rule *rule, struct field_source *source, struct error *err)
{
    rule->slot = want_variable(source, "", rule->text, err);
    return rule->slot;
}

static int bind_header(struct id_rule *rule, struct field_source *source, struct error *err)
{
    rule->slot = want_variable(source, "http_", rule->text, err);
    return rule->slot;
}

static int bind_cookie(struct id_rule *rule, struct field_source *source, struct error *err)
{
    rule->slot = want_known_variable(source, "cookie_", rule->text, err);
    if (rule->slot != FIELD_ABSENT) {
        rule->kind = ID_RULE_FIELD;
        return rule->slot;
    }
    rule->slot = source->map->slots[ROLE_COOKIE];
    return rule->slot;
}

static int bind_query(struct id_rule *rule, struct field_source *source, struct error *err)
{
    (void)err;
    rule->slot = source->map->slots[ROLE_ARGS];
    if (rule->slot != FIELD_ABSENT) {
        rule->kind = ID_RULE_ARGS;
        return rule->slot;
    }
    rule->slot = source->map->slots[ROLE_REQUEST];
    return rule->slot;
}

static int bind_path(struct id_rule *rule, struct field_source *source, struct error *err)
{
    (void)err;
    rule->slot = source->map->slots[ROLE_REQUEST];
    return rule->slot;
}

static const struct {
    const char *prefix;
    enum id_rule_kind kind;
    int (*bind)(struct id_rule *rule, struct field_source *source, struct error *err);
    const char *missing; /* what the format lacks when bind fails */
} kinds[] = {
    {"field:", ID_RULE_FIELD, bind_field, "no such field"},
    {"header:", ID_RULE_FIELD, bind_header, "no such header ($http_ and its name)"},
    {"cookie:", ID_RULE_COOKIE, bind_cookie,
     "neither this cookie nor $http_cookie; a web server has to log it, and --format is then "
     "nginx: and its log_format (columns: cookie=)"},
    {"query:", ID_RULE_QUERY, bind_query, "neither a request nor $args (columns: request=)"},
    {"path:", ID_RULE_PATH, bind_path, "no request (columns: request=)"},
};

static int refuse_binding(size_t kind, const struct id_rule *rule, const char *option,
                          const struct field_source *source, struct error *err)
{
    char hint[SPELLING_HINT_SIZE] = "";
    if (kinds[kind].bind == bind_field && source->offer != NULL) {
        struct spelling spelling = spelling_of(rule->text);
        source->offer(source->format, &spelling);
        spelling_hint_or_list(&spelling, hint);
    }
    return error_set(err, ERROR_USAGE, "%s '%s%.*s': this format has %s%s", option,
                     kinds[kind].prefix, (int)rule->text.size, rule->text.bytes,
                     kinds[kind].missing, hint);
}

static bool is_any_rest(struct slice segment)
{
    return segment.size == 2 && memcmp(segment.bytes, "**", 2) == 0;
}

/* What is wrong with the template of a path, as the end of a sentence; NULL: nothing. */
static const char *judge_template(struct slice template)
{
    const char *at = find_hole(template);
    if (template.bytes[0] != '/' || at == NULL) {
        return "begins with / and holds {id}, as path:/product/{id}";
    }
    at += HOLE_SIZE;
    if (find_hole((struct slice){at, template.size - (size_t)(at - template.bytes)}) != NULL) {
        return "holds {id} only once";
    }
    if (memchr(template.bytes, '?', template.size) != NULL) {
        return "ends before the ?; for a parameter behind it write query:NAME";
    }
    for (struct slice rest = slice_behind(template, 1); rest.size > 0;) {
        struct slice segment = slice_before(rest, '/');
        rest = slice_behind(rest, segment.size + 1);
        if (is_any_rest(segment) && rest.size > 0) {
            return "has ** only at its end; one segment of any kind is *";
        }
    }
    return NULL;
}

static int check_template(const struct id_rule *rule, const char *option, struct slice text,
                          struct error *err)
{
    const char *wrong = rule->kind == ID_RULE_PATH ? judge_template(rule->text) : NULL;
    return wrong == NULL ? 0
                         : error_set(err, ERROR_USAGE, "%s '%.*s': a path template %s", option,
                                     (int)text.size, text.bytes, wrong);
}

static int parse_rule(struct id_rule *rule, const char *option, struct slice text,
                      struct field_source *source, struct error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct slice prefix = slice_of(kinds[i].prefix);
        if (text.size <= prefix.size || memcmp(text.bytes, prefix.bytes, prefix.size) != 0) {
            continue;
        }
        *rule = (struct id_rule){.kind = kinds[i].kind,
                                 .text = {text.bytes + prefix.size, text.size - prefix.size}};
        if (check_template(rule, option, text, err) != 0) {
            return -1;
        }
        error_clear(err);
        if (kinds[i].bind(rule, source, err) != FIELD_ABSENT) {
            return 0;
        }
        return err->kind != ERROR_NONE ? -1 : refuse_binding(i, rule, option, source, err);
    }
    return error_set(err, ERROR_USAGE,
                     "%s '%.*s' is no rule; there are field:NAME, cookie:NAME, query:NAME, "
                     "header:NAME and path:/TEMPLATE/{id}",
                     option, (int)text.size, text.bytes);
}

int id_rules_parse(struct id_rules *rules, const char *option, const char *text,
                   struct field_source *source, struct error *err)
{
    const char *at = text;
    do {
        struct slice one = {.bytes = at, .size = strcspn(at, "|")};
        if (rules->count == ID_RULE_MAX) {
            return error_set(err, ERROR_USAGE, "%s: more than %d rules", option, ID_RULE_MAX);
        }
        if (parse_rule(&rules->rules[rules->count], option, one, source, err) != 0) {
            return -1;
        }
        rules->count++;
        at += one.size;
    } while (*at++ == '|');
    return 0;
}

void id_rules_add_field(struct id_rules *rules, int slot)
{
    rules->rules[rules->count++] = (struct id_rule){.kind = ID_RULE_FIELD, .slot = slot};
}

/* ---- ids from a line */

/* `GET /a?b HTTP/1.1` or `/a?b` or `http://host/a?b` to `/a?b`. */
static struct slice request_target(struct slice request)
{
    static const char scheme_mark[] = "://";
    const size_t mark_size = sizeof scheme_mark - 1;
    if (request.size > 0 && request.bytes[0] != '/') {
        struct slice method = slice_before(request, ' ');
        if (method.size < request.size) {
            request = slice_behind(request, method.size + 1);
        }
    }
    struct slice target = slice_before(request, ' ');
    if (target.size == 0 || target.bytes[0] == '/') {
        return target;
    }
    struct slice scheme = slice_before(target, ':');
    struct slice rest = slice_behind(target, scheme.size);
    if (rest.size < mark_size || memcmp(rest.bytes, scheme_mark, mark_size) != 0) {
        return (struct slice){.bytes = target.bytes, .size = 0};
    }
    rest = slice_behind(rest, mark_size);
    return slice_behind(rest, slice_before(rest, '/').size);
}

/* The value of `name` in `a=1;b=2` (with `separator` between, blanks before names passed over), or size 0. */
static struct slice find_pair(struct slice pairs, struct slice name, char separator)
{
    while (pairs.size > 0) {
        struct slice pair = slice_before(pairs, separator);
        pairs = slice_behind(pairs, pair.size + 1);
        while (pair.size > 0 && pair.bytes[0] == ' ') {
            pair = slice_behind(pair, 1);
        }
        if (pair.size > name.size && pair.bytes[name.size] == '=' &&
            memcmp(pair.bytes, name.bytes, name.size) == 0) {
            return slice_behind(pair, name.size + 1);
        }
    }
    return (struct slice){.bytes = NULL, .size = 0};
}

/* Does one segment fit `text{id}text`, `*` or a literal? */
static bool match_segment(struct slice wanted, struct slice segment, struct slice *id)
{
    const char *at = find_hole(wanted);
    if (at == NULL) {
        bool is_any = wanted.size == 1 && wanted.bytes[0] == '*';
        return is_any || slice_is_equal(wanted, segment);
    }
    struct slice before = slice_between(wanted.bytes, at);
    struct slice after = slice_between(at + HOLE_SIZE, wanted.bytes + wanted.size);
    if (segment.size <= before.size + after.size ||
        memcmp(segment.bytes, before.bytes, before.size) != 0 ||
        memcmp(segment.bytes + segment.size - after.size, after.bytes, after.size) != 0) {
        return false;
    }
    *id = (struct slice){segment.bytes + before.size, segment.size - before.size - after.size};
    return true;
}

static struct slice without_last_slash(struct slice path)
{
    path.size -= path.size > 1 && path.bytes[path.size - 1] == '/';
    return path;
}

bool id_rule_match_path(struct slice path_template, struct slice path, struct slice *id)
{
    path_template = without_last_slash(path_template);
    path = without_last_slash(path);
    while (path_template.size > 0 && path.size > 0) {
        struct slice wanted = slice_before(slice_behind(path_template, 1), '/');
        struct slice segment = slice_before(slice_behind(path, 1), '/');
        path_template = slice_behind(path_template, wanted.size + 1);
        path = slice_behind(path, segment.size + 1);
        if (path_template.size == 0 && is_any_rest(wanted)) {
            return true;
        }
        if (!match_segment(wanted, segment, id)) {
            return false;
        }
    }
    return path_template.size == 0 && path.size == 0;
}

/* Decodes %XX, and + when `plus_is_blank`, up to a byte more than an id may have; broken escapes stay. */
static struct slice percent_decode(struct slice text, bool plus_is_blank,
                                   struct parse_scratch *scratch)
{
    enum { ESCAPE_SIZE = 3, HEX = 16 };
    bool is_plain = memchr(text.bytes, '%', text.size) == NULL &&
                    !(plus_is_blank && memchr(text.bytes, '+', text.size) != NULL);
    if (is_plain) {
        return text;
    }
    char *to = scratch->bytes + scratch->used;
    size_t size = 0;
    for (size_t i = 0; i < text.size && size <= ENTITY_ID_SIZE_MAX;) {
        const char *at = text.bytes + i;
        bool is_escape = *at == '%' && text.size - i >= ESCAPE_SIZE && hex_digit(at[1]) >= 0 &&
                         hex_digit(at[2]) >= 0;
        to[size++] = is_escape ? (char)(hex_digit(at[1]) * HEX + hex_digit(at[2]))
                               : (char)(*at == '+' && plus_is_blank ? ' ' : *at);
        i += is_escape ? ESCAPE_SIZE : 1;
    }
    scratch->used += size;
    return (struct slice){.bytes = to, .size = size};
}

static struct slice find_in_query(const struct id_rule *rule, struct slice query,
                                  struct parse_scratch *scratch)
{
    struct slice value = find_pair(slice_before(query, '#'), rule->text, '&');
    return value.size == 0 ? value : percent_decode(value, true, scratch);
}

static struct slice find_by_rule(const struct id_rule *rule, struct slice field,
                                 struct parse_scratch *scratch)
{
    struct slice found = {.bytes = NULL, .size = 0};
    struct slice target;
    switch (rule->kind) {
    case ID_RULE_FIELD:
        return field;
    case ID_RULE_COOKIE:
        return find_pair(field, rule->text, ';');
    case ID_RULE_ARGS:
        return find_in_query(rule, field, scratch);
    case ID_RULE_QUERY:
        target = request_target(field);
        return find_in_query(rule, slice_behind(target, slice_before(target, '?').size + 1),
                             scratch);
    case ID_RULE_PATH:
        target = slice_before(slice_before(request_target(field), '?'), '#');
        return id_rule_match_path(rule->text, target, &found) && found.size > 0
                   ? percent_decode(found, false, scratch)
                   : (struct slice){.bytes = NULL, .size = 0};
    }
    return found;
}

enum line_fate id_rules_find(const struct id_rules *rules, const struct log_fields *fields,
                             struct parse_scratch *scratch, struct slice *id)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct slice field = fields->of[rules->rules[i].slot];
        if (field.size == 0) {
            continue;
        }
        *id = find_by_rule(&rules->rules[i], field, scratch);
        if (id->size > ENTITY_ID_SIZE_MAX) {
            return LINE_BAD_ID_SIZE;
        }
        bool is_none = id->size == 0 || (id->size == 1 && id->bytes[0] == '-');
        if (!is_none) {
            return memchr(id->bytes, '\0', id->size) == NULL ? LINE_WITH_EVENT : LINE_BAD_ID_NUL;
        }
    }
    id->size = 0;
    return LINE_WITH_EVENT;
}
