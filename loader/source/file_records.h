/* file_records.h - a file of rows as cells, one record at a time, whatever its format: CSV or NDJSON, plain or gzip.
 * Room: loader/source. May touch: the file; for gzip, a file without a name in the folder it is given.
 *
 * csv     a header names the columns, the first one is the id; , ; or tab; cells are texts.
 * ndjson  one JSON object a line (.ndjson, .jsonl, .json); the first line names the columns, its first member is the id;
 *         a column that a later line lacks is NULL there. Objects and arrays stay as they are written.
 * A name that ends in .gz is unpacked once. A record may be 1 MiB long. */
#ifndef REKINDLE_LOADER_FILE_RECORDS_H
#define REKINDLE_LOADER_FILE_RECORDS_H

#include "common/error.h"
#include "loader/source/value_encoding.h"

struct file_records;

/* ERROR_INPUT: it cannot be read, is empty, has a name with no known ending. `folder` is made when it is needed. */
struct file_records *file_records_open(const char *path, const char *folder,
                                       struct error *err) MUST_CHECK;
void file_records_close(struct file_records *records);

/* The columns' names, which live as long as the records; at least one. */
const char *const *file_records_names(const struct file_records *records, size_t *count);

/* 1 and the next record's cells, borrowed until the next call; 0 at the end; -1 for what cannot be one, named by file
 * and line. `*offset`: where it begins, for file_records_seek. */
int file_records_next(struct file_records *records, const struct cell **cells, uint64_t *offset,
                      struct error *err) MUST_CHECK;
/* The next record is the one at `offset`. */
int file_records_seek(struct file_records *records, uint64_t offset, struct error *err) MUST_CHECK;
/* Back to the first. */
int file_records_rewind(struct file_records *records, struct error *err) MUST_CHECK;

/* ERROR_INPUT when the file was written to, or replaced, since it was opened. */
int file_records_check_unchanged(const struct file_records *records, struct error *err) MUST_CHECK;

#endif
