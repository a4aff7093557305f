/* json_object.h - the members of one JSON object, one at a time, without building anything.
 * Room: loader/source. May touch: nothing. Pure.
 * Promises: what is not JSON (RFC 8259) is refused; nested values are checked, but handed on as they are. */
#ifndef REKINDLE_LOADER_JSON_OBJECT_H
#define REKINDLE_LOADER_JSON_OBJECT_H

#include "common/slice.h"

#include <stdbool.h>

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_STRING,  /* `bytes` are unescaped */
    JSON_KIND_NUMBER,  /* as it is written */
    JSON_KIND_LITERAL, /* true or false */
    JSON_KIND_NESTED   /* an object or an array, as it is written */
};

struct json_member {
    struct slice name; /* unescaped */
    enum json_kind kind;
    struct slice bytes;
};

struct json_object {
    const char *at, *end;
    char *scratch; /* where unescaped texts go */
    bool is_begun;
};

enum { JSON_DEPTH_MAX = 64 };

/* Begins with `text`, which is one object and perhaps blanks around it. `scratch` [text.size] holds what is unescaped;
 * both are borrowed until the last member was read. */
void json_object_init(struct json_object *object, struct slice text, char *scratch);

/* 1 and the next member, 0 behind the last one, -1 when it is not JSON, or no object. */
int json_object_next(struct json_object *object, struct json_member *member);

#endif
