/* parent_table.c - see parent_table.h: two open tables, from id to parent and, while reading, from parent's name.
 * Room: predictor/forecast. May touch: files, libcsv, memory. */
#include "predictor/forecast/parent_table.h"

#include "common/entity.h"
#include "common/key_set.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 65536, SLOTS_AT_FIRST = 1024, COLUMN_NONE = -1 };

struct parent_slot {
    uint64_t hash;
    uint32_t parent;
    bool is_used;
};

/* From a hash to a number. */
struct slot_map {
    struct parent_slot *slots; /* [slot_count], a power of two */
    size_t slot_count, count;
};

struct parent_table {
    struct slot_map ids;
    struct slot_map names; /* of the parents; emptied after reading */
    size_t parent_count;
};

static struct parent_slot *find_slot(const struct slot_map *map, uint64_t hash)
{
    size_t at = (size_t)hash & (map->slot_count - 1);
    while (map->slots[at].is_used && map->slots[at].hash != hash) {
        at = (at + 1) & (map->slot_count - 1);
    }
    return &map->slots[at];
}

static int grow(struct slot_map *map)
{
    struct slot_map wider = {.slot_count =
                                 map->slot_count == 0 ? SLOTS_AT_FIRST : map->slot_count * 2,
                             .count = map->count};
    wider.slots = calloc(wider.slot_count, sizeof *wider.slots);
    if (wider.slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].is_used) {
            *find_slot(&wider, map->slots[i].hash) = map->slots[i];
        }
    }
    free(map->slots);
    *map = wider;
    return 0;
}

/* The slot of `hash`, made when absent; NULL when out of memory. */
static struct parent_slot *put_slot(struct slot_map *map, uint64_t hash)
{
    if (map->count >= map->slot_count / 4 * 3 && grow(map) != 0) {
        return NULL;
    }
    struct parent_slot *slot = find_slot(map, hash);
    if (!slot->is_used) {
        *slot = (struct parent_slot){.hash = hash, .parent = PARENT_NONE, .is_used = true};
        map->count++;
    }
    return slot;
}

/* ---- reading */

struct reader {
    const char *path;
    struct error *err;
    struct parent_table *table;
    uint64_t line;
    int field, id_field, parent_field;
    bool has_id, has_parent, is_failed;
    uint64_t id_hash, parent_hash;
};

static void fail(struct reader *reader)
{
    reader->is_failed = true;
    (void)error_add_context(reader->err, "%s:%llu", reader->path, (unsigned long long)reader->line);
}

static void read_title(struct reader *reader, struct slice title)
{
    if (slice_is_equal(title, slice_of("id"))) {
        reader->id_field = reader->field;
    } else if (slice_is_equal(title, slice_of("parent"))) {
        reader->parent_field = reader->field;
    }
}

static void read_field(struct reader *reader, struct slice text)
{
    if (reader->field == reader->id_field) {
        reader->id_hash = parent_table_hash(text);
        reader->has_id = text.size > 0;
        if (text.size > ENTITY_ID_SIZE_MAX) {
            (void)error_set(reader->err, ERROR_INPUT, "the id is longer than %d bytes",
                            (int)ENTITY_ID_SIZE_MAX);
            fail(reader);
        }
    } else if (reader->field == reader->parent_field) {
        reader->parent_hash = parent_table_hash(text);
        reader->has_parent = text.size > 0;
    }
}

static void on_field(void *bytes, size_t size, void *context)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct reader *reader = context;
    struct slice text = {.bytes = bytes, .size = size};
    if (reader->is_failed) {
        return;
    }
    if (reader->line == 1 && reader->field == 0 && size >= strlen(byte_order_mark) &&
        memcmp(bytes, byte_order_mark, strlen(byte_order_mark)) == 0) {
        text.bytes += strlen(byte_order_mark);
        text.size -= strlen(byte_order_mark);
    }
    if (reader->line == 1) {
        read_title(reader, text);
    } else {
        read_field(reader, text);
    }
    reader->field++;
}

