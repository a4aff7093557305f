/* plan_reader.c - see plan_reader.h.
 * Room: common. May touch: files.
 * One pass looks at every row. While the ranks rise from line to line nothing is remembered; at the first that
 * does not, the pass starts again and keeps (rank, line, offset) of every row, sorted afterwards. */
#include "common/plan_reader.h"

#include "common/civil_time.h"
#include "common/csv_reader.h"
#include "common/csv_writer.h"
#include "common/decimal.h"
#include "common/plan_columns.h"
#include "common/units.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHOWN_SIZE_MAX = 60 }; /* bytes of a bad value in a message */

struct place {
    uint32_t rank, line;
    uint64_t offset;
};

/* A time cell costs less when it says the same as in the row before. */
struct time_memory {
    char text[CIVIL_TEXT_SIZE];
    size_t size;
    int64_t unix_second;
};

struct plan_reader {
    struct csv_reader *csv;
    int cells[PLAN_COLUMN_COUNT]; /* where each column stands in the file */
    struct time_memory times[PLAN_COLUMN_COUNT];
    bool is_indexed;
    struct place *places; /* [place_count], only when indexed */
    size_t place_count, place_room, place_next;
    uint64_t line;      /* of the row last read */
    uint64_t last_rank; /* of the row last read, 0 before the first */
};

#define SHOWN(slice)                                                                               \
    (int)((slice).size < SHOWN_SIZE_MAX ? (slice).size : SHOWN_SIZE_MAX), (slice).bytes

/* ---- columns */

static int check_known_columns(const struct csv_reader *csv, struct error *err)
{
    const struct csv_record *header = csv_reader_header(csv);
    for (size_t i = 0; i < header->field_count; i++) {
        struct slice name = header->fields[i];
        size_t known = 0;
        while (known < PLAN_COLUMN_COUNT &&
               !slice_is_equal(name, slice_of(plan_columns[known].name))) {
            known++;
        }
        if (known == PLAN_COLUMN_COUNT) {
            return csv_reader_refuse(csv, header->line, err,
                                     "unknown column '%.*s'; a plan has the columns " PLAN_COLUMNS,
                                     SHOWN(name));
        }
        for (size_t j = 0; j < i; j++) {
            if (slice_is_equal(name, header->fields[j])) {
                return csv_reader_refuse(csv, header->line, err, "the column '%.*s' stands twice",
                                         SHOWN(name));
            }
        }
    }
    return 0;
}

static int bind_columns(struct plan_reader *reader, struct error *err)
{
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        reader->cells[i] = csv_reader_find_column(reader->csv, plan_columns[i].name);
        if (reader->cells[i] < 0) {
            return csv_reader_refuse(reader->csv, csv_reader_header(reader->csv)->line, err,
                                     "the column '%s' is missing", plan_columns[i].name);
        }
    }
    return check_known_columns(reader->csv, err);
}

/* ---- cells: each returns -1 for a bad one, without a message */

static int parse_time(struct time_memory *memory, struct slice cell, int64_t *unix_second)
{
    if (cell.size == memory->size && memcmp(cell.bytes, memory->text, cell.size) == 0 &&
        cell.size > 0) {
        *unix_second = memory->unix_second;
        return 0;
    }
    if (civil_parse_rfc3339(cell, NULL, unix_second, NULL) != 0) {
        return -1;
    }
    if (cell.size <= sizeof memory->text) {
        memcpy(memory->text, cell.bytes, cell.size);
        memory->size = cell.size;
        memory->unix_second = *unix_second;
    }
    return 0;
}

