/* json_object.c - see json_object.h.
 * Room: loader/source. May touch: nothing.
 * A scanner that is handed from function to function; each returns false for what is not JSON. */
#include "loader/source/json_object.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    HEX_DIGITS = 4,
    HEX_BITS = 4,
    HEX_LETTERS = 10,
    CONTROL_END = 0x20,
    SURROGATE_HIGH = 0xd800,
    SURROGATE_LOW = 0xdc00,
    SURROGATE_END = 0xe000,
    SURROGATE_BITS = 10,
    BEYOND_PLANE_0 = 0x10000,
    TWO_BYTES_FROM = 0x80,
    THREE_BYTES_FROM = 0x800,
    TAIL_BITS = 6,
    TAIL_MASK = 0x3f,
    TAIL_MARK = 0x80,
    MARK_2 = 0xc0,
    MARK_3 = 0xe0,
    MARK_4 = 0xf0
};

void json_object_init(struct json_object *object, struct slice text, char *scratch)
{
    *object =
        (struct json_object){.at = text.bytes, .end = text.bytes + text.size, .scratch = scratch};
}

static void skip_blanks(struct json_object *object)
{
    while (object->at < object->end && (*object->at == ' ' || *object->at == '\t' ||
                                        *object->at == '\n' || *object->at == '\r')) {
        object->at++;
    }
}

static bool take_byte(struct json_object *object, char byte)
{
    if (object->at == object->end || *object->at != byte) {
        return false;
    }
    object->at++;
    return true;
}

/* ---- strings */

static bool take_hex(struct json_object *object, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < HEX_DIGITS; i++) {
        if (object->at == object->end) {
            return false;
        }
        char digit = *object->at++;
        uint32_t value;
        if (digit >= '0' && digit <= '9') {
            value = (uint32_t)(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            value = (uint32_t)(digit - 'a' + HEX_LETTERS);
        } else if (digit >= 'A' && digit <= 'F') {
            value = (uint32_t)(digit - 'A' + HEX_LETTERS);
        } else {
            return false;
        }
        *unit = *unit << HEX_BITS | value;
    }
    return true;
}

static char *put_utf8(char *at, uint32_t point)
{
    if (point < TWO_BYTES_FROM) {
        *at++ = (char)point;
        return at;
    }
    int tails = point < THREE_BYTES_FROM ? 1 : point < BEYOND_PLANE_0 ? 2 : 3;
    uint32_t mark = tails == 1 ? MARK_2 : tails == 2 ? MARK_3 : MARK_4;
    *at++ = (char)(mark | point >> (tails * TAIL_BITS));
    while (tails-- > 0) {
        *at++ = (char)(TAIL_MARK | (point >> (tails * TAIL_BITS) & TAIL_MASK));
    }
    return at;
}

/* What stands behind `\u`; a half of a pair alone is refused, because no UTF-8 can say it. */
static bool take_point(struct json_object *object, uint32_t *point)
{
    uint32_t low;
    if (!take_hex(object, point)) {
        return false;
    }
    if (*point < SURROGATE_HIGH || *point >= SURROGATE_END) {
        return true;
    }
    if (*point >= SURROGATE_LOW || !take_byte(object, '\\') || !take_byte(object, 'u') ||
        !take_hex(object, &low) || low < SURROGATE_LOW || low >= SURROGATE_END) {
        return false;
    }
    *point = BEYOND_PLANE_0 + ((*point - SURROGATE_HIGH) << SURROGATE_BITS) + (low - SURROGATE_LOW);
    return true;
}

static bool take_escape(struct json_object *object, char **to)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t point;
    if (object->at == object->end) {
        return false;
    }
    char letter = *object->at++;
    if (letter == 'u') {
        if (!take_point(object, &point)) {
            return false;
        }
        *to = put_utf8(*to, point);
        return true;
    }
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    if (found == NULL) {
        return false;
    }
    *(*to)++ = meanings[found - letters];
    return true;
}

/* Unescapes into the scratch, which is as long as the whole text and so never too short. */
static bool take_string(struct json_object *object, struct slice *text)
{
    char *begin = object->scratch, *to = begin;
    if (!take_byte(object, '"')) {
        return false;
    }
    while (object->at < object->end && *object->at != '"') {
        unsigned char byte = (unsigned char)*object->at++;
        if (byte < CONTROL_END || (byte == '\\' && !take_escape(object, &to))) {
            return false;
        }
        if (byte != '\\') {
            *to++ = (char)byte;
        }
    }
    object->scratch = to;
    *text = (struct slice){begin, (size_t)(to - begin)};
    return take_byte(object, '"');
}

/* ---- other values */

static size_t take_digits(struct json_object *object)
{
    const char *begin = object->at;
    while (object->at < object->end && *object->at >= '0' && *object->at <= '9') {
        object->at++;
    }
    return (size_t)(object->at - begin);
}

static bool take_number(struct json_object *object)
{
    (void)take_byte(object, '-');
    const char *whole = object->at;
    size_t digits = take_digits(object);
    if (digits == 0 || (digits > 1 && *whole == '0')) {
        return false;
    }
    if (take_byte(object, '.') && take_digits(object) == 0) {
        return false;
    }
    if (take_byte(object, 'e') || take_byte(object, 'E')) {
        (void)(take_byte(object, '+') || take_byte(object, '-'));
        return take_digits(object) > 0;
    }
    return true;
}

