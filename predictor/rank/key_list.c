/* key_list.c - see key_list.h.
 * Room: predictor/rank. May touch: the files it is given.
 * A hash table with open addressing over the ids; which entities are meant is a set of bits beside each. */
#include "predictor/rank/key_list.h"

#include "common/arena.h"
#include "common/csv_reader.h"
#include "common/csv_writer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { SLOTS_FIRST = 256, ENTITIES_ALL = (1 << ENTITY_COUNT) - 1, SHOWN_MAX = 5 };

struct item {
    struct slice id;
    unsigned entities; /* bit 1 << entity */
    bool is_found;
};

struct key_list {
    struct arena arena;
    struct item *items; /* [count], in the order of the files */
    size_t count, room;
    uint32_t *slots; /* [slot_count]: index of the item plus 1, 0 empty; at most half full */
    size_t slot_count;
};

struct key_list *key_list_new(struct error *err)
{
    struct key_list *list = calloc(1, sizeof *list);
    if (list == NULL) {
        error_set_memory(err, "reading a list of keys");
    }
    return list;
}

void key_list_free(struct key_list *list)
{
    if (list != NULL) {
        arena_free(&list->arena);
        free(list->items);
        free(list->slots);
        free(list);
    }
}

/* The slot of the id, or the empty one where it would go. */
static uint32_t *find_slot(const struct key_list *list, struct slice id)
{
    size_t at = XXH3_64bits(id.bytes, id.size) % list->slot_count;
    while (list->slots[at] != 0 && !slice_is_equal(list->items[list->slots[at] - 1].id, id)) {
        at = (at + 1) % list->slot_count;
    }
    return &list->slots[at];
}

static int grow(struct key_list *list, struct error *err)
{
    size_t slot_count = list->slot_count == 0 ? SLOTS_FIRST : list->slot_count * 2;
    struct item *items = realloc(list->items, slot_count / 2 * sizeof *items);
    if (items == NULL) {
        return error_set_memory(err, "reading a list of keys");
    }
    list->items = items;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return error_set_memory(err, "reading a list of keys");
    }
    free(list->slots);
    list->slots = slots;
    list->slot_count = slot_count;
    list->room = slot_count / 2;
    for (size_t i = 0; i < list->count; i++) {
        *find_slot(list, list->items[i].id) = (uint32_t)i + 1;
    }
    return 0;
}

static int add_key(struct key_list *list, struct slice id, unsigned entities, struct error *err)
{
    if (list->count == list->room && grow(list, err) != 0) {
        return -1;
    }
    uint32_t *slot = find_slot(list, id);
    if (*slot == 0) {
        struct slice copy = arena_copy(&list->arena, id);
        if (copy.bytes == NULL) {
            return error_set_memory(err, "reading a list of keys");
        }
        list->items[list->count++] = (struct item){.id = copy};
        *slot = (uint32_t)list->count;
    }
    list->items[*slot - 1].entities |= entities;
    return 0;
}

static int read_entities(const struct csv_reader *csv, const struct csv_record *record, int cell,
                         unsigned *entities, struct error *err)
{
    enum entity entity;
    *entities = ENTITIES_ALL;
    if (cell < 0 || record->fields[cell].size == 0) {
        return 0;
    }
    struct slice text = record->fields[cell];
    if (entity_parse(text, &entity) != 0) {
        return csv_reader_refuse(csv, record->line, err,
                                 "entity is neither user nor product: '%.*s'", SLICE_SHOWN(text));
    }
    *entities = 1U << entity;
    return 0;
}

static int read_keys(struct key_list *list, struct csv_reader *csv, struct error *err)
{
    struct csv_record record;
    unsigned entities;
    int got;
    int id_cell = csv_reader_find_column(csv, "id");
    int entity_cell = csv_reader_find_column(csv, "entity");
    if (id_cell < 0) {
        return csv_reader_refuse(csv, csv_reader_header(csv)->line, err,
                                 "the column 'id' is missing; a list of keys has the header id or "
                                 "entity,id");
    }
    while ((got = csv_reader_next(csv, &record, err)) > 0) {
        struct slice id = csv_writer_unguard(record.fields[id_cell]);
        if (id.size == 0 || id.size > ENTITY_ID_SIZE_MAX) {
            return csv_reader_refuse(csv, record.line, err, "an id has 1 to %d bytes, this one %zu",
                                     ENTITY_ID_SIZE_MAX, id.size);
        }
        if (read_entities(csv, &record, entity_cell, &entities, err) != 0 ||
            add_key(list, id, entities, err) != 0) {
            return -1;
        }
    }
    return got;
}

int key_list_load(struct key_list *list, const char *path, struct error *err)
{
    struct csv_reader *csv = csv_reader_open(path, err);
    if (csv == NULL) {
        return -1;
    }
    int result = read_keys(list, csv, err);
    csv_reader_close(csv);
    return result;
}

bool key_list_find(struct key_list *list, enum entity entity, struct slice id)
{
    if (list->count == 0) {
        return false;
    }
    uint32_t slot = *find_slot(list, id);
    if (slot == 0 || (list->items[slot - 1].entities & 1U << entity) == 0) {
        return false;
    }
    list->items[slot - 1].is_found = true;
    return true;
}

size_t key_list_count(const struct key_list *list)
{
    return list->count;
}

size_t key_list_print_missing(const struct key_list *list, char *text, size_t size)
{
    size_t missing_count = 0;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        if (item->is_found) {
            continue;
        }
        missing_count++;
        if (missing_count <= SHOWN_MAX + 1 && used < size) {
            bool is_last = missing_count > SHOWN_MAX;
            int written = is_last ? snprintf(text + used, size - used, ", ...")
                                  : snprintf(text + used, size - used, "%s%.*s",
                                             missing_count == 1 ? "" : ", ", SLICE_SHOWN(item->id));
            used += (size_t)written;
        }
    }
    return missing_count;
}
