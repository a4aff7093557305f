/* plan_fields.h - the records of a plan's CSV as rows, in the order of lines.
 * Room: common. May touch: what the CSV reader touches.
 * Promises: what cannot be a row is refused with file, line, column and value. */
#ifndef REKINDLE_COMMON_PLAN_FIELDS_H
#define REKINDLE_COMMON_PLAN_FIELDS_H

#include "common/civil_time.h"
#include "common/csv_reader.h"
#include "common/plan_columns.h"
#include "common/plan_row.h"

/* A time cell costs less when it says the same as in the row before. */
struct plan_time_memory {
    char text[CIVIL_TEXT_SIZE];
    size_t size;
    int64_t unix_second;
};

struct plan_fields {
    struct csv_reader *csv;
    int cells[PLAN_COLUMN_COUNT]; /* where each column stands in the file */
    struct plan_time_memory times[PLAN_COLUMN_COUNT];
    uint64_t line; /* of the row last read */
    bool
        is_narrow; /* only columns with is_loaded are read; the other fields of rows keep what they held */
};

/* Takes `csv`, which is borrowed. ERROR_INPUT for a column that is missing or there twice;
 * others than a plan's are left alone. */
int plan_fields_bind(struct plan_fields *fields, struct csv_reader *csv,
                     struct error *err) MUST_CHECK;

/* 1 and the next row of the file with the record it came from, 0 at the end, -1 on error. The row's slices
 * live until the next call on the CSV reader. */
int plan_fields_next(struct plan_fields *fields, struct csv_record *record, struct plan_row *row,
                     struct error *err) MUST_CHECK;

#endif
