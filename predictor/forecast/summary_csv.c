/* summary_csv.c - see summary_csv.h.
 * Room: predictor/forecast. May touch: files, libcsv.
 * Times are first kept as they are read; once all are known, the distinct ones are sorted and each is replaced by its
 * position, which is what likelihoods index their logarithms by. */
#include "predictor/forecast/summary_csv.h"

#include "common/units.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_X, COLUMN_LAST, COLUMN_AGE, COLUMN_WEIGHT, COLUMN_COUNT };
enum { READ_SIZE = 65536, FIELD_SIZE_MAX = 64, COLUMNS_MAX = 256 };

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

struct reader {
    const char *name;
    struct error *err;
    bool is_failed;
    uint64_t line;                 /* of the record being read, counting records: the header is 1 */
    size_t field;                  /* in the record */
    int field_column[COLUMNS_MAX]; /* enum column, or -1 */
    size_t header_count;
    bool is_found[COLUMN_COUNT];
    struct summary_row row;
    struct summary_row *rows;
    size_t row_count, row_space;
};

static void fail(struct reader *reader)
{
    reader->is_failed = true;
    (void)error_add_context(reader->err, "%s:%llu", reader->name, (unsigned long long)reader->line);
}

static void read_title(struct reader *reader, const char *title)
{
    if (reader->field >= COLUMNS_MAX) {
        return;
    }
    reader->header_count = reader->field + 1;
    reader->field_column[reader->field] = -1;
    for (size_t i = 0; i < sizeof column_names / sizeof *column_names; i++) {
        if (strcmp(title, column_names[i].name) == 0) {
            reader->field_column[reader->field] = (int)column_names[i].column;
            reader->is_found[column_names[i].column] = true;
        }
    }
}

static void read_value(struct reader *reader, const char *text)
{
    if (reader->field >= reader->header_count || reader->field_column[reader->field] < 0) {
        return;
    }
    int column = reader->field_column[reader->field];
    if (units_parse_number(text, &reader->row.values[column], reader->err) != 0) {
        (void)error_add_context(reader->err, "%s", column_titles[column]);
        fail(reader);
    }
}

/* libcsv's callback for a field; it is not terminated. */
static void on_field(void *bytes, size_t size, void *context)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct reader *reader = context;
    char text[FIELD_SIZE_MAX + 1];
    const char *from = bytes;
    if (reader->is_failed) {
        return;
    }
    if (reader->line == 1 && reader->field == 0 && size >= strlen(byte_order_mark) &&
        memcmp(from, byte_order_mark, strlen(byte_order_mark)) == 0) {
        from += strlen(byte_order_mark);
        size -= strlen(byte_order_mark);
    }
    size = size > FIELD_SIZE_MAX ? FIELD_SIZE_MAX : size;
    if (size > 0) {
        memcpy(text, from, size);
    }
    text[size] = '\0';
    if (reader->line == 1) {
        read_title(reader, text);
    } else {
        read_value(reader, text);
    }
    reader->field++;
}

static int check_header(struct reader *reader)
{
    for (int column = COLUMN_X; column < COLUMN_WEIGHT; column++) {
        if (!reader->is_found[column]) {
            return error_set(
                reader->err, ERROR_INPUT,
                "the header has no column %s; needed are frequency (or x), recency (or t.x) and "
                "T (or n.cal)",
                column_titles[column]);
        }
    }
    return 0;
}

static int check_row(const struct reader *reader)
{
    const double *values = reader->row.values;
    if (reader->field < reader->header_count) {
        return error_set(reader->err, ERROR_INPUT, "the row has %zu fields, the header %zu",
                         reader->field, reader->header_count);
    }
    if (values[COLUMN_X] < 0 || values[COLUMN_X] > TRIPLE_FIELD_MAX ||
        values[COLUMN_X] != floor(values[COLUMN_X])) {
        return error_set(reader->err, ERROR_INPUT, "frequency is not a count: %g",
                         values[COLUMN_X]);
    }
    if (values[COLUMN_LAST] < 0 || values[COLUMN_LAST] > values[COLUMN_AGE]) {
        return error_set(reader->err, ERROR_INPUT, "recency %g is not within 0 and T = %g",
                         values[COLUMN_LAST], values[COLUMN_AGE]);
    }
    if (values[COLUMN_X] > 0 && values[COLUMN_LAST] <= 0) {
        return error_set(reader->err, ERROR_INPUT,
                         "frequency is %g but recency is 0: repeats come after the first access",
                         values[COLUMN_X]);
    }
    if (!(values[COLUMN_WEIGHT] > 0)) {
        return error_set(reader->err, ERROR_INPUT, "custs is not positive: %g",
                         values[COLUMN_WEIGHT]);
    }
    return 0;
}

