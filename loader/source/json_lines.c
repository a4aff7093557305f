/* json_lines.c - see json_lines.h.
 * Room: loader/source. May touch: the file.
 * Reading goes through one stdio stream; lines are counted only while nobody has jumped. */
#include "loader/source/json_lines.h"

#include "common/arena.h"
#include "loader/source/json_object.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE_MAX = 1024 * 1024, COLUMN_COUNT_MAX = 256, SHOWN_SIZE_MAX = 60 };

struct json_lines {
    FILE *file;
    char *path;
    char *line, *scratch; /* [LINE_SIZE_MAX + 2] */
    uint64_t offset;      /* of the next line */
    uint64_t number;      /* of the line last read; 0: not known, after a jump */
    struct arena arena;   /* names */
    const char *names[COLUMN_COUNT_MAX];
    struct cell cells[COLUMN_COUNT_MAX];
    size_t column_count;
};

static int refuse(const struct json_lines *lines, const char *what, struct slice shown,
                  struct error *err)
{
    int size = (int)(shown.size < SHOWN_SIZE_MAX ? shown.size : SHOWN_SIZE_MAX);
    return error_set(err, ERROR_INPUT, "%.400s:%" PRIu64 ": %s: '%.*s'", lines->path, lines->number,
                     what, size, shown.bytes);
}

/* ---- lines */

/* 1 and the line without its end, 0 at the end of the file, -1. */
static int read_line(struct json_lines *lines, struct slice *line, struct error *err)
{
    lines->number++;
    *line = (struct slice){lines->line, 0};
    size_t used = 0;
    int byte = 0;
    while (used <= LINE_SIZE_MAX && (byte = getc_unlocked(lines->file)) != EOF && byte != '\n') {
        lines->line[used++] = (char)byte;
    }
    if (byte == EOF && ferror(lines->file)) {
        return error_set_errno(err, ERROR_INPUT, errno, "reading %.400s", lines->path);
    }
    if (byte == EOF && used == 0) {
        return 0;
    }
    if (used > LINE_SIZE_MAX) {
        return refuse(lines, "this line is longer than 1 MiB",
                      (struct slice){lines->line, SHOWN_SIZE_MAX}, err);
    }
    lines->offset += used + (byte == '\n');
    *line = (struct slice){lines->line, used};
    return 1;
}

static bool is_blank(struct slice line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.bytes[i] != ' ' && line.bytes[i] != '\t' && line.bytes[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* The next line that is not blank. */
static int next_line(struct json_lines *lines, struct slice *line, uint64_t *offset,
                     struct error *err)
{
    int got;
    do {
        *offset = lines->offset;
        got = read_line(lines, line, err);
    } while (got > 0 && is_blank(*line));
    return got;
}

/* ---- columns */

static int learn_names(struct json_lines *lines, struct slice line, struct error *err)
{
    struct json_object object;
    struct json_member member;
    int got;
    json_object_init(&object, line, lines->scratch);
    while ((got = json_object_next(&object, &member)) > 0) {
        if (lines->column_count == COLUMN_COUNT_MAX) {
            return refuse(lines, "this object has more than 256 members", line, err);
        }
        const char *name = arena_copy_text(&lines->arena, member.name);
        if (name == NULL) {
            return error_set_memory(err, "reading a file's columns");
        }
        lines->names[lines->column_count++] = name;
    }
    if (got < 0 || lines->column_count == 0) {
        return refuse(lines, "this line is not a JSON object with members", line, err);
    }
    return 0;
}

struct json_lines *json_lines_open(const char *path, struct error *err)
{
    struct json_lines *lines = calloc(1, sizeof *lines);
    struct slice line;
    uint64_t offset;
    if (lines == NULL || (lines->path = strdup(path)) == NULL ||
        (lines->line = malloc(LINE_SIZE_MAX + 2)) == NULL ||
        (lines->scratch = malloc(LINE_SIZE_MAX + 2)) == NULL) {
        json_lines_close(lines);
        error_set_memory(err, "opening a file");
        return NULL;
    }
    lines->file = fopen(path, "re");
    if (lines->file == NULL) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot read %.400s", path);
        json_lines_close(lines);
        return NULL;
    }
    int got = next_line(lines, &line, &offset, err);
    if (got == 0) {
        got = error_set(err, ERROR_INPUT, "%.400s is empty", path);
    }
    if (got < 0 || learn_names(lines, line, err) != 0 || json_lines_seek(lines, 0, err) != 0) {
        json_lines_close(lines);
        return NULL;
    }
    return lines;
}

void json_lines_close(struct json_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    if (lines->file != NULL) {
        fclose(lines->file);
    }
    arena_free(&lines->arena);
    free(lines->path);
    free(lines->line);
    free(lines->scratch);
    free(lines);
}

const char *const *json_lines_names(const struct json_lines *lines, size_t *count)
{
    *count = lines->column_count;
    return lines->names;
}

/* ---- cells */

static enum cell_kind kind_of(enum json_kind kind)
{
    switch (kind) {
    case JSON_KIND_NULL:
        return CELL_NULL;
    case JSON_KIND_STRING:
        return CELL_TEXT;
    case JSON_KIND_NUMBER:
        return CELL_NUMBER;
    case JSON_KIND_LITERAL:
    case JSON_KIND_NESTED:
        return CELL_JSON;
    }
    return CELL_NULL;
}

/* Members mostly come in the order of the first line: `guess` is tried first. */
static size_t find_column(const struct json_lines *lines, struct slice name, size_t guess)
{
    if (guess < lines->column_count && slice_is_equal(slice_of(lines->names[guess]), name)) {
        return guess;
    }
    size_t at = 0;
    while (at < lines->column_count && !slice_is_equal(slice_of(lines->names[at]), name)) {
        at++;
    }
    return at;
}

static int fill_cells(struct json_lines *lines, struct slice line, struct error *err)
{
    struct json_object object;
    struct json_member member;
    size_t guess = 0;
    int got;
    memset(lines->cells, 0, lines->column_count * sizeof *lines->cells);
    json_object_init(&object, line, lines->scratch);
    while ((got = json_object_next(&object, &member)) > 0) {
        size_t at = find_column(lines, member.name, guess);
        if (at == lines->column_count) {
            return refuse(lines, "the first line has no member of this name", member.name, err);
        }
        lines->cells[at] = (struct cell){.kind = kind_of(member.kind)};
        if (member.kind != JSON_KIND_NULL) {
            lines->cells[at].bytes = member.bytes;
        }
        guess = at + 1;
    }
    return got < 0 ? refuse(lines, "this line is not a JSON object", line, err) : 0;
}

int json_lines_next(struct json_lines *lines, const struct cell **cells, uint64_t *offset,
                    struct error *err)
{
    struct slice line;
    int got = next_line(lines, &line, offset, err);
    if (got > 0 && fill_cells(lines, line, err) != 0) {
        return -1;
    }
    *cells = lines->cells;
    return got;
}

int json_lines_seek(struct json_lines *lines, uint64_t offset, struct error *err)
{
    if (fseeko(lines->file, (off_t)offset, SEEK_SET) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%.400s cannot be read out of order",
                               lines->path);
    }
    lines->offset = offset;
    lines->number = 0;
    return 0;
}
