/* key_template.h - `user:{id}:profile` and an id make a cache key.
 * Room: common. May touch: nothing. */
#ifndef REKINDLE_COMMON_KEY_TEMPLATE_H
#define REKINDLE_COMMON_KEY_TEMPLATE_H

#include "common/error.h"
#include "common/slice.h"

enum { KEY_TEMPLATE_SIZE_MAX = 512, KEY_SIZE_MAX = 1024 };

struct key_template {
    char before[KEY_TEMPLATE_SIZE_MAX]; /* what stands before {id}; terminated */
    char after[KEY_TEMPLATE_SIZE_MAX];  /* what stands after it; terminated */
    size_t before_size, after_size;
};

/* Parses `text`, which holds `{id}` exactly once; other braces are kept as they are (Redis hash tags:
 * `{user:{id}}:profile` is a tag around the rendered id). ERROR_INPUT otherwise, or when what stands around
 * {id} is so long that the key of an id of ENTITY_ID_SIZE_MAX bytes would not fit into KEY_SIZE_MAX. */
int key_template_parse(const char *text, struct key_template *key_template,
                       struct error *err) MUST_CHECK;

/* Renders into `key` (size KEY_SIZE_MAX, not terminated) and returns the length, or 0 when it is too long. */
size_t key_template_render(const struct key_template *key_template, struct slice id, char *key);

#endif
