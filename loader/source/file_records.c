/* file_records.c - see file_records.h.
 * Room: loader/source. May touch: the file, and for gzip its unpacked copy. */
#include "loader/source/file_records.h"

#include "common/csv_reader.h"
#include "common/file_io.h"
#include "loader/source/json_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { PATH_SIZE = 4096, UNPACK_SIZE = 256 * 1024, FD_DIGITS_MAX = 11 };

struct file_records {
    char *path;
    struct stat opened; /* the file as it was then */
    bool is_packed;
    struct csv_reader *csv;   /* one of these two */
    struct json_lines *lines; /* NULL: csv */
    const char **names;       /* [column_count], of csv */
    char *name_bytes;
    struct cell *cells; /* [column_count], of csv */
    size_t column_count;
};

/* ---- names of files */

static bool has_ending(struct slice name, const char *ending)
{
    size_t size = strlen(ending);
    return name.size > size && memcmp(name.bytes + name.size - size, ending, size) == 0;
}

static bool is_csv(struct slice name)
{
    return has_ending(name, ".csv") || has_ending(name, ".tsv");
}

static bool is_json(struct slice name)
{
    return has_ending(name, ".ndjson") || has_ending(name, ".jsonl") || has_ending(name, ".json");
}

/* ---- gzip */

static int copy_unpacked(gzFile from, const char *from_path, int to, const char *to_path,
                         struct error *err)
{
    char *buffer = malloc(UNPACK_SIZE);
    if (buffer == NULL) {
        return error_set_memory(err, "unpacking a file");
    }
    int got, result = 0, number = Z_OK;
    while (result == 0 && (got = gzread(from, buffer, UNPACK_SIZE)) > 0) {
        result = file_write_all(to, buffer, (size_t)got, to_path, err);
    }
    free(buffer);
    const char *words = gzerror(from, &number);
    if (result == 0 && number != Z_OK && number != Z_STREAM_END) {
        result = error_set(err, ERROR_INPUT, "%.400s cannot be unpacked: %s", from_path, words);
    }
    return result;
}

/* Unpacks into a file in `folder` that has lost its name at once, so that nothing is left behind. Returns its
 * descriptor, which the caller closes, or -1. */
static int unpack(const char *path, const char *folder, struct error *err)
{
    char unpacked[PATH_SIZE];
    if (file_make_folder(folder, err) != 0) {
        return -1;
    }
    gzFile from = gzopen(path, "re");
    if (from == NULL) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %.400s", path);
    }
    snprintf(unpacked, PATH_SIZE, "%.*s/unpacked.XXXXXX", PATH_SIZE / 2, folder);
    int to = mkstemp(unpacked);
    int result = to >= 0 && unlink(unpacked) == 0
                     ? copy_unpacked(from, path, to, unpacked, err)
                     : error_set_errno(err, ERROR_BACKEND, errno, "cannot write %s", unpacked);
    gzclose(from);
    if (result != 0 && to >= 0) {
        close(to);
    }
    return result == 0 ? to : -1;
}

/* ---- opening */

static int name_columns(struct file_records *records, struct error *err)
{
    const struct csv_record *header = csv_reader_header(records->csv);
    size_t size = 0;
    for (size_t i = 0; i < header->field_count; i++) {
        size += header->fields[i].size + 1;
    }
    records->names = calloc(header->field_count + 1, sizeof *records->names);
    records->cells = calloc(header->field_count + 1, sizeof *records->cells);
    records->name_bytes = calloc(1, size + 1);
    if (records->names == NULL || records->cells == NULL || records->name_bytes == NULL) {
        return error_set_memory(err, "reading a file's columns");
    }
    char *at = records->name_bytes;
    for (size_t i = 0; i < header->field_count; i++) {
        records->names[i] = at;
        memcpy(at, header->fields[i].bytes, header->fields[i].size);
        at += header->fields[i].size + 1;
    }
    records->column_count = header->field_count;
    return 0;
}

static int open_format(struct file_records *records, struct slice name, const char *path,
                       struct error *err)
{
    if (is_json(name)) {
        records->lines = json_lines_open(path, err);
        return records->lines == NULL ? -1 : 0;
    }
    if (!is_csv(name)) {
        return error_set(err, ERROR_INPUT,
                         "%.400s: the name tells the format, and has to end in .csv, .tsv, "
                         ".ndjson, .jsonl or .json, or one of these and .gz",
                         records->path);
    }
    records->csv = csv_reader_open(path, err);
    return records->csv == NULL ? -1 : name_columns(records, err);
}

