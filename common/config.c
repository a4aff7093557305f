/* config.c - see config.h.
 * Room: common. May touch: files, inih.
 * config_entries.c reads the lines; here they are put into the fields by the table of config_rows.c. */
#include "common/config.h"

#include "common/arena.h"
#include "common/config_entries.h"
#include "common/config_value.h"
#include "common/file_io.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    FILE_SIZE_MAX = 1024 * 1024,
};

/* The config and all it points to. */
struct store {
    struct config config; /* first, so that config_free finds the rest */
    struct arena arena;
    struct family *families;
    struct log_config *logs;
};

/* Where values come from. */
struct origin {
    const char *path, *folder;
    const struct config_entry *first;
};

static int refuse(const struct origin *origin, int64_t line, struct error *err)
{
    return error_add_context(err, "%.400s:%" PRId64, origin->path, line);
}

static size_t count_names(const struct origin *origin, const char *section)
{
    size_t count = 0;
    for (const struct config_entry *entry = origin->first; entry != NULL; entry = entry->next) {
        count += strcmp(entry->section, section) == 0;
    }
    return count; /* an upper bound: one for each key */
}

static int set_defaults(const struct config_target *target, const char *section, bool is_named,
                        struct error *err)
{
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        bool is_wanted =
            is_named ? strcmp(row->section, section) == 0 : !config_entries_is_named(row->section);
        if (is_wanted && row->default_text != NULL &&
            config_value_set(target, row, row->default_text, err) != 0) {
            return error_add_context(err, "the default of [%s] %s", row->section, row->key);
        }
    }
    return 0;
}

static struct family *find_or_add_family(struct store *store, const struct config_entry *entry)
{
    for (size_t i = 0; i < store->config.family_count; i++) {
        if (strcmp(store->families[i].name, entry->name) == 0) {
            return &store->families[i];
        }
    }
    struct family *family = &store->families[store->config.family_count++];
    family->name = entry->name;
    family->line = entry->line;
    return family;
}

static struct log_config *find_or_add_log(struct store *store, const struct config_entry *entry)
{
    for (size_t i = 0; i < store->config.log_count; i++) {
        if (strcmp(store->logs[i].name, entry->name) == 0) {
            return &store->logs[i];
        }
    }
    struct log_config *log = &store->logs[store->config.log_count++];
    log->name = entry->name;
    return log;
}

static struct entity_config *find_entity(struct store *store, const struct config_entry *entry,
                                         struct error *err)
{
    enum entity entity;
    if (entity_parse(slice_of(entry->name), &entity) != 0) {
        (void)error_set(err, ERROR_INPUT, "[entity %s]: an entity is user or product", entry->name);
        return NULL;
    }
    return &store->config.entities[entity];
}

/* The struct that the entry's field is in, with its defaults when it is new. */
static void *find_base(struct store *store, const struct config_entry *entry,
                       struct config_target *target, struct error *err)
{
    size_t before = store->config.family_count + store->config.log_count;
    if (strcmp(entry->section, "family") == 0) {
        target->base = find_or_add_family(store, entry);
    } else if (strcmp(entry->section, "log") == 0) {
        target->base = find_or_add_log(store, entry);
    } else if (strcmp(entry->section, "entity") == 0) {
        target->base = find_entity(store, entry, err);
    } else {
        target->base = &store->config;
    }
    bool is_new = store->config.family_count + store->config.log_count > before;
    if (is_new && set_defaults(target, entry->section, true, err) != 0) {
        return NULL;
    }
    return target->base;
}

static int apply_entries(struct store *store, const struct origin *origin, struct error *err)
{
    struct config_target target = {.arena = &store->arena, .folder = origin->folder};
    for (const struct config_entry *entry = origin->first; entry != NULL; entry = entry->next) {
        if (find_base(store, entry, &target, err) == NULL) {
            return refuse(origin, entry->line, err);
        }
        if (config_value_set(&target, entry->row, entry->value, err) != 0) {
            error_add_context(err, "%s", entry->row->key);
            return refuse(origin, entry->line, err);
        }
    }
    return 0;
}

static bool has_key(const struct origin *origin, const struct family *family, const char *key)
{
    for (const struct config_entry *entry = origin->first; entry != NULL; entry = entry->next) {
        if (strcmp(entry->name, family->name) == 0 && strcmp(entry->section, "family") == 0 &&
            strcmp(entry->row->key, key) == 0) {
            return true;
        }
    }
    return false;
}

