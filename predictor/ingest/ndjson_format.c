/* ndjson_format.c - see ndjson_format.h.
 * Room: predictor/ingest. May touch: nothing.
 *
 * A walk without a tree. Strings are passed over eight bytes at a time; what follows a wanted key is kept. */
#include "predictor/ingest/ndjson_format.h"

#include "predictor/ingest/json_string.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct walk {
    const char *at, *end;
    const struct field_map *map;
    struct log_fields *fields;
    struct parse_scratch *scratch;
    enum line_fate fate; /* why the walk ended */
};

/* How many bytes of each wanted name the keys around this object have matched; NAME_DEAD: they have not. */
struct nesting {
    uint16_t matched[FIELD_SLOT_MAX];
};

enum { NAME_DEAD = UINT16_MAX };

static bool walk_value(struct walk *walk, int depth);

static bool fail(struct walk *walk, enum line_fate fate)
{
    walk->fate = fate;
    return false;
}

static void pass_blanks(struct walk *walk)
{
    while (walk->at < walk->end &&
           (*walk->at == ' ' || *walk->at == '\t' || *walk->at == '\r' || *walk->at == '\n')) {
        walk->at++;
    }
}

static bool take(struct walk *walk, char byte)
{
    if (walk->at < walk->end && *walk->at == byte) {
        walk->at++;
        return true;
    }
    return fail(walk, LINE_BAD_JSON);
}

/* Takes a string with its quotes; `raw` is what stands between them, escapes and all. */
static bool walk_string(struct walk *walk, struct slice *raw, bool *has_escape)
{
    if (!take(walk, '"')) {
        return false;
    }
    const char *first = walk->at;
    if (!json_string_pass(&walk->at, walk->end, has_escape)) {
        return fail(walk, LINE_BAD_JSON);
    }
    *raw = (struct slice){.bytes = first, .size = (size_t)(walk->at - first)};
    walk->at++;
    return true;
}

/* At the scratch's end; the caller decides to keep it. */
static struct slice decode(const struct parse_scratch *scratch, struct slice raw)
{
    return json_string_decode(raw, scratch->bytes + scratch->used);
}

static bool pass_digits(struct walk *walk)
{
    const char *first = walk->at;
    while (walk->at < walk->end && *walk->at >= '0' && *walk->at <= '9') {
        walk->at++;
    }
    return walk->at > first || fail(walk, LINE_BAD_JSON);
}

static bool is_next(const struct walk *walk, char byte)
{
    return walk->at < walk->end && *walk->at == byte;
}

static bool walk_number(struct walk *walk)
{
    walk->at += is_next(walk, '-');
    if (is_next(walk, '0')) {
        walk->at++;
    } else if (!pass_digits(walk)) {
        return false;
    }
    if (is_next(walk, '.')) {
        walk->at++;
        if (!pass_digits(walk)) {
            return false;
        }
    }
    if (is_next(walk, 'e') || is_next(walk, 'E')) {
        walk->at++;
        walk->at += is_next(walk, '+') || is_next(walk, '-');
        return pass_digits(walk);
    }
    return true;
}

static bool walk_word(struct walk *walk, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(walk->end - walk->at) < size || memcmp(walk->at, word, size) != 0) {
        return fail(walk, LINE_BAD_JSON);
    }
    walk->at += size;
    return true;
}

/* A number, true, false or null. */
static bool walk_plain(struct walk *walk)
{
    switch (walk->at < walk->end ? *walk->at : '\0') {
    case 't':
        return walk_word(walk, "true");
    case 'f':
        return walk_word(walk, "false");
    case 'n':
        return walk_word(walk, "null");
    default:
        return walk_number(walk);
    }
}

static bool walk_list(struct walk *walk, int depth)
{
    walk->at++;
    pass_blanks(walk);
    if (is_next(walk, ']')) {
        walk->at++;
        return true;
    }
    for (;;) {
        pass_blanks(walk);
        if (!walk_value(walk, depth + 1)) {
            return false;
        }
        pass_blanks(walk);
        if (!is_next(walk, ',')) {
            return take(walk, ']');
        }
        walk->at++;
    }
}