static bool take_word(struct json_object *object, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(object->end - object->at) < size || memcmp(object->at, word, size) != 0) {
        return false;
    }
    object->at += size;
    return true;
}

static bool take_plain(struct json_object *object, enum json_kind *kind)
{
    char first = object->at < object->end ? *object->at : '\0';
    switch (first) {
    case 't':
        *kind = JSON_KIND_LITERAL;
        return take_word(object, "true");
    case 'f':
        *kind = JSON_KIND_LITERAL;
        return take_word(object, "false");
    case 'n':
        *kind = JSON_KIND_NULL;
        return take_word(object, "null");
    default:
        *kind = JSON_KIND_NUMBER;
        return take_number(object);
    }
}

/* A string, number or word inside of a nested value, whose bytes nobody asks for. */
static bool pass_leaf(struct json_object *object)
{
    enum json_kind kind;
    struct slice text;
    if (object->at < object->end && *object->at == '"') {
        return take_string(object, &text);
    }
    return take_plain(object, &kind);
}

/* What nested values look for next. */
enum nested_state { WANT_VALUE, WANT_VALUE_OR_END, WANT_NAME, WANT_NAME_OR_END, WANT_COMMA_OR_END };

struct nesting {
    char closers[JSON_DEPTH_MAX];
    size_t depth;
    enum nested_state state;
};

static bool open_nested(struct json_object *object, struct nesting *nesting)
{
    if (nesting->depth == JSON_DEPTH_MAX) {
        return false;
    }
    bool is_object = *object->at++ == '{';
    nesting->closers[nesting->depth++] = is_object ? '}' : ']';
    nesting->state = is_object ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
    return true;
}

static bool pass_name(struct json_object *object, struct nesting *nesting)
{
    struct slice name;
    if (!take_string(object, &name)) {
        return false;
    }
    skip_blanks(object);
    nesting->state = WANT_VALUE;
    return take_byte(object, ':');
}

static bool pass_value(struct json_object *object, struct nesting *nesting)
{
    if (*object->at == '{' || *object->at == '[') {
        return open_nested(object, nesting);
    }
    nesting->state = WANT_COMMA_OR_END;
    return pass_leaf(object);
}

static bool pass_one(struct json_object *object, struct nesting *nesting)
{
    bool may_end = nesting->state != WANT_VALUE && nesting->state != WANT_NAME;
    if (may_end && take_byte(object, nesting->closers[nesting->depth - 1])) {
        nesting->depth--;
        nesting->state = WANT_COMMA_OR_END;
        return true;
    }
    switch (nesting->state) {
    case WANT_NAME:
    case WANT_NAME_OR_END:
        return pass_name(object, nesting);
    case WANT_VALUE:
    case WANT_VALUE_OR_END:
        return pass_value(object, nesting);
    case WANT_COMMA_OR_END:
        nesting->state = nesting->closers[nesting->depth - 1] == '}' ? WANT_NAME : WANT_VALUE;
        return take_byte(object, ',');
    }
    return false;
}

/* Passes over an object or array; its texts are unescaped for the check's sake and forgotten. */
static bool pass_nested(struct json_object *object)
{
    char *scratch = object->scratch;
    struct nesting nesting = {.depth = 0};
    bool is_fine = open_nested(object, &nesting);
    while (is_fine && nesting.depth > 0) {
        skip_blanks(object);
        is_fine = object->at < object->end && pass_one(object, &nesting);
        object->scratch = scratch;
    }
    return is_fine;
}

/* ---- members */

static bool take_value(struct json_object *object, struct json_member *member)
{
    const char *begin = object->at;
    char first = begin < object->end ? *begin : '\0';
    if (first == '"') {
        member->kind = JSON_KIND_STRING;
        return take_string(object, &member->bytes);
    }
    bool is_nested = first == '{' || first == '[';
    member->kind = JSON_KIND_NESTED;
    if (is_nested ? !pass_nested(object) : !take_plain(object, &member->kind)) {
        return false;
    }
    member->bytes = (struct slice){begin, (size_t)(object->at - begin)};
    return true;
}

/* Behind the object nothing but blanks may stand. */
static int finish(struct json_object *object)
{
    skip_blanks(object);
    return object->at == object->end ? 0 : -1;
}

int json_object_next(struct json_object *object, struct json_member *member)
{
    skip_blanks(object);
    bool is_first = !object->is_begun;
    object->is_begun = true;
    if (is_first && !take_byte(object, '{')) {
        return -1;
    }
    skip_blanks(object);
    if (take_byte(object, '}')) {
        return finish(object);
    }
    if (!is_first && !take_byte(object, ',')) {
        return -1;
    }
    skip_blanks(object);
    if (!take_string(object, &member->name)) {
        return -1;
    }
    skip_blanks(object);
    if (!take_byte(object, ':')) {
        return -1;
    }
    skip_blanks(object);
    return take_value(object, member) ? 1 : -1;
}
