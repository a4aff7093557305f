/* attribute_table.c - see attribute_table.h: an index from id to row, and columns of small numbers.
 * Room: predictor/forecast. May touch: files, memory. */
#include "predictor/forecast/attribute_table.h"

#include "common/csv_reader.h"
#include "common/csv_writer.h"
#include "common/entity.h"
#include "common/key_set.h"

#include "predictor/forecast/attribute_column.h"
#include "predictor/forecast/hash_index.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_AT_FIRST = 1024, NOTE_SIZE = 160, NOTES_MAX = ATTRIBUTE_COLUMNS_MAX + 1 };
enum { GROUPINGS_MAX = 2 * ATTRIBUTE_COLUMNS_MAX };

/* One way to group the keys: the levels of a column, or its ranges. */
struct grouping {
    const struct attribute_column *column; /* the table's */
    uint16_t *codes;                       /* [ids.count] */
    size_t level_count;
    bool is_ranges; /* and owns its codes */
    struct attribute_ranges ranges;
};

struct attribute_table {
    struct hash_index ids;
    uint32_t *parents; /* [parent_room] of the rows; NULL without the column */
    size_t parent_room, parent_count;
    struct attribute_column columns[ATTRIBUTE_COLUMNS_MAX];
    size_t column_count;
    struct grouping groupings[GROUPINGS_MAX];
    size_t grouping_count;
    char notes[NOTES_MAX][NOTE_SIZE];
    size_t note_count;
};

/* ---- reading */

/* Where in a record things stand. */
struct layout {
    int id_cell, parent_cell; /* parent: -1 when there is none */
    int cells[ATTRIBUTE_COLUMNS_MAX];
    struct hash_index parent_names;
};

static char *add_note(struct attribute_table *table)
{
    return table->notes[table->note_count++];
}

static int bind_columns(struct attribute_table *table, struct layout *layout,
                        const struct csv_reader *csv, struct error *err)
{
    const struct csv_record *header = csv_reader_header(csv);
    layout->id_cell = csv_reader_find_column(csv, "id");
    layout->parent_cell = csv_reader_find_column(csv, "parent");
    if (layout->id_cell < 0 || header->field_count < 2) {
        return csv_reader_refuse(csv, header->line, err, "the header has no column %s",
                                 layout->id_cell < 0 ? "id" : "beside id, as parent or category");
    }
    for (size_t i = 0; i < header->field_count; i++) {
        if ((int)i == layout->id_cell || (int)i == layout->parent_cell ||
            header->fields[i].size == 0) {
            continue;
        }
        if (table->column_count == ATTRIBUTE_COLUMNS_MAX) {
            (void)snprintf(add_note(table), NOTE_SIZE,
                           "the column '%.*s' and those right of it are left out: up to %d are "
                           "used beside id and parent",
                           SLICE_SHOWN(header->fields[i]), ATTRIBUTE_COLUMNS_MAX);
            break;
        }
        layout->cells[table->column_count] = (int)i;
        attribute_column_open(&table->columns[table->column_count++], header->fields[i],
                              csv_reader_decimal_point(csv));
    }
    return 0;
}

static int set_parent(struct attribute_table *table, struct layout *layout, uint32_t row,
                      struct slice cell, struct error *err)
{
    if (row >= table->parent_room) {
        size_t room = table->parent_room == 0 ? ROWS_AT_FIRST : table->parent_room * 2;
        uint32_t *parents = realloc(table->parents, room * sizeof *parents);
        if (parents == NULL) {
            return error_set_memory(err, "reading attributes");
        }
        table->parents = parents;
        table->parent_room = room;
    }
    table->parents[row] =
        cell.size == 0 ? PARENT_NONE : hash_index_put(&layout->parent_names, key_set_hash(cell));
    table->parent_count = layout->parent_names.count;
    return cell.size > 0 && table->parents[row] == PARENT_NONE
               ? error_set_memory(err, "reading attributes")
               : 0;
}

