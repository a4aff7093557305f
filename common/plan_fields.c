/* plan_fields.c - see plan_fields.h.
 * Room: common. May touch: what the CSV reader touches. */
#include "common/plan_fields.h"

#include "common/csv_writer.h"
#include "common/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- columns */

/* Other columns are the reviewers': remarks, formulas. */
static int check_once(const struct csv_reader *csv, const char *name, int cell, struct error *err)
{
    const struct csv_record *header = csv_reader_header(csv);
    for (size_t i = (size_t)cell + 1; i < header->field_count; i++) {
        if (slice_is_equal(header->fields[i], slice_of(name))) {
            return csv_reader_refuse(csv, header->line, err, "the column '%s' stands twice", name);
        }
    }
    return 0;
}

int plan_fields_bind(struct plan_fields *fields, struct csv_reader *csv, struct error *err)
{
    *fields = (struct plan_fields){.csv = csv};
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        const char *name = plan_columns[i].name;
        fields->cells[i] = csv_reader_find_column(csv, name);
        if (fields->cells[i] < 0) {
            return csv_reader_refuse(csv, csv_reader_header(csv)->line, err,
                                     "the column '%s' is missing", name);
        }
        if (check_once(csv, name, fields->cells[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- cells: each returns -1 for a bad one, without a message */

/* What some sheets make of a time: 2026/11/24, 2026/9/5 8:00, 2026/09/05 08:00:00. The year comes first, so nobody can take
 * the day for the month; the zone is gone, and was UTC. */
static int parse_time_of_sheet(struct slice cell, int64_t *unix_second)
{
    enum { DATE_PARTS = 3 };
    char text[CIVIL_TEXT_SIZE], plain[CIVIL_TEXT_SIZE * 2];
    int year, month, day, hour = 0, minute = 0, second = 0, end = 0;
    if (cell.size == 0 || cell.size >= sizeof text) {
        return -1;
    }
    memcpy(text, cell.bytes, cell.size);
    text[cell.size] = '\0';
    int found = sscanf(text, "%4d/%2d/%2d%n %2d:%2d%n:%2d%n", &year, &month, &day, &end, &hour,
                       &minute, &end, &second, &end);
    if (found < DATE_PARTS || text[end] != '\0') {
        return -1;
    }
    snprintf(plain, sizeof plain, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour, minute,
             second);
    return civil_parse_rfc3339(slice_of(plain), NULL, unix_second, NULL);
}

static int parse_time(struct plan_time_memory *memory, struct slice cell, int64_t *unix_second)
{
    if (cell.size == memory->size && memcmp(cell.bytes, memory->text, cell.size) == 0 &&
        cell.size > 0) {
        *unix_second = memory->unix_second;
        return 0;
    }
    if (civil_parse_rfc3339(cell, NULL, unix_second, NULL) != 0 &&
        parse_time_of_sheet(cell, unix_second) != 0) {
        return -1;
    }
    if (cell.size <= sizeof memory->text) {
        memcpy(memory->text, cell.bytes, cell.size);
        memory->size = cell.size;
        memory->unix_second = *unix_second;
    }
    return 0;
}

/* Sheets with a decimal comma keep a number as it was where they took it for text. */
static int parse_number(struct slice cell, char point, double *number)
{
    if (point == ',' && cell.size > 0 && memchr(cell.bytes, ',', cell.size) == NULL) {
        point = '.';
    }
    return decimal_parse(cell, point, number) == 0 && *number >= 0 ? 0 : -1;
}

static int parse_text(const struct plan_column *column, struct slice cell, struct slice *text)
{
    *text = csv_writer_unguard(cell);
    bool is_too_long = column->size_max > 0 && text->size > column->size_max;
    return is_too_long || (column->is_needed && text->size == 0) ? -1 : 0;
}

/* People write Skip, SKIP and "skip ". */
static bool is_word(struct slice cell, const char *word)
{
    while (cell.size > 0 && cell.bytes[0] == ' ') {
        cell = (struct slice){cell.bytes + 1, cell.size - 1};
    }
    while (cell.size > 0 && cell.bytes[cell.size - 1] == ' ') {
        cell.size--;
    }
    if (cell.size != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < cell.size; i++) {
        char byte = cell.bytes[i];
        if ((byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte) != word[i]) {
            return false;
        }
    }
    return true;
}

static int parse_action(struct slice cell, enum plan_action *action)
{
    if (is_word(cell, plan_action_name(PLAN_WARM))) {
        *action = PLAN_WARM;
        return 0;
    }
    *action = PLAN_SKIP;
    return is_word(cell, plan_action_name(PLAN_SKIP)) ? 0 : -1;
}

static int parse_cell(struct plan_fields *fields, size_t index, struct slice cell,
                      struct plan_row *row)
{
    const struct plan_column *column = &plan_columns[index];
    void *field = (char *)row + column->offset;
    switch (column->cell) {
    case PLAN_CELL_COUNT:
        return decimal_parse_count(cell, field);
    case PLAN_CELL_NUMBER:
        return parse_number(cell, csv_reader_decimal_point(fields->csv), field);
    case PLAN_CELL_TIME:
        return parse_time(&fields->times[index], cell, field);
    case PLAN_CELL_TEXT:
        return parse_text(column, cell, field);
    case PLAN_CELL_ENTITY:
        return entity_parse(cell, field);
    case PLAN_CELL_ACTION:
        return parse_action(cell, field);
    }
    return -1;
}

static int refuse_text(const struct plan_fields *fields, const struct plan_column *column,
                       struct slice cell, struct error *err)
{
    if (cell.size == 0) {
        return csv_reader_refuse(fields->csv, fields->line, err, "%s is empty", column->name);
    }
    return csv_reader_refuse(fields->csv, fields->line, err,
                             "%s is longer than %zu bytes: '%.*s...'", column->name,
                             column->size_max, SLICE_SHOWN(cell));
}

static int refuse_cell(const struct plan_fields *fields, const struct plan_column *column,
                       struct slice cell, struct error *err)
{
    static const char not_a_time[] = "is not a time as 2026-11-11T08:00:00Z (where a spreadsheet "
                                     "made this of it, import the column as text)";
    static const char *const wanted[] = {
        [PLAN_CELL_COUNT] = "is not a whole number",
        [PLAN_CELL_NUMBER] = "is not a number of 0 or more",
        [PLAN_CELL_TIME] = not_a_time,
        [PLAN_CELL_TEXT] = "",
        [PLAN_CELL_ENTITY] = "is neither user nor product",
        [PLAN_CELL_ACTION] = "is neither warm nor skip",
    };
    if (column->cell == PLAN_CELL_TEXT || cell.size == 0) {
        return refuse_text(fields, column, cell, err);
    }
    return csv_reader_refuse(fields->csv, fields->line, err, "%s %s: '%.*s'", column->name,
                             wanted[column->cell], SLICE_SHOWN(cell));
}

static int check_ranges(const struct plan_fields *fields, const struct plan_row *row,
                        struct error *err)
{
    if (row->rank == 0 || row->rank > PLAN_RANK_MAX) {
        return csv_reader_refuse(fields->csv, fields->line, err,
                                 "rank is not between 1 and %d: '%" PRIu64 "'", PLAN_RANK_MAX,
                                 row->rank);
    }
    if (row->p_return > 1 || row->p_low > 1 || row->p_high > 1) {
        return csv_reader_refuse(fields->csv, fields->line, err,
                                 "p_return, p_low or p_high is above 1");
    }
    return 0;
}

int plan_fields_next(struct plan_fields *fields, struct csv_record *record, struct plan_row *row,
                     struct error *err)
{
    int got = csv_reader_next(fields->csv, record, err);
    if (got <= 0) {
        return got;
    }
    fields->line = record->line;
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        if (fields->is_narrow && !plan_columns[i].is_loaded) {
            continue;
        }
        struct slice cell = record->fields[fields->cells[i]];
        if (parse_cell(fields, i, cell, row) != 0) {
            return refuse_cell(fields, &plan_columns[i], cell, err);
        }
    }
    return check_ranges(fields, row, err) == 0 ? 1 : -1;
}
