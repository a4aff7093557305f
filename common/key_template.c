/* key_template.c - see key_template.h.
 * Room: common. May touch: nothing. */
#include "common/key_template.h"

static const char placeholder[] = "{id}";
enum { PLACEHOLDER_SIZE = sizeof placeholder - 1 };

int key_template_parse(const char *text, struct key_template *key_template, struct error *err)
{
    const char *at = strstr(text, placeholder);
    if (at == NULL || strstr(at + PLACEHOLDER_SIZE, placeholder) != NULL) {
        return error_set(err, ERROR_INPUT,
                         "the key '%.80s' has to hold {id} exactly once, as user:{id}:profile",
                         text);
    }
    size_t before_size = (size_t)(at - text);
    size_t after_size = strlen(at + PLACEHOLDER_SIZE);
    if (before_size + after_size >= KEY_TEMPLATE_SIZE_MAX) {
        return error_set(err, ERROR_INPUT, "the key '%.80s...' is longer than %d bytes", text,
                         KEY_TEMPLATE_SIZE_MAX - 1 + PLACEHOLDER_SIZE);
    }
    memcpy(key_template->before, text, before_size);
    key_template->before[before_size] = '\0';
    memcpy(key_template->after, at + PLACEHOLDER_SIZE, after_size + 1);
    key_template->before_size = before_size;
    key_template->after_size = after_size;
    return 0;
}

size_t key_template_render(const struct key_template *key_template, struct slice id, char *key)
{
    size_t around = key_template->before_size + key_template->after_size;
    if (id.size > KEY_SIZE_MAX || around + id.size > KEY_SIZE_MAX) {
        return 0;
    }
    memcpy(key, key_template->before, key_template->before_size);
    char *at = key + key_template->before_size;
    if (id.size > 0) {
        memcpy(at, id.bytes, id.size);
    }
    memcpy(at + id.size, key_template->after, key_template->after_size);
    return around + id.size;
}
