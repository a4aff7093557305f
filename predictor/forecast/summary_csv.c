/* summary_csv.c - see summary_csv.h.
 * Room: predictor/forecast. May touch: files.
 * Rows are piled up as packed triples of x and the numbers of their two times, and sorted once, at the end: that costs
 * less than looking each of them up. A pile that has grown large is sorted and its equals merged before it grows on. */
#include "predictor/forecast/summary_csv.h"

#include "common/csv_reader.h"
#include "common/decimal.h"

#include "predictor/forecast/distinct_times.h"
#include "predictor/forecast/triple_sort.h"

#include <math.h>
#include <stdlib.h>

enum column { COLUMN_X, COLUMN_LAST, COLUMN_AGE, COLUMN_WEIGHT, COLUMN_COUNT };
enum { PILE_AT_FIRST = 1 << 16, PILE_LARGE = 1 << 22 };

static const struct {
    const char *name;
    enum column column;
} column_names[] = {
    {"frequency", COLUMN_X},   {"x", COLUMN_X},      {"recency", COLUMN_LAST},
    {"t.x", COLUMN_LAST},      {"t_x", COLUMN_LAST}, {"T", COLUMN_AGE},
    {"n.cal", COLUMN_AGE},     {"n", COLUMN_AGE},    {"custs", COLUMN_WEIGHT},
    {"weight", COLUMN_WEIGHT},
};
static const char *const column_titles[COLUMN_COUNT] = {"frequency", "recency", "T", "custs"};

struct summary_row {
    double values[COLUMN_COUNT];
};

struct summary {
    struct csv_reader *csv;
    int cells[COLUMN_COUNT]; /* in a record; -1: not there */
    char point;
    struct distinct_times times;
    struct triple_slot *pile; /* [pile_count], with room for pile_space */
    size_t pile_count, pile_space;
    uint64_t row_count;
};

static int find_columns(struct summary *summary, struct error *err)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        summary->cells[column] = -1;
    }
    for (size_t i = 0; i < sizeof column_names / sizeof *column_names; i++) {
        int cell = csv_reader_find_column(summary->csv, column_names[i].name);
        if (cell >= 0) {
            summary->cells[column_names[i].column] = cell;
        }
    }
    for (int column = COLUMN_X; column < COLUMN_WEIGHT; column++) {
        if (summary->cells[column] < 0) {
            return csv_reader_refuse(
                summary->csv, csv_reader_header(summary->csv)->line, err,
                "the header has no column %s; needed are frequency (or x), recency (or t.x) and "
                "T (or n.cal)",
                column_titles[column]);
        }
    }
    summary->point = csv_reader_decimal_point(summary->csv);
    return 0;
}

static int read_values(const struct summary *summary, const struct csv_record *record,
                       struct summary_row *row, struct error *err)
{
    enum { SHOWN_MAX = 60 };
    row->values[COLUMN_WEIGHT] = 1;
    for (int column = 0; column < COLUMN_COUNT; column++) {
        int cell = summary->cells[column];
        if (cell < 0) {
            continue;
        }
        struct slice text = record->fields[cell];
        if (decimal_parse(text, summary->point, &row->values[column]) != 0) {
            int shown = text.size < SHOWN_MAX ? (int)text.size : SHOWN_MAX;
            return csv_reader_refuse(summary->csv, record->line, err, "%s: '%.*s' is not a number",
                                     column_titles[column], shown, text.bytes);
        }
    }
    return 0;
}

