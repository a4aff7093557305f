/* attribute_files.c - see attribute_files.h.
 * Room: predictor (top). May touch: predictor/forecast, the files it is given. */
#include "predictor/attribute_files.h"

#include <string.h>

/* `product=FILE` to the place of its entity. */
static int note_option(const char *text, const char *paths[ENTITY_COUNT], struct error *err)
{
    const char *equals = strchr(text, '=');
    enum entity entity;
    if (equals == NULL || equals[1] == '\0' ||
        entity_parse((struct slice){text, (size_t)(equals - text)}, &entity) != 0) {
        return error_set(err, ERROR_USAGE, "--attributes: '%.80s' is not user=FILE or product=FILE",
                         text);
    }
    if (paths[entity] != NULL) {
        return error_set(err, ERROR_USAGE, "--attributes: %s is given twice, as %.80s and %.80s",
                         entity_name(entity), paths[entity], equals + 1);
    }
    paths[entity] = equals + 1;
    return 0;
}

/* What was found in a file, and what of it is of no use. */
static void tell(const struct message *message, const char *path, enum entity entity,
                 const struct attribute_table *table)
{
    const char *note;
    message_detail(message, "%s: %zu parents of %ss", path, attribute_table_parent_count(table),
                   entity_name(entity));
    for (size_t i = 0; i < attribute_table_grouping_count(table); i++) {
        message_detail(message, "%s: %zu groups by %s", path, attribute_table_level_count(table, i),
                       attribute_table_name(table, i));
    }
    for (size_t i = 0; (note = attribute_table_note(table, i)) != NULL; i++) {
        message_note(message, "%s: %s", path, note);
    }
}

int attribute_files_load(const struct pipeline *pipeline,
                         struct attribute_table *tables[ENTITY_COUNT], struct error *err)
{
    const struct option_list *options = &pipeline->options->attributes;
    const char *paths[ENTITY_COUNT] = {NULL};
    for (size_t i = 0; i < options->count; i++) {
        if (note_option(options->values[i], paths, err) != 0) {
            return -1;
        }
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const char *path = paths[i] == NULL ? pipeline->config->entities[i].attributes : paths[i];
        tables[i] = path == NULL ? NULL : attribute_table_load(path, err);
        if (path != NULL && tables[i] == NULL) {
            return -1;
        }
        if (path != NULL) {
            tell(pipeline->message, path, (enum entity)i, tables[i]);
        }
    }
    return 0;
}

void attribute_files_free(struct attribute_table *tables[ENTITY_COUNT])
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        attribute_table_free(tables[i]);
    }
}
