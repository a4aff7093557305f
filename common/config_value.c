/* config_value.c - see config_value.h.
 * Room: common. May touch: the config's folder, for its whole name. */
#include "common/config_value.h"

#include "common/config.h"
#include "common/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SOCKET_PREFIX "unix:"

static int set_text(const struct config_target *target, const char *text, void *field,
                    struct error *err)
{
    const char *copy = arena_copy_text(target->arena, slice_of(text));
    *(const char **)field = copy;
    return copy == NULL ? error_set_memory(err, "reading the config") : 0;
}

/* `prefix` stays in front, the path behind it is taken from the config's folder. */
static int set_path(const struct config_target *target, const char *prefix, const char *path,
                    void *field, struct error *err)
{
    bool is_relative = path[0] != '/' && target->folder != NULL;
    const char *folder = is_relative ? target->folder : "";
    const char *slash = is_relative ? "/" : "";
    size_t size = strlen(prefix) + strlen(folder) + strlen(path) + 2;
    char *text = arena_take(target->arena, size);
    if (text == NULL) {
        return error_set_memory(err, "reading the config");
    }
    snprintf(text, size, "%s%s%s%s", prefix, folder, slash, path);
    *(const char **)field = text;
    return 0;
}

/* A socket's whole name, wherever we were started: it names the target, and two shops' `cache.sock` are two. */
static int set_socket(const struct config_target *target, const char *path, void *field,
                      struct error *err)
{
    char *folder = target->folder == NULL ? NULL : realpath(target->folder, NULL);
    struct config_target whole = *target;
    whole.folder = folder == NULL ? target->folder : folder;
    int result = set_path(&whole, SOCKET_PREFIX, path, field, err);
    free(folder);
    return result;
}

static int set_address(const struct config_target *target, const char *text, void *field,
                       struct error *err)
{
    size_t prefix_size = sizeof SOCKET_PREFIX - 1;
    if (strncmp(text, SOCKET_PREFIX, prefix_size) == 0 && text[prefix_size] != '\0') {
        return set_socket(target, text + prefix_size, field, err);
    }
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0') {
        return error_set(err, ERROR_INPUT,
                         "'%.80s' is not an address; write 127.0.0.1:6379 or unix:/run/redis.sock",
                         text);
    }
    return set_text(target, text, field, err);
}

static int set_count(const struct config_row *row, const char *text, int64_t *field,
                     struct error *err)
{
    uint64_t count;
    if (units_parse_count(text, &count, err) != 0) {
        return -1;
    }
    if ((int64_t)count < row->min || (int64_t)count > row->max) {
        return error_set(err, ERROR_INPUT, "%.60s is not between %" PRId64 " and %" PRId64, text,
                         row->min, row->max);
    }
    *field = (int64_t)count;
    return 0;
}

static int set_bytes(const struct config_row *row, const char *text, uint64_t *field,
                     struct error *err)
{
    char most[UNITS_TEXT_SIZE];
    if (units_parse_bytes(text, field, err) != 0) {
        return -1;
    }
    return row->max == 0 || *field <= (uint64_t)row->max
               ? 0
               : error_set(err, ERROR_INPUT, "%.60s is more than %s, which no value may have", text,
                           units_print_bytes(most, (uint64_t)row->max));
}

static int set_cost(const char *text, double *field, struct error *err)
{
    enum { US_PER_MS = 1000, TEXT_SIZE_MAX = 40 };
    static const char suffix[] = "ms";
    char number[TEXT_SIZE_MAX];
    size_t size = strlen(text);
    bool is_micro = size > 2 && strcmp(text + size - 2, "us") == 0;
    if (size > 2 && size < sizeof number && (is_micro || strcmp(text + size - 2, suffix) == 0)) {
        memcpy(number, text, size - 2);
        number[size - 2] = '\0';
        if (units_parse_number(number, field, err) == 0 && *field > 0) {
            *field /= is_micro ? US_PER_MS : 1;
            return 0;
        }
    } else {
        int64_t cost_ms;
        if (units_parse_duration_ms(text, &cost_ms, err) == 0 && cost_ms > 0) {
            *field = (double)cost_ms;
            return 0;
        }
    }
    return error_set(err, ERROR_INPUT, "'%.60s' is not a cost; write 12ms, 0.4ms or 350us", text);
}

/* A name and the value it stands for. */
struct word {
    const char *name;
    int value;
};

static int find_word(const struct word *words, const char *text)
{
    for (; words->name != NULL; words++) {
        if (strcmp(words->name, text) == 0) {
            return words->value;
        }
    }
    return -1;
}

static int set_switch(const char *text, bool *field, struct error *err)
{
    static const struct word words[] = {{"yes", 1}, {"no", 0},  {"true", 1}, {"false", 0},
                                        {"on", 1},  {"off", 0}, {NULL, 0}};
    int value = find_word(words, text);
    if (value < 0) {
        return error_set(err, ERROR_INPUT, "'%.60s' is neither yes nor no", text);
    }
    *field = value == 1;
    return 0;
}