static int parse_number(struct slice cell, char point, double *number)
{
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

static int parse_cell(struct plan_reader *reader, size_t index, struct slice cell,
                      struct plan_row *row)
{
    const struct plan_column *column = &plan_columns[index];
    void *field = (char *)row + column->offset;
    switch (column->cell) {
    case PLAN_CELL_COUNT:
        return decimal_parse_count(cell, field);
    case PLAN_CELL_NUMBER:
        return parse_number(cell, csv_reader_decimal_point(reader->csv), field);
    case PLAN_CELL_TIME:
        return parse_time(&reader->times[index], cell, field);
    case PLAN_CELL_TEXT:
        return parse_text(column, cell, field);
    case PLAN_CELL_ENTITY:
        return entity_parse(cell, field);
    case PLAN_CELL_ACTION:
        return parse_action(cell, field);
    }
    return -1;
}

static int refuse_text(const struct plan_reader *reader, const struct plan_column *column,
                       struct slice cell, struct error *err)
{
    if (cell.size == 0) {
        return csv_reader_refuse(reader->csv, reader->line, err, "%s is empty", column->name);
    }
    return csv_reader_refuse(reader->csv, reader->line, err,
                             "%s is longer than %zu bytes: '%.*s...'", column->name,
                             column->size_max, SHOWN(cell));
}

static int refuse_cell(const struct plan_reader *reader, const struct plan_column *column,
                       struct slice cell, struct error *err)
{
    static const char *const wanted[] = {
        [PLAN_CELL_COUNT] = "is not a whole number",
        [PLAN_CELL_NUMBER] = "is not a number of 0 or more",
        [PLAN_CELL_TIME] = "is not a time as 2026-11-11T08:00:00Z",
        [PLAN_CELL_TEXT] = "",
        [PLAN_CELL_ENTITY] = "is neither user nor product",
        [PLAN_CELL_ACTION] = "is neither warm nor skip",
    };
    if (column->cell == PLAN_CELL_TEXT || cell.size == 0) {
        return refuse_text(reader, column, cell, err);
    }
    return csv_reader_refuse(reader->csv, reader->line, err, "%s %s: '%.*s'", column->name,
                             wanted[column->cell], SHOWN(cell));
}

static int check_ranges(const struct plan_reader *reader, const struct plan_row *row,
                        struct error *err)
{
    if (row->rank == 0 || row->rank > PLAN_RANK_MAX) {
        return csv_reader_refuse(reader->csv, reader->line, err,
                                 "rank is not between 1 and %d: '%" PRIu64 "'", PLAN_RANK_MAX,
                                 row->rank);
    }
    if (row->p_return > 1 || row->p_low > 1 || row->p_high > 1) {
        return csv_reader_refuse(reader->csv, reader->line, err,
                                 "p_return, p_low or p_high is above 1");
    }
    return 0;
}

/* 1 and the next row of the file, 0 at the end, -1 on error. */
static int read_row(struct plan_reader *reader, struct csv_record *record, struct plan_row *row,
                    struct error *err)
{
    int got = csv_reader_next(reader->csv, record, err);
    if (got <= 0) {
        return got;
    }
    reader->line = record->line;
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        struct slice cell = record->fields[reader->cells[i]];
        if (parse_cell(reader, i, cell, row) != 0) {
            return refuse_cell(reader, &plan_columns[i], cell, err);
        }
    }
    return check_ranges(reader, row, err) == 0 ? 1 : -1;
}

/* ---- the first pass */

struct survey {
    struct plan_identity *identity;
    struct plan_digest digest;
    struct plan_row first; /* its `event` lies in identity->event; the other texts are not kept */
    uint64_t first_line;
};

static bool is_shared_value(const struct plan_column *column, const struct plan_row *row,
                            const struct plan_row *first)
{
    const char *mine = (const char *)row + column->offset;
    const char *theirs = (const char *)first + column->offset;
    if (column->cell == PLAN_CELL_TIME) {
        return *(const int64_t *)(const void *)mine == *(const int64_t *)(const void *)theirs;
    }
    return slice_is_equal(*(const struct slice *)(const void *)mine,
                          *(const struct slice *)(const void *)theirs);
}

static int check_shared(const struct plan_reader *reader, const struct survey *survey,
                        const struct csv_record *record, const struct plan_row *row,
                        struct error *err)
{
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        if (plan_columns[i].is_shared && !is_shared_value(&plan_columns[i], row, &survey->first)) {
            return csv_reader_refuse(reader->csv, reader->line, err,
                                     "%s is '%.*s', which differs from line %" PRIu64
                                     ": a plan is made for one event at one time",
                                     plan_columns[i].name, SHOWN(record->fields[reader->cells[i]]),
                                     survey->first_line);
        }
    }
    return 0;
}

static void keep_shared(struct survey *survey, const struct plan_row *row, uint64_t line)
{
    struct plan_identity *identity = survey->identity;
    if (row->event.size > 0) {
        memcpy(identity->event, row->event.bytes, row->event.size);
    }
    identity->event[row->event.size] = '\0';
    identity->window_start_unix = row->window_start_unix;
    identity->window_end_unix = row->window_end_unix;
    identity->as_of_unix = row->as_of_unix;
    survey->first = *row;
    survey->first.event.bytes = identity->event;
    survey->first_line = line;
}

