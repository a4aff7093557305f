/* csv_reader.h - CSV files with a header, as programs and spreadsheets write them, one record at a time.
 * Room: common. May touch: the file it is given, libcsv.
 * Promises: a BOM, CRLF, blank lines, missing empty cells at the end and quoted newlines are fine; blanks are
 * kept; memory is bounded by the longest record allowed; what is refused is named by file and line. */
#ifndef REKINDLE_COMMON_CSV_READER_H
#define REKINDLE_COMMON_CSV_READER_H

#include "common/error.h"
#include "common/slice.h"
#include "common/spelling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSV_FIELD_COUNT_MAX = 256 };

/* One record; the fields are borrowed until the next call on the reader. */
struct csv_record {
    const struct slice *fields; /* [field_count]: as many as the header has */
    size_t field_count;
    uint64_t line;   /* where it begins, counted from 1; the header is line 1 */
    uint64_t offset; /* where it begins, in bytes from the start of the file */
};

struct csv_reader;

/* Opens `path` and reads the header, from which the delimiter is told: the most frequent of , ; and tab.
 * ERROR_INPUT for a file that cannot be read, is empty, UTF-16, or has CR alone as line end. */
struct csv_reader *csv_reader_open(const char *path, struct error *err) MUST_CHECK;
void csv_reader_close(struct csv_reader *reader);

/* The names of the columns; lives as long as the reader. */
const struct csv_record *csv_reader_header(const struct csv_reader *reader);
/* The index of the column of this name, or -1. */
int csv_reader_find_column(const struct csv_reader *reader, const char *name);
/* For an error about such a name: the nearest to it. */
struct spelling csv_reader_spell_column(const struct csv_reader *reader, const char *name);
char csv_reader_delimiter(const struct csv_reader *reader);
/* The decimal point that goes with the delimiter: a comma beside `;`. */
char csv_reader_decimal_point(const struct csv_reader *reader);
const char *csv_reader_path(const struct csv_reader *reader);

/* 1 and the next record that is not blank (a record of empty cells is blank), 0 at the end, -1 on error. */
int csv_reader_next(struct csv_reader *reader, struct csv_record *record,
                    struct error *err) MUST_CHECK;

/* The next record read is the one at `offset` and `line`, as an earlier record told them. */
int csv_reader_seek(struct csv_reader *reader, uint64_t offset, uint64_t line,
                    struct error *err) MUST_CHECK;
/* Where the next record begins, in bytes from the start of the file; the file's size when it was opened, 0 for what has
 * none, like a pipe. */
uint64_t csv_reader_offset(const struct csv_reader *reader);
uint64_t csv_reader_size(const struct csv_reader *reader);
/* Were both opened on one file, in one state? */
bool csv_reader_is_same_file(const struct csv_reader *reader, const struct csv_reader *other);
/* The next record read is the one behind the first newline at or behind `offset`, quoted or not; lines count from 1. */
int csv_reader_skip_to(struct csv_reader *reader, uint64_t offset, struct error *err) MUST_CHECK;
/* Back to the first record below the header. ERROR_INPUT when the file was changed since it was opened, or
 * cannot be read twice, like a pipe. */
int csv_reader_rewind(struct csv_reader *reader, struct error *err) MUST_CHECK;
/* ERROR_INPUT when size or time of the file differ from when it was opened. */
int csv_reader_check_unchanged(const struct csv_reader *reader, struct error *err) MUST_CHECK;

/* A sentence that begins with file and line: "plan.csv:17: ..."; returns -1, kind ERROR_INPUT. */
int csv_reader_refuse(const struct csv_reader *reader, uint64_t line, struct error *err,
                      const char *format, ...) PRINTF_LIKE(4, 5);

#endif