static int keep_record(struct attribute_table *table, struct layout *layout,
                       const struct csv_reader *csv, const struct csv_record *record,
                       struct error *err)
{
    struct slice id = csv_writer_unguard(record->fields[layout->id_cell]);
    if (id.size == 0 || id.size > ENTITY_ID_SIZE_MAX) {
        return csv_reader_refuse(csv, record->line, err,
                                 "id: an id has 1 to %d bytes, this one %zu", ENTITY_ID_SIZE_MAX,
                                 id.size);
    }
    uint32_t row = hash_index_put(&table->ids, attribute_table_hash(id));
    if (row == HASH_INDEX_NONE) {
        return error_set_memory(err, "reading attributes");
    }
    if (layout->parent_cell >= 0 &&
        set_parent(table, layout, row, record->fields[layout->parent_cell], err) != 0) {
        return -1;
    }
    if (table->parent_count > PARENT_COUNT_MAX) {
        return csv_reader_refuse(csv, record->line, err, "parent: there are more than %d parents",
                                 PARENT_COUNT_MAX);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (attribute_column_set(&table->columns[i], row,
                                 csv_writer_unguard(record->fields[layout->cells[i]]), err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_file(struct attribute_table *table, const char *path, struct error *err)
{
    struct csv_record record;
    struct layout layout = {.id_cell = -1};
    struct csv_reader *csv = csv_reader_open(path, err);
    int got = csv == NULL ? -1 : bind_columns(table, &layout, csv, err);
    while (got == 0 && (got = csv_reader_next(csv, &record, err)) == 1) {
        got = keep_record(table, &layout, csv, &record, err);
    }
    csv_reader_close(csv);
    hash_index_free(&layout.parent_names);
    return got;
}

/* ---- groupings */

static int add_ranges(struct attribute_table *table, struct attribute_column *column,
                      struct error *err)
{
    struct grouping *grouping = &table->groupings[table->grouping_count++];
    *grouping = (struct grouping){.column = column, .is_ranges = true};
    grouping->codes = malloc((table->ids.count + 1) * sizeof *grouping->codes);
    if (grouping->codes == NULL) {
        return error_set_memory(err, "reading attributes");
    }
    if (attribute_column_cut(column, table->ids.count, &grouping->ranges, grouping->codes, err) !=
        0) {
        return -1;
    }
    grouping->level_count = grouping->ranges.count;
    return 0;
}

/* What groups keys: at least two values, of which at least two in three have come before. */
static const char *why_not_levels(const struct attribute_column *column, size_t row_count)
{
    if (column->has_too_many) {
        return "it has too many different values";
    }
    if (column->levels.count < 2) {
        return "all of its values are alike";
    }
    bool is_unique = column->levels.count * 3 > attribute_column_count_filled(column, row_count);
    return is_unique ? "hardly two of its values are alike" : NULL;
}

static int settle_column(struct attribute_table *table, struct attribute_column *column,
                         struct error *err)
{
    const char *why = why_not_levels(column, table->ids.count);
    bool has_ranges = attribute_column_has_ranges(column);
    if (why == NULL) {
        table->groupings[table->grouping_count++] = (struct grouping){
            .column = column, .codes = column->codes, .level_count = column->levels.count};
    }
    if (has_ranges && add_ranges(table, column, err) != 0) {
        return -1;
    }
    if (why != NULL && !has_ranges) {
        (void)snprintf(add_note(table), NOTE_SIZE, "the column '%s' is left out: %s", column->name,
                       why);
    }
    free(column->values);
    column->values = NULL;
    hash_index_free(&column->levels);
    return 0;
}

struct attribute_table *attribute_table_load(const char *path, struct error *err)
{
    struct attribute_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        (void)error_set_memory(err, "reading attributes");
        return NULL;
    }
    int result = read_file(table, path, err);
    for (size_t i = 0; i < table->column_count && result == 0; i++) {
        result = settle_column(table, &table->columns[i], err);
    }
    if (result != 0) {
        attribute_table_free(table);
        return NULL;
    }
    return table;
}

void attribute_table_free(struct attribute_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->grouping_count; i++) {
        if (table->groupings[i].is_ranges) {
            free(table->groupings[i].codes);
        }
    }
    for (size_t i = 0; i < table->column_count; i++) {
        attribute_column_close(&table->columns[i]);
    }
    hash_index_free(&table->ids);
    free(table->parents);
    free(table);
}

/* ---- asking */

uint32_t attribute_table_find(const struct attribute_table *table, uint64_t id_hash)
{
    return table == NULL ? ATTRIBUTE_ROW_NONE : hash_index_find(&table->ids, id_hash);
}

uint64_t attribute_table_hash(struct slice id)
{
    return key_set_hash(id);
}

uint32_t attribute_table_parent(const struct attribute_table *table, uint32_t row)
{
    return table == NULL || table->parents == NULL || row == ATTRIBUTE_ROW_NONE
               ? PARENT_NONE
               : table->parents[row];
}

size_t attribute_table_parent_count(const struct attribute_table *table)
{
    return table == NULL ? 0 : table->parent_count;
}

size_t attribute_table_grouping_count(const struct attribute_table *table)
{
    return table == NULL ? 0 : table->grouping_count;
}

size_t attribute_table_level_count(const struct attribute_table *table, size_t grouping)
{
    return table->groupings[grouping].level_count;
}

uint32_t attribute_table_level(const struct attribute_table *table, size_t grouping, uint32_t row)
{
    return row == ATTRIBUTE_ROW_NONE ? ATTRIBUTE_LEVEL_NONE : table->groupings[grouping].codes[row];
}

const char *attribute_table_name(const struct attribute_table *table, size_t grouping)
{
    return table->groupings[grouping].column->name;
}

const char *attribute_table_print(const struct attribute_table *table, size_t grouping,
                                  uint32_t level, char text[ATTRIBUTE_TEXT_SIZE])
{
    const struct grouping *group = &table->groupings[grouping];
    if (level == ATTRIBUTE_LEVEL_NONE || level > group->level_count) {
        text[0] = '\0';
    } else if (group->is_ranges) {
        (void)snprintf(text, ATTRIBUTE_TEXT_SIZE, "%s %.5g to %.5g", group->column->name,
                       (double)group->ranges.lows[level - 1],
                       (double)group->ranges.highs[level - 1]);
    } else {
        (void)snprintf(text, ATTRIBUTE_TEXT_SIZE, "%s %s", group->column->name,
                       group->column->texts[level - 1]);
    }
    return text;
}

const char *attribute_table_note(const struct attribute_table *table, size_t at)
{
    return table == NULL || at >= table->note_count ? NULL : table->notes[at];
}