static int keep_place(struct plan_reader *reader, const struct csv_record *record, uint64_t rank,
                      struct error *err)
{
    enum { ROOM_FIRST = 4096 };
    if (reader->place_count == reader->place_room) {
        size_t room = reader->place_room == 0 ? ROOM_FIRST : reader->place_room * 2;
        struct place *places = realloc(reader->places, room * sizeof *places);
        if (places == NULL) {
            return error_set_memory(err, "sorting the plan by rank");
        }
        reader->places = places;
        reader->place_room = room;
    }
    reader->places[reader->place_count++] = (struct place){
        .rank = (uint32_t)rank,
        .line = record->line < UINT32_MAX ? (uint32_t)record->line : UINT32_MAX,
        .offset = record->offset,
    };
    return 0;
}

static void count_row(struct survey *survey, const struct plan_row *row)
{
    struct plan_identity *identity = survey->identity;
    identity->row_count++;
    if (row->rank > identity->last_rank) {
        identity->last_rank = row->rank;
    }
    if (row->action == PLAN_WARM) {
        identity->warm_count++;
        identity->benefit_ms += row->benefit_ms;
        identity->size_bytes += row->size_bytes;
    }
    plan_digest_add(&survey->digest, row);
}

/* 1 when the whole file was looked at, 0 when its ranks do not rise and it has to be indexed, -1 on error. */
static int survey_rows(struct plan_reader *reader, struct survey *survey, struct error *err)
{
    struct csv_record record;
    struct plan_row row = {0};
    int got;
    while ((got = read_row(reader, &record, &row, err)) > 0) {
        if (survey->identity->row_count == 0) {
            keep_shared(survey, &row, record.line);
        } else if (check_shared(reader, survey, &record, &row, err) != 0) {
            return -1;
        }
        if (reader->is_indexed && keep_place(reader, &record, row.rank, err) != 0) {
            return -1;
        }
        if (!reader->is_indexed && row.rank <= survey->identity->last_rank) {
            return 0;
        }
        count_row(survey, &row);
    }
    return got < 0 ? -1 : 1;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->rank != right->rank) {
        return left->rank < right->rank ? -1 : 1;
    }
    return (left->offset > right->offset) - (left->offset < right->offset);
}

static int sort_places(struct plan_reader *reader, struct error *err)
{
    qsort(reader->places, reader->place_count, sizeof *reader->places, compare_places);
    for (size_t i = 1; i < reader->place_count; i++) {
        const struct place *place = &reader->places[i];
        if (place->rank == place[-1].rank) {
            return csv_reader_refuse(reader->csv, place->line, err,
                                     "the rank %" PRIu32 " stands in line %" PRIu32 " already",
                                     place->rank, place[-1].line);
        }
    }
    return 0;
}

static int survey_plan(struct plan_reader *reader, struct plan_identity *identity,
                       struct error *err)
{
    struct survey survey;
    int got;
    do {
        *identity = (struct plan_identity){0};
        survey = (struct survey){.identity = identity};
        got = survey_rows(reader, &survey, err);
        if (got < 0) {
            return -1;
        }
        reader->is_indexed = reader->is_indexed || got == 0;
        if (csv_reader_rewind(reader->csv, err) != 0) {
            return -1;
        }
    } while (got == 0);
    plan_digest_print(&survey.digest, identity->digest);
    if (identity->row_count == 0) {
        return error_set(err, ERROR_INPUT, "%.400s has no rows", csv_reader_path(reader->csv));
    }
    return reader->is_indexed ? sort_places(reader, err) : 0;
}

/* ---- whether the plan is still meant */

static int check_time(const char *path, const struct plan_limits *limits,
                      const struct plan_identity *identity, struct error *err)
{
    char time[CIVIL_TEXT_SIZE], age[UNITS_TEXT_SIZE], age_max[UNITS_TEXT_SIZE];
    if (identity->window_end_unix <= limits->now_unix) {
        return error_set(err, ERROR_INPUT,
                         "%.400s is a plan for a window that ended at %s; make a new plan", path,
                         civil_print_rfc3339(time, identity->window_end_unix, NULL));
    }
    int64_t age_second = limits->now_unix - identity->as_of_unix;
    if (limits->max_plan_age_second > 0 && age_second > limits->max_plan_age_second) {
        return error_set(
            err, ERROR_INPUT,
            "%.400s was made as of %s, %s ago, which is more than %s; make a new plan, "
            "or raise --max-plan-age",
            path, civil_print_rfc3339(time, identity->as_of_unix, NULL),
            units_print_duration(age, (double)age_second),
            units_print_duration(age_max, (double)limits->max_plan_age_second));
    }
    return 0;
}