/* Linux opens a file without a name by its descriptor's path. */
static int open_unpacked(struct file_records *records, struct slice name, const char *folder,
                         struct error *err)
{
    char path[sizeof "/proc/self/fd/" + FD_DIGITS_MAX];
    int unpacked = unpack(records->path, folder, err);
    if (unpacked < 0) {
        return -1;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", unpacked);
    int result = open_format(records, name, path, err);
    close(unpacked);
    return result == 0 ? 0 : error_add_context(err, "%.400s, unpacked", records->path);
}

struct file_records *file_records_open(const char *path, const char *folder, struct error *err)
{
    struct file_records *records = calloc(1, sizeof *records);
    if (records == NULL || (records->path = strdup(path)) == NULL) {
        free(records);
        error_set_memory(err, "opening a file");
        return NULL;
    }
    struct slice name = slice_of(path);
    records->is_packed = has_ending(name, ".gz");
    name.size -= records->is_packed ? sizeof ".gz" - 1 : 0;
    int result = stat(path, &records->opened) == 0
                     ? 0
                     : error_set_errno(err, ERROR_INPUT, errno, "cannot read %.400s", path);
    if (result == 0) {
        result = records->is_packed ? open_unpacked(records, name, folder, err)
                                    : open_format(records, name, path, err);
    }
    if (result != 0) {
        file_records_close(records);
        return NULL;
    }
    return records;
}

void file_records_close(struct file_records *records)
{
    if (records == NULL) {
        return;
    }
    csv_reader_close(records->csv);
    json_lines_close(records->lines);
    free(records->names);
    free(records->name_bytes);
    free(records->cells);
    free(records->path);
    free(records);
}

const char *const *file_records_names(const struct file_records *records, size_t *count)
{
    if (records->lines != NULL) {
        return json_lines_names(records->lines, count);
    }
    *count = records->column_count;
    return records->names;
}

/* ---- records */

static int read_next(struct file_records *records, const struct cell **cells, uint64_t *offset,
                     struct error *err)
{
    if (records->lines != NULL) {
        return json_lines_next(records->lines, cells, offset, err);
    }
    struct csv_record record;
    int got = csv_reader_next(records->csv, &record, err);
    if (got <= 0) {
        return got;
    }
    for (size_t i = 0; i < records->column_count; i++) {
        records->cells[i] = (struct cell){.kind = CELL_TEXT, .bytes = record.fields[i]};
    }
    *cells = records->cells;
    *offset = record.offset;
    return 1;
}

int file_records_next(struct file_records *records, const struct cell **cells, uint64_t *offset,
                      struct error *err)
{
    int got = read_next(records, cells, offset, err);
    /* The sentence names the unpacked copy, which nobody can look at any more. */
    return got < 0 && records->is_packed ? error_add_context(err, "%.400s, unpacked", records->path)
                                         : got;
}

int file_records_seek(struct file_records *records, uint64_t offset, struct error *err)
{
    if (records->lines != NULL) {
        return json_lines_seek(records->lines, offset, err);
    }
    return csv_reader_seek(records->csv, offset, 0, err);
}

int file_records_rewind(struct file_records *records, struct error *err)
{
    if (records->lines != NULL) {
        return json_lines_seek(records->lines, 0, err);
    }
    return csv_reader_rewind(records->csv, err);
}

int file_records_check_unchanged(const struct file_records *records, struct error *err)
{
    struct stat now;
    bool is_same = stat(records->path, &now) == 0 && now.st_ino == records->opened.st_ino &&
                   now.st_dev == records->opened.st_dev && now.st_size == records->opened.st_size &&
                   now.st_mtim.tv_sec == records->opened.st_mtim.tv_sec &&
                   now.st_mtim.tv_nsec == records->opened.st_mtim.tv_nsec;
    return is_same ? 0
                   : error_set(err, ERROR_INPUT,
                               "%.400s was changed or replaced while it was being read; start "
                               "again, in a new run (--run)",
                               records->path);
}