/* What is wrong with a row of numbers, as a sentence; 0 when nothing is. */
static int check_row(const struct summary *summary, uint64_t line, const struct summary_row *row,
                     struct error *err)
{
    const struct csv_reader *csv = summary->csv;
    const double *values = row->values;
    if (values[COLUMN_X] < 0 || values[COLUMN_X] > TRIPLE_FIELD_MAX ||
        values[COLUMN_X] != floor(values[COLUMN_X])) {
        return csv_reader_refuse(csv, line, err, "frequency is not a count: %g", values[COLUMN_X]);
    }
    if (values[COLUMN_LAST] < 0 || values[COLUMN_LAST] > values[COLUMN_AGE]) {
        return csv_reader_refuse(csv, line, err, "recency %g is not within 0 and T = %g",
                                 values[COLUMN_LAST], values[COLUMN_AGE]);
    }
    if (values[COLUMN_X] > 0 && values[COLUMN_LAST] <= 0) {
        return csv_reader_refuse(
            csv, line, err, "frequency is %g but recency is 0: repeats come after the first access",
            values[COLUMN_X]);
    }
    if (!(values[COLUMN_WEIGHT] > 0)) {
        return csv_reader_refuse(csv, line, err, "custs is not positive: %g",
                                 values[COLUMN_WEIGHT]);
    }
    return 0;
}

/* Room for one more. */
static int make_room(struct summary *summary, struct error *err)
{
    if (summary->pile_count < summary->pile_space) {
        return 0;
    }
    if (summary->pile_count >= PILE_LARGE) {
        if (triple_sort(summary->pile, &summary->pile_count, err) != 0) {
            return -1;
        }
        if (summary->pile_count <= summary->pile_space / 2) {
            return 0;
        }
    }
    size_t space = summary->pile_space == 0 ? PILE_AT_FIRST : summary->pile_space * 2;
    struct triple_slot *pile = realloc(summary->pile, space * sizeof *pile);
    if (pile == NULL) {
        return error_set_memory(err, "reading the summary");
    }
    summary->pile = pile;
    summary->pile_space = space;
    return 0;
}

static int add_row(struct summary *summary, const struct summary_row *row, struct error *err)
{
    const double *values = row->values;
    uint32_t triple[3] = {(uint32_t)values[COLUMN_X]};
    /* with x = 0 some tools write the age of the first access as recency */
    double last = triple[0] == 0 ? 0 : values[COLUMN_LAST];
    if (make_room(summary, err) != 0 ||
        distinct_times_number(&summary->times, last, &triple[1], err) != 0 ||
        distinct_times_number(&summary->times, values[COLUMN_AGE], &triple[2], err) != 0) {
        return -1;
    }
    if (summary->times.count > TRIPLE_FIELD_MAX) {
        return error_set(err, ERROR_INPUT,
                         "%s has more than %d different times; round them, to days for example",
                         csv_reader_path(summary->csv), (int)TRIPLE_FIELD_MAX);
    }
    summary->pile[summary->pile_count++] =
        (struct triple_slot){triple_set_pack(triple), values[COLUMN_WEIGHT]};
    summary->row_count++;
    return 0;
}

static int read_rows(struct summary *summary, struct error *err)
{
    struct csv_record record;
    struct summary_row row;
    uint32_t zero;
    int got;
    if (find_columns(summary, err) != 0 ||
        distinct_times_number(&summary->times, 0, &zero, err) != 0) {
        return -1;
    }
    while ((got = csv_reader_next(summary->csv, &record, err)) > 0) {
        if (read_values(summary, &record, &row, err) != 0 ||
            check_row(summary, record.line, &row, err) != 0 || add_row(summary, &row, err) != 0) {
            return -1;
        }
    }
    if (got == 0 && summary->row_count == 0) {
        return error_set(err, ERROR_INPUT, "%s has no rows", csv_reader_path(summary->csv));
    }
    return got;
}

int summary_csv_read(const char *path, struct triple_table *table, uint64_t *row_count,
                     struct error *err)
{
    struct summary summary = {.csv = csv_reader_open(path, err)};
    *table = (struct triple_table){0};
    int result = summary.csv == NULL ? -1 : read_rows(&summary, err);
    if (result == 0) {
        *row_count = summary.row_count;
        result = triple_table_from_slots(table, summary.pile, summary.pile_count,
                                         summary.times.times, summary.times.count, err);
    }
    distinct_times_free(&summary.times);
    free(summary.pile);
    csv_reader_close(summary.csv);
    return result;
}