/* Fills `*row_count` from the .sum file. */
static int read_sum(const char *path, uint64_t *row_count, struct error *err)
{
    struct csv_record record;
    struct csv_reader *csv = csv_reader_open(path, err);
    if (csv == NULL) {
        return -1;
    }
    int result = -1;
    int cell = csv_reader_find_column(csv, "rows");
    int got = csv_reader_next(csv, &record, err);
    if (got < 0) {
        goto done;
    }
    if (got == 0 || cell < 0 || decimal_parse_count(record.fields[cell], row_count) != 0) {
        error_set(err, ERROR_INPUT,
                  "%.400s does not tell the number of rows; make a new plan, or remove this file",
                  path);
        goto done;
    }
    result = 0;
done:
    csv_reader_close(csv);
    return result;
}

/* The rows a sheet holds below the header: Excel's since 2007 and LibreOffice's, and Excel's before. */
static bool is_limit_of_sheets(uint64_t row_count)
{
    return row_count == 1048575 || row_count == 65535;
}

static int check_removal(const char *path, const struct plan_limits *limits, uint64_t sum_count,
                         struct plan_identity *identity, struct error *err)
{
    static const double removed_share_max = 0.2;
    uint64_t kept = identity->row_count;
    if (sum_count <= kept) {
        return 0;
    }
    identity->deleted_count = sum_count - kept;
    if (limits->is_removal_allowed) {
        return 0;
    }
    if (is_limit_of_sheets(kept)) {
        return error_set(
            err, ERROR_INPUT,
            "%.400s has %" PRIu64 " of the %" PRIu64 " rows it was written with, which is all "
            "that a spreadsheet holds; edit it by other means, or give --allow-removed",
            path, kept, sum_count);
    }
    if ((double)identity->deleted_count > removed_share_max * (double)sum_count) {
        return error_set(err, ERROR_INPUT,
                         "%.400s has %" PRIu64 " of the %" PRIu64
                         " rows it was written with; more than 20%% "
                         "are gone: give --allow-removed if that is meant",
                         path, kept, sum_count);
    }
    return 0;
}

static int check_against_sum(const char *path, const struct plan_limits *limits,
                             struct plan_identity *identity, struct error *err)
{
    char sum_path[PATH_MAX];
    uint64_t sum_count;
    int size = snprintf(sum_path, sizeof sum_path, "%s.sum", path);
    if (size < 0 || (size_t)size >= sizeof sum_path || access(sum_path, F_OK) != 0) {
        return 0;
    }
    if (read_sum(sum_path, &sum_count, err) != 0) {
        return -1;
    }
    return check_removal(path, limits, sum_count, identity, err);
}

/* ---- the door */

struct plan_reader *plan_reader_open(const char *path, const struct plan_limits *limits,
                                     struct plan_identity *identity, struct error *err)
{
    struct plan_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        error_set_memory(err, "reading the plan");
        return NULL;
    }
    reader->csv = csv_reader_open(path, err);
    if (reader->csv == NULL || bind_columns(reader, err) != 0 ||
        survey_plan(reader, identity, err) != 0 || check_time(path, limits, identity, err) != 0 ||
        check_against_sum(path, limits, identity, err) != 0) {
        plan_reader_close(reader);
        return NULL;
    }
    return reader;
}

/* Moves to the row of the next higher rank: 1, or 0 when there is none, or -1. */
static int seek_next(struct plan_reader *reader, struct error *err)
{
    if (!reader->is_indexed) {
        return 1;
    }
    if (reader->place_next == reader->place_count) {
        return 0;
    }
    const struct place *place = &reader->places[reader->place_next++];
    return csv_reader_seek(reader->csv, place->offset, place->line, err) == 0 ? 1 : -1;
}

int plan_reader_next(struct plan_reader *reader, struct plan_row *row, struct error *err)
{
    struct csv_record record;
    int got = seek_next(reader, err);
    if (got > 0) {
        got = read_row(reader, &record, row, err);
    }
    if (got == 0) {
        return csv_reader_check_unchanged(reader->csv, err);
    }
    if (got > 0 && row->rank <= reader->last_rank) {
        return csv_reader_refuse(
            reader->csv, reader->line, err,
            "the rank %" PRIu64
            " was not here before: the plan was changed while it was being read",
            row->rank);
    }
    if (got > 0) {
        reader->last_rank = row->rank;
    }
    return got;
}

uint64_t plan_reader_line(const struct plan_reader *reader)
{
    return reader->line;
}

int plan_reader_rewind(struct plan_reader *reader, struct error *err)
{
    reader->place_next = 0;
    reader->last_rank = 0;
    return csv_reader_rewind(reader->csv, err);
}

void plan_reader_close(struct plan_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    csv_reader_close(reader->csv);
    free(reader->places);
    free(reader);
}