/* The slot whose name ends with this key, or FIELD_ABSENT; `inner` learns which names go on inside. */
static int match_key(const struct walk *walk, const struct nesting *nesting, struct slice key,
                     struct nesting *inner, bool *has_inner)
{
    int found = FIELD_ABSENT;
    *has_inner = false;
    for (size_t i = 0; i < walk->map->count; i++) {
        inner->matched[i] = NAME_DEAD;
        size_t matched = nesting->matched[i];
        struct slice name = walk->map->names[i];
        bool is_hopeless = matched == NAME_DEAD || name.size - matched < key.size ||
                           (key.size > 0 && name.bytes[matched] != key.bytes[0]);
        if (is_hopeless || memcmp(name.bytes + matched, key.bytes, key.size) != 0) {
            continue;
        }
        size_t reached = matched + key.size;
        if (reached == name.size) {
            found = (int)i;
        } else if (name.bytes[reached] == '.' && reached + 1 < NAME_DEAD) {
            inner->matched[i] = (uint16_t)(reached + 1);
            *has_inner = true;
        }
    }
    return found;
}

static bool keep_value(struct walk *walk, int slot)
{
    struct slice *kept = &walk->fields->of[slot];
    const char *first = walk->at;
    if (is_next(walk, '{') || is_next(walk, '[')) {
        return fail(walk, LINE_BAD_VALUE_KIND);
    }
    if (is_next(walk, '"')) {
        bool has_escape;
        if (!walk_string(walk, kept, &has_escape)) {
            return false;
        }
        if (has_escape) {
            *kept = decode(walk->scratch, *kept);
            walk->scratch->used += kept->size;
        }
        return true;
    }
    if (!walk_plain(walk)) {
        return false;
    }
    bool is_null = *first == 'n';
    *kept = (struct slice){.bytes = is_null ? NULL : first,
                           .size = is_null ? 0 : (size_t)(walk->at - first)};
    return true;
}

static bool walk_object(struct walk *walk, const struct nesting *nesting, int depth);

static bool walk_member(struct walk *walk, const struct nesting *nesting, int depth)
{
    struct slice key;
    bool has_escape;
    if (!walk_string(walk, &key, &has_escape)) {
        return false;
    }
    if (has_escape) {
        key = decode(walk->scratch, key);
    }
    struct nesting inner;
    bool has_inner = false;
    int slot = nesting == NULL ? FIELD_ABSENT : match_key(walk, nesting, key, &inner, &has_inner);
    pass_blanks(walk);
    if (!take(walk, ':')) {
        return false;
    }
    pass_blanks(walk);
    if (slot != FIELD_ABSENT) {
        return keep_value(walk, slot);
    }
    if (has_inner && is_next(walk, '{')) {
        return walk_object(walk, &inner, depth + 1);
    }
    return walk_value(walk, depth + 1);
}

/* `nesting` NULL: nothing in here is wanted. */
static bool walk_object(struct walk *walk, const struct nesting *nesting, int depth)
{
    if (depth > NDJSON_DEPTH_MAX || !take(walk, '{')) {
        return fail(walk, LINE_BAD_JSON);
    }
    pass_blanks(walk);
    if (is_next(walk, '}')) {
        walk->at++;
        return true;
    }
    for (;;) {
        pass_blanks(walk);
        if (!walk_member(walk, nesting, depth)) {
            return false;
        }
        pass_blanks(walk);
        if (!is_next(walk, ',')) {
            return take(walk, '}');
        }
        walk->at++;
    }
}

static bool walk_value(struct walk *walk, int depth)
{
    if (depth > NDJSON_DEPTH_MAX) {
        return fail(walk, LINE_BAD_JSON);
    }
    if (is_next(walk, '{')) {
        return walk_object(walk, NULL, depth);
    }
    if (is_next(walk, '[')) {
        return walk_list(walk, depth);
    }
    if (is_next(walk, '"')) {
        struct slice raw;
        bool has_escape;
        return walk_string(walk, &raw, &has_escape);
    }
    return walk_plain(walk);
}

enum line_fate ndjson_format_parse(const struct field_map *map, struct slice line,
                                   struct parse_scratch *scratch, struct log_fields *fields,
                                   size_t *column)
{
    struct walk walk = {.at = line.bytes,
                        .end = line.bytes + line.size,
                        .map = map,
                        .fields = fields,
                        .scratch = scratch};
    const struct nesting nothing_matched = {{0}};
    pass_blanks(&walk);
    bool is_object = walk_object(&walk, &nothing_matched, 0);
    if (is_object) {
        pass_blanks(&walk);
        is_object = walk.at == walk.end || fail(&walk, LINE_BAD_JSON);
    }
    *column = (size_t)(walk.at - line.bytes) + 1;
    return is_object ? LINE_WITH_EVENT : walk.fate;
}