static int keep_row(struct reader *reader)
{
    if (reader->row_count == reader->row_space) {
        size_t space = reader->row_space == 0 ? READ_SIZE : reader->row_space * 2;
        struct summary_row *rows = realloc(reader->rows, space * sizeof *rows);
        if (rows == NULL) {
            return error_set_memory(reader->err, "reading the summary");
        }
        reader->rows = rows;
        reader->row_space = space;
    }
    if (reader->row.values[COLUMN_X] == 0) {
        reader->row.values[COLUMN_LAST] = 0; /* some tools write the age of the first access here */
    }
    reader->rows[reader->row_count++] = reader->row;
    return 0;
}

/* libcsv's callback for the end of a record. */
static void on_record(int terminator, void *context)
{
    struct reader *reader = context;
    (void)terminator;
    if (reader->is_failed) {
        return;
    }
    bool is_bad = reader->line == 1 ? check_header(reader) != 0
                                    : check_row(reader) != 0 || keep_row(reader) != 0;
    if (is_bad) {
        fail(reader);
    }
    reader->line++;
    reader->field = 0;
    reader->row = (struct summary_row){.values = {[COLUMN_WEIGHT] = 1}};
}

static int read_rows(FILE *stream, struct reader *reader)
{
    struct csv_parser parser;
    char *buffer = malloc(READ_SIZE);
    if (buffer == NULL || csv_init(&parser, 0) != 0) {
        free(buffer);
        return error_set_memory(reader->err, "reading the summary");
    }
    size_t size = 0;
    do {
        size = fread(buffer, 1, READ_SIZE, stream);
        if (csv_parse(&parser, buffer, size, on_field, on_record, reader) != size &&
            !reader->is_failed) {
            (void)error_set(reader->err, ERROR_INPUT, "%s", csv_strerror(csv_error(&parser)));
            fail(reader);
        }
    } while (size > 0 && !reader->is_failed);
    if (ferror(stream) && !reader->is_failed) {
        (void)error_set_errno(reader->err, ERROR_INPUT, errno, "cannot read %s", reader->name);
        reader->is_failed = true;
    }
    (void)csv_fini(&parser, on_field, on_record, reader);
    csv_free(&parser);
    free(buffer);
    if (!reader->is_failed && reader->row_count == 0) {
        reader->is_failed = true;
        return error_set(reader->err, ERROR_INPUT, "%s has no rows", reader->name);
    }
    return reader->is_failed ? -1 : 0;
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The distinct times of all rows, sorted, with 0 among them; NULL when out of memory. */
static double *distinct_times(const struct reader *reader, size_t *time_count)
{
    double *times = malloc((reader->row_count * 2 + 1) * sizeof *times);
    size_t count = 0;
    if (times == NULL) {
        return NULL;
    }
    times[count++] = 0;
    for (size_t i = 0; i < reader->row_count; i++) {
        times[count++] = reader->rows[i].values[COLUMN_LAST];
        times[count++] = reader->rows[i].values[COLUMN_AGE];
    }
    qsort(times, count, sizeof *times, compare_numbers);
    *time_count = 1;
    for (size_t i = 1; i < count; i++) {
        if (times[i] > times[*time_count - 1]) {
            times[(*time_count)++] = times[i];
        }
    }
    return times;
}

static uint32_t position_of(const double *times, size_t time_count, double time)
{
    const double *found = bsearch(&time, times, time_count, sizeof *times, compare_numbers);
    return (uint32_t)(found - times);
}

static int make_table(const struct reader *reader, const double *times, size_t time_count,
                      struct triple_table *table)
{
    struct triple_set set = {0};
    int result = 0;
    if (time_count > TRIPLE_FIELD_MAX) {
        return error_set(
            reader->err, ERROR_INPUT,
            "%s has %zu different times; round them, to days for example, to at most %d",
            reader->name, time_count, (int)TRIPLE_FIELD_MAX);
    }
    for (size_t i = 0; i < reader->row_count && result == 0; i++) {
        const double *values = reader->rows[i].values;
        const uint32_t triple[3] = {(uint32_t)values[COLUMN_X],
                                    position_of(times, time_count, values[COLUMN_LAST]),
                                    position_of(times, time_count, values[COLUMN_AGE])};
        result = triple_set_add(&set, triple, values[COLUMN_WEIGHT], reader->err);
    }
    if (result == 0) {
        result = triple_table_from_times(table, &set, times, time_count, reader->err);
    }
    triple_set_free(&set);
    return result;
}

int summary_csv_read(FILE *stream, const char *name, struct triple_table *table,
                     uint64_t *row_count, struct error *err)
{
    struct reader reader = {.name = name, .err = err, .line = 1};
    size_t time_count = 0;
    double *times = NULL;
    int result = -1;
    *table = (struct triple_table){0};
    if (read_rows(stream, &reader) != 0) {
        goto done;
    }
    times = distinct_times(&reader, &time_count);
    if (times == NULL) {
        (void)error_set_memory(err, "reading the summary");
        goto done;
    }
    *row_count = reader.row_count;
    result = make_table(&reader, times, time_count, table);
done:
    free(times);
    free(reader.rows);
    return result;
}
