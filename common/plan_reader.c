/* plan_reader.c - see plan_reader.h.
 * Room: common. May touch: files.
 * plan_survey.c looks at every row first. Where the ranks rise from line to line the file is then read along; else
 * row by row, from where each stands. */
#include "common/plan_reader.h"

#include "common/csv_reader.h"
#include "common/plan_fields.h"
#include "common/plan_sum.h"
#include "common/plan_survey.h"
#include "common/units.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct plan_reader {
    struct csv_reader *csv;
    struct plan_fields fields;
    struct plan_places places; /* none: the file is read along */
    size_t place_next;
    uint64_t last_rank; /* of the row last read, 0 before the first */
};

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
    struct plan_sum sum;
    if (plan_sum_path(path, sum_path, sizeof sum_path, err) != 0) {
        return -1;
    }
    if (access(sum_path, F_OK) != 0) {
        return 0;
    }
    if (plan_sum_read(sum_path, &sum, err) != 0) {
        return -1;
    }
    return check_removal(path, limits, sum.row_count, identity, err);
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
        plan_survey_run(&reader->fields, limits, identity, &reader->places, &refusal, err) != 0 ||
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
    if (reader->places.count == 0) {
        return 1;
    }
    if (reader->place_next == reader->places.count) {
        return 0;
    }
    const struct plan_place *place = &reader->places.places[reader->place_next++];
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
    free(reader->places.places);
    free(reader);
}
