/* json_object_fuzz.c - any bytes as a JSON object; what jansson reads has to be read, with the same texts. */
#include "loader/source/json_object.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void compare(json_t *expected, const struct json_member *member)
{
    json_t *value = json_object_getn(expected, member->name.bytes, member->name.size);
    if (value == NULL) {
        abort();
    }
    bool is_text = member->kind == JSON_KIND_STRING;
    if (is_text != json_is_string(value) ||
        (is_text && !slice_is_equal(member->bytes, (struct slice){json_string_value(value),
                                                                  json_string_length(value)}))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct json_object object;
    struct json_member member;
    size_t count = 0;
    int got;
    char *scratch = malloc(size + 1);
    json_t *expected =
        json_loadb((const char *)bytes, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    /* jansson takes a bare NUL byte for a blank. */
    bool is_object = json_is_object(expected) && memchr(bytes, '\0', size) == NULL;
    json_object_init(&object, (struct slice){(const char *)bytes, size}, scratch);
    while ((got = json_object_next(&object, &member)) > 0) {
        count++;
        if (is_object) {
            compare(expected, &member);
        }
    }
    size_t depth = 0; /* at most: beyond JSON_DEPTH_MAX is refused here alone */
    for (size_t i = 0; i < size; i++) {
        depth += bytes[i] == '[' || bytes[i] == '{';
    }
    if (is_object && depth <= JSON_DEPTH_MAX && (got != 0 || count != json_object_size(expected))) {
        abort();
    }
    json_decref(expected);
    free(scratch);
    return 0;
}
