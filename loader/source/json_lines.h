/* json_lines.h - a file of JSON objects, one a line, as cells.
 * Room: loader/source. May touch: the file. The CSV of file_records.h is read by common/csv_reader.h; this is its twin. */
#ifndef REKINDLE_LOADER_JSON_LINES_H
#define REKINDLE_LOADER_JSON_LINES_H

#include "common/error.h"
#include "loader/source/value_encoding.h"

struct json_lines;

/* Reads the first line, whose members name the columns. */
struct json_lines *json_lines_open(const char *path, struct error *err) MUST_CHECK;
void json_lines_close(struct json_lines *lines);
const char *const *json_lines_names(const struct json_lines *lines, size_t *count);

/* As file_records_next and file_records_seek. Blank lines are passed over. */
int json_lines_next(struct json_lines *lines, const struct cell **cells, uint64_t *offset,
                    struct error *err) MUST_CHECK;
int json_lines_seek(struct json_lines *lines, uint64_t offset, struct error *err) MUST_CHECK;

#endif