static int check_header(const struct reader *reader)
{
    if (reader->id_field == COLUMN_NONE || reader->parent_field == COLUMN_NONE) {
        return error_set(reader->err, ERROR_INPUT, "the header has no column %s",
                         reader->id_field == COLUMN_NONE ? "id" : "parent");
    }
    return 0;
}

static int keep_row(struct reader *reader)
{
    struct parent_table *table = reader->table;
    if (!reader->has_id) {
        return error_set(reader->err, ERROR_INPUT, "the row has no id");
    }
    if (!reader->has_parent) {
        return 0;
    }
    struct parent_slot *name = put_slot(&table->names, reader->parent_hash);
    struct parent_slot *id = put_slot(&table->ids, reader->id_hash);
    if (name == NULL || id == NULL) {
        return error_set_memory(reader->err, "reading attributes");
    }
    if (name->parent == PARENT_NONE) {
        name->parent = (uint32_t)table->parent_count++;
    }
    if (table->parent_count > PARENT_COUNT_MAX) {
        return error_set(reader->err, ERROR_INPUT, "there are more than %d parents",
                         (int)PARENT_COUNT_MAX);
    }
    id->parent = name->parent;
    return 0;
}

static void on_record(int terminator, void *context)
{
    struct reader *reader = context;
    (void)terminator;
    if (reader->is_failed) {
        return;
    }
    if ((reader->line == 1 ? check_header(reader) : keep_row(reader)) != 0) {
        fail(reader);
    }
    reader->line++;
    reader->field = 0;
    reader->has_id = reader->has_parent = false;
}

static int read_stream(FILE *stream, struct reader *reader)
{
    struct csv_parser parser;
    char *buffer = malloc(READ_SIZE);
    size_t size = 0;
    if (buffer == NULL || csv_init(&parser, 0) != 0) {
        free(buffer);
        return error_set_memory(reader->err, "reading attributes");
    }
    do {
        size = fread(buffer, 1, READ_SIZE, stream);
        if (csv_parse(&parser, buffer, size, on_field, on_record, reader) != size &&
            !reader->is_failed) {
            (void)error_set(reader->err, ERROR_INPUT, "%s", csv_strerror(csv_error(&parser)));
            fail(reader);
        }
    } while (size > 0 && !reader->is_failed);
    if (ferror(stream) && !reader->is_failed) {
        (void)error_set_errno(reader->err, ERROR_INPUT, errno, "cannot read %s", reader->path);
        reader->is_failed = true;
    }
    (void)csv_fini(&parser, on_field, on_record, reader);
    csv_free(&parser);
    free(buffer);
    if (!reader->is_failed && reader->line == 1) {
        return error_set(reader->err, ERROR_INPUT, "%s is empty", reader->path);
    }
    return reader->is_failed ? -1 : 0;
}

struct parent_table *parent_table_load(const char *path, struct error *err)
{
    struct parent_table *table = calloc(1, sizeof *table);
    struct reader reader = {.path = path,
                            .err = err,
                            .table = table,
                            .line = 1,
                            .id_field = COLUMN_NONE,
                            .parent_field = COLUMN_NONE};
    if (table == NULL) {
        (void)error_set_memory(err, "reading attributes");
        return NULL;
    }
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        (void)error_set_errno(err, ERROR_INPUT, errno, "cannot open %s", path);
        parent_table_free(table);
        return NULL;
    }
    int result = read_stream(stream, &reader);
    (void)fclose(stream);
    free(table->names.slots);
    table->names = (struct slot_map){0};
    if (result != 0) {
        parent_table_free(table);
        return NULL;
    }
    return table;
}

void parent_table_free(struct parent_table *table)
{
    if (table != NULL) {
        free(table->ids.slots);
        free(table->names.slots);
        free(table);
    }
}

uint32_t parent_table_find(const struct parent_table *table, uint64_t id_hash)
{
    if (table == NULL || table->ids.slot_count == 0) {
        return PARENT_NONE;
    }
    const struct parent_slot *slot = find_slot(&table->ids, id_hash);
    return slot->is_used ? slot->parent : PARENT_NONE;
}

uint64_t parent_table_hash(struct slice id)
{
    return key_set_hash(id);
}

size_t parent_table_count(const struct parent_table *table)
{
    return table == NULL ? 0 : table->parent_count;
}
