/* plan_sum.c - see plan_sum.h.
 * Room: common. May touch: files. */
#include "common/plan_sum.h"

#include "common/csv_reader.h"
#include "common/decimal.h"

#include <inttypes.h>
#include <string.h>

int plan_sum_path(const char *plan_path, char *sum_path, size_t size, struct error *err)
{
    int length = snprintf(sum_path, size, "%s.sum", plan_path);
    if (length < 0 || (size_t)length >= size) {
        return error_set(err, ERROR_INPUT, "the path is too long: %.200s...", plan_path);
    }
    return 0;
}

static void take_digest(const struct csv_record *record, int cell, struct plan_sum *sum)
{
    if (cell >= 0 && record->fields[cell].size == sizeof sum->digest - 1) {
        memcpy(sum->digest, record->fields[cell].bytes, sizeof sum->digest - 1);
    }
}

int plan_sum_read(const char *sum_path, struct plan_sum *sum, struct error *err)
{
    struct csv_record record;
    struct csv_reader *csv = csv_reader_open(sum_path, err);
    if (csv == NULL) {
        return -1;
    }
    *sum = (struct plan_sum){0};
    int cell = csv_reader_find_column(csv, "rows");
    int got = csv_reader_next(csv, &record, err);
    if (got > 0 && cell >= 0 && decimal_parse_count(record.fields[cell], &sum->row_count) == 0) {
        take_digest(&record, csv_reader_find_column(csv, "digest"), sum);
    } else if (got >= 0) {
        error_set(err, ERROR_INPUT,
                  "%.400s does not tell the number of rows; make a new plan, or remove this file",
                  sum_path);
        got = -1;
    }
    csv_reader_close(csv);
    return got < 0 ? -1 : 0;
}

void plan_sum_write(const struct plan_sum *sum, FILE *out)
{
    fprintf(out, "rows,digest\n%" PRIu64 ",%s\n", sum->row_count, sum->digest);
}
