/* plan_reader.c - see plan_reader.h.
 * Room: common. May touch: files.
 * One pass looks at every row. While the ranks rise from line to line nothing is remembered; at the first that
 * does not, the pass starts again and keeps (rank, line, offset) of every row, sorted afterwards. */
#include "common/plan_reader.h"

#include "common/csv_reader.h"
#include "common/decimal.h"
#include "common/plan_fields.h"
#include "common/units.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
    uint32_t rank, line;
    uint64_t offset;
};

struct plan_reader {
    struct csv_reader *csv;
    struct plan_fields fields;
    bool is_indexed;
    struct place *places; /* [place_count], only when indexed */
    size_t place_count, place_room, place_next;
    uint64_t last_rank; /* of the row last read, 0 before the first */
};

/* ---- the first pass */

struct survey {
    struct plan_identity *identity;
    struct plan_digest digest;
    struct plan_row first; /* its `event` lies in identity->event; the other texts are not kept */
    uint64_t first_line;
    const struct plan_limits *limits;
    struct error *refusal; /* the watcher's first */
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
            return csv_reader_refuse(reader->csv, reader->fields.line, err,
                                     "%s is '%.*s', which differs from line %" PRIu64
                                     ": a plan is made for one event at one time",
                                     plan_columns[i].name,
                                     SLICE_SHOWN(record->fields[reader->fields.cells[i]]),
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

/* What is wrong with the file itself comes first: the watcher's word is kept until the file was read. */
static void show_row(struct survey *survey, const struct plan_row *row, uint64_t line)
{
    const struct plan_limits *limits = survey->limits;
    bool is_shown = limits->watch != NULL && survey->refusal->kind == ERROR_NONE;
    if (is_shown && limits->watch(limits->watch_context, row, line, survey->refusal) == 0) {
        error_clear(survey->refusal);
    }
}

/* 1 when the whole file was looked at, 0 when its ranks do not rise and it has to be indexed, -1 on error. */
static int survey_rows(struct plan_reader *reader, struct survey *survey, struct error *err)
{
    struct csv_record record;
    struct plan_row row = {0};
    int got;
    while ((got = plan_fields_next(&reader->fields, &record, &row, err)) > 0) {
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
        show_row(survey, &row, record.line);
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
    if (reader->place_count > 0) {
        qsort(reader->places, reader->place_count, sizeof *reader->places, compare_places);
    }
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

static int survey_plan(struct plan_reader *reader, const struct plan_limits *limits,
                       struct plan_identity *identity, struct error *refusal, struct error *err)
{
    struct survey survey;
    int got;
    do {
        *identity = (struct plan_identity){0};
        error_clear(refusal);
        survey = (struct survey){.identity = identity, .limits = limits, .refusal = refusal};
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
    struct error refusal;
    reader->csv = csv_reader_open(path, err);
    if (reader->csv == NULL || plan_fields_bind(&reader->fields, reader->csv, err) != 0 ||
        survey_plan(reader, limits, identity, &refusal, err) != 0 ||
        check_time(path, limits, identity, err) != 0 ||
        check_against_sum(path, limits, identity, err) != 0) {
        plan_reader_close(reader);
        return NULL;
    }
    if (refusal.kind != ERROR_NONE) {
        *err = refusal;
        plan_reader_close(reader);
        return NULL;
    }
    reader->fields.is_narrow = limits->is_narrow;
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
    if (reader->fields.is_narrow) {
        *row = (struct plan_row){0};
    }
    if (got > 0) {
        got = plan_fields_next(&reader->fields, &record, row, err);
    }
    if (got == 0) {
        return csv_reader_check_unchanged(reader->csv, err);
    }
    if (got > 0 && row->rank <= reader->last_rank) {
        return csv_reader_refuse(
            reader->csv, reader->fields.line, err,
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
    return reader->fields.line;
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
