/* ndjson_judge.h - jansson says what a line of JSON holds; shared by the unit test and the fuzz target.
 * Room: tests. May touch: jansson. */
#ifndef REKINDLE_TESTS_NDJSON_JUDGE_H
#define REKINDLE_TESTS_NDJSON_JUDGE_H

#include "predictor/ingest/ndjson_format.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static char ndjson_scratch_bytes[SCRATCH_SIZE];

/* The value of `name`, "a" or "a.b", as jansson sees it; NULL: not there. */
static inline const json_t *judge_find(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *dot = strchr(name, '.');
    if (value != NULL || dot == NULL) {
        return value;
    }
    char first[16] = "";
    memcpy(first, name, (size_t)(dot - name));
    const json_t *inner = json_object_get(object, first);
    return json_is_object(inner) ? json_object_get(inner, dot + 1) : NULL;
}

/* Errors of jansson that say nothing about the grammar: we read bytes, numbers as text, and names with escaped NUL bytes. */
static inline bool judge_abstains(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_invalid_utf8 || code == json_error_numeric_overflow ||
           code == json_error_stack_overflow || code == json_error_null_byte_in_key;
}

/* Does the scanner agree with jansson on `line`? Wanted are "t", "u" and "a.b". Lines with NUL bytes are refused
 * before they are parsed, and jansson takes such a byte for the end of the text. */
static inline bool judge_agrees(struct slice line)
{
    static const char *const names[] = {"t", "u", "a.b"};
    enum { NAME_COUNT = 3 };
    struct field_map map;
    struct log_fields fields = {{{NULL, 0}}};
    struct parse_scratch scratch = {.bytes = ndjson_scratch_bytes};
    struct error err;
    size_t column;
    if (line.size > 0 && memchr(line.bytes, '\0', line.size) != NULL) {
        return true;
    }
    field_map_init(&map);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (field_map_want(&map, slice_of(names[i]), &err) < 0) {
            return false;
        }
    }
    enum line_fate fate = ndjson_format_parse(&map, line, &scratch, &fields, &column);
    field_map_free(&map);
    json_error_t error;
    json_t *object =
        json_loadb(line.bytes, line.size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    if (object == NULL) {
        return judge_abstains(&error) || fate != LINE_WITH_EVENT;
    }
    if (!json_is_object(object)) {
        json_decref(object);
        return fate == LINE_BAD_JSON;
    }
    bool agrees = fate == LINE_WITH_EVENT || fate == LINE_BAD_VALUE_KIND;
    for (size_t i = 0; agrees && fate == LINE_WITH_EVENT && i < 2; i++) {
        const json_t *value = judge_find(object, names[i]);
        struct slice ours = fields.of[i];
        if (json_is_string(value)) {
            agrees =
                ours.size == json_string_length(value) &&
                (ours.size == 0 || memcmp(ours.bytes, json_string_value(value), ours.size) == 0);
        } else {
            agrees = (ours.bytes == NULL) == (value == NULL || json_is_null(value));
        }
    }
    json_decref(object);
    return agrees;
}

#endif