static int set_loss(const char *text, bool *field, struct error *err)
{
    static const struct word words[] = {{"serve", 0}, {"degrade", 1}, {NULL, 0}};
    int value = find_word(words, text);
    if (value < 0) {
        return error_set(err, ERROR_INPUT, "'%.60s' is neither serve nor degrade", text);
    }
    *field = value == 1;
    return 0;
}

static int set_source(const char *text, enum family_source *field, struct error *err)
{
    static const struct word words[] = {{"mysql", SOURCE_MYSQL},
                                        {"sqlite", SOURCE_SQLITE},
                                        {"file", SOURCE_FILE},
                                        {"http", SOURCE_HTTP},
                                        {NULL, 0}};
    int value = find_word(words, text);
    if (value < 0) {
        return error_set(err, ERROR_INPUT,
                         "there is no source '%.60s'; write mysql, sqlite, file or http", text);
    }
    *field = (enum family_source)value;
    return 0;
}

static int set_entity(const char *text, enum entity *field, struct error *err)
{
    if (entity_parse(slice_of(text), field) != 0) {
        return error_set(err, ERROR_INPUT, "'%.60s' is neither user nor product", text);
    }
    return 0;
}

static int set_value(const struct config_target *target, const char *text, struct family *family,
                     struct error *err)
{
    static const char raw[] = "raw:";
    static const char template[] = "template:";
    size_t raw_size = sizeof raw - 1;
    size_t template_size = sizeof template - 1;
    if (strcmp(text, "json") == 0 || strcmp(text, "hash") == 0) {
        family->value = text[0] == 'j' ? VALUE_JSON : VALUE_HASH;
        return 0;
    }
    if (strncmp(text, raw, raw_size) == 0 && text[raw_size] != '\0') {
        family->value = VALUE_RAW;
        return set_text(target, text + raw_size, &family->value_column, err);
    }
    if (strncmp(text, template, template_size) == 0 && text[template_size] != '\0') {
        family->value = VALUE_TEMPLATE;
        return set_text(target, text + template_size, &family->value_template, err);
    }
    return error_set(
        err, ERROR_INPUT,
        "'%.60s' is no way to write a value; write json, hash, raw:COLUMN or template:TEXT", text);
}

static const char *find_once(const char *text, const char *wanted)
{
    const char *at = strstr(text, wanted);
    return at == NULL || strstr(at + 1, wanted) != NULL ? NULL : at;
}

/* Ids are bound as parameters in the place of {ids}: anywhere else they would be a mistake. */
static int set_query(const struct config_target *target, const char *text, void *field,
                     struct error *err)
{
    if (find_once(text, "({ids})") == NULL || find_once(text, "{ids}") == NULL) {
        return error_set(
            err, ERROR_INPUT,
            "the query has to hold ({ids}) exactly once, as in WHERE id IN ({ids}): '%.200s'",
            text);
    }
    return set_text(target, text, field, err);
}

static int set_ttl(const char *text, int64_t *field, struct error *err)
{
    static const char start[] = "event_end";
    const char *at = text;
    *field = 0;
    if (strncmp(at, start, sizeof start - 1) != 0) {
        goto bad;
    }
    at += sizeof start - 1;
    at += strspn(at, " ");
    if (*at == '\0') {
        return 0;
    }
    if (*at == '+') {
        at++;
        at += strspn(at, " ");
        if (units_parse_duration_second(at, field, err) == 0) {
            return 0;
        }
    }
bad:
    return error_set(
        err, ERROR_INPUT,
        "'%.60s' is not a lifetime; write event_end + 6h, so that nothing ends in the event", text);
}

int config_value_set(const struct config_target *target, const struct config_row *row,
                     const char *text, struct error *err)
{
    void *field = (char *)target->base + row->offset;
    if (text[0] == '\0') {
        return error_set(err, ERROR_INPUT, "there is no value behind the =");
    }
    switch (row->kind) {
    case CONFIG_TEXT:
        return set_text(target, text, field, err);
    case CONFIG_PATH:
        return set_path(target, "", text, field, err);
    case CONFIG_ADDRESS:
        return set_address(target, text, field, err);
    case CONFIG_COUNT:
        return set_count(row, text, field, err);
    case CONFIG_BYTES:
        return set_bytes(row, text, field, err);
    case CONFIG_DURATION_SECOND:
        return units_parse_duration_second(text, field, err);
    case CONFIG_DURATION_MS:
        return units_parse_duration_ms(text, field, err);
    case CONFIG_COST_MS:
        return set_cost(text, field, err);
    case CONFIG_SHARE:
        return units_parse_share(text, field, err);
    case CONFIG_SWITCH:
        return set_switch(text, field, err);
    case CONFIG_LOSS:
        return set_loss(text, field, err);
    case CONFIG_ENTITY:
        return set_entity(text, field, err);
    case CONFIG_SOURCE:
        return set_source(text, field, err);
    case CONFIG_VALUE:
        return set_value(target, text, target->base, err);
    case CONFIG_KEY:
        return key_template_parse(text, field, err);
    case CONFIG_QUERY:
        return set_query(target, text, field, err);
    case CONFIG_TTL:
        return set_ttl(text, field, err);
    }
    return 0;
}