static int check_family(const struct origin *origin, const struct family *family, struct error *err)
{
    static const char *const needed[] = {"entity", "key"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!has_key(origin, family, needed[i])) {
            error_set(err, ERROR_INPUT, "[family %s] has no '%s'", family->name, needed[i]);
            return refuse(origin, family->line, err);
        }
    }
    bool is_sql = family->source == SOURCE_MYSQL || family->source == SOURCE_SQLITE;
    if (is_sql && family->query == NULL) {
        error_set(err, ERROR_INPUT, "[family %s] has no 'query', which its source needs",
                  family->name);
        return refuse(origin, family->line, err);
    }
    return 0;
}

/* Two values under one cache key would overwrite each other. */
static int check_keys_differ(const struct store *store, const struct origin *origin, size_t later,
                             struct error *err)
{
    const struct family *family = &store->families[later];
    for (size_t i = 0; i < later; i++) {
        const struct key_template *other = &store->families[i].key;
        if (strcmp(family->key.before, other->before) == 0 &&
            strcmp(family->key.after, other->after) == 0) {
            error_set(err, ERROR_INPUT, "[family %s] and [family %s] have the same key",
                      store->families[i].name, family->name);
            return refuse(origin, family->line, err);
        }
    }
    return 0;
}

static int make_tables(struct store *store, const struct origin *origin, struct error *err)
{
    size_t families_size = count_names(origin, "family") * sizeof *store->families;
    size_t logs_size = count_names(origin, "log") * sizeof *store->logs;
    store->families = arena_take(&store->arena, families_size);
    store->logs = arena_take(&store->arena, logs_size);
    if (store->families == NULL || store->logs == NULL) {
        return error_set_memory(err, "reading the config");
    }
    memset(store->families, 0, families_size);
    memset(store->logs, 0, logs_size);
    store->config.families = store->families;
    store->config.logs = store->logs;
    return 0;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return ".";
    }
    size_t size = slash == path ? 1 : (size_t)(slash - path);
    return arena_copy_text(arena, (struct slice){path, size});
}

static int load_file(struct store *store, const char *path, struct error *err)
{
    char *text = NULL;
    size_t size;
    struct origin origin = {0};
    int result = -1;
    origin.path = store->config.path = arena_copy_text(&store->arena, slice_of(path));
    origin.folder = folder_of(&store->arena, path);
    if (origin.path == NULL || origin.folder == NULL) {
        return error_set_memory(err, "reading the config");
    }
    struct config_target target = {&store->config, &store->arena, origin.folder};
    if (file_read_whole(path, FILE_SIZE_MAX, &text, &size, err) != 0 ||
        set_defaults(&target, "", false, err) != 0 ||
        config_entries_parse(path, text, size, &store->arena, &origin.first, err) != 0 ||
        make_tables(store, &origin, err) != 0 || apply_entries(store, &origin, err) != 0) {
        goto done;
    }
    for (size_t i = 0; i < store->config.family_count; i++) {
        if (check_family(&origin, &store->families[i], err) != 0 ||
            check_keys_differ(store, &origin, i, err) != 0) {
            goto done;
        }
    }
    result = 0;
done:
    free(text);
    return result;
}

int config_load(const char *path, struct config **config, struct error *err)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return error_set_memory(err, "reading the config");
    }
    struct config_target defaults = {&store->config, &store->arena, NULL};
    int result =
        path == NULL ? set_defaults(&defaults, "", false, err) : load_file(store, path, err);
    if (result != 0) {
        config_free(&store->config);
        return -1;
    }
    *config = &store->config;
    return 0;
}

void config_free(struct config *config)
{
    if (config != NULL) {
        struct store *store = (struct store *)(void *)config;
        arena_free(&store->arena);
        free(store);
    }
}

const struct family *config_find_family(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->family_count; i++) {
        if (slice_is_equal(slice_of(config->families[i].name), name)) {
            return &config->families[i];
        }
    }
    return NULL;
}

const struct log_config *config_find_log(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->log_count; i++) {
        if (slice_is_equal(slice_of(config->logs[i].name), name)) {
            return &config->logs[i];
        }
    }
    return NULL;
}

struct spelling config_spell_family(const struct config *config, struct slice name)
{
    struct spelling spelling = spelling_of(name);
    for (size_t i = 0; i < config->family_count; i++) {
        spelling_offer(&spelling, slice_of(config->families[i].name));
    }
    return spelling;
}

struct spelling config_spell_log(const struct config *config, struct slice name)
{
    struct spelling spelling = spelling_of(name);
    for (size_t i = 0; i < config->log_count; i++) {
        spelling_offer(&spelling, slice_of(config->logs[i].name));
    }
    return spelling;
}
