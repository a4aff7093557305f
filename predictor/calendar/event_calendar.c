/* event_calendar.c - see event_calendar.h.
 * Room: predictor/calendar. May touch: the file it is given. */
#include "predictor/calendar/event_calendar.h"

#include "common/arena.h"
#include "common/csv_reader.h"
#include "common/csv_writer.h"
#include "common/key_set.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

enum { NAME_SIZE_MAX = 255, ROOM_FIRST = 16 };

/* A window as the file says it, before rounding. */
struct calendar_row {
    struct event_window window;
    struct key_set *members; /* of the window; owned */
    uint64_t line;
};

struct event_calendar {
    struct arena arena;
    struct calendar_row *rows; /* [count] while loading; then NULL */
    struct event_window *windows;
    struct key_set **members; /* [count], owned; NULL where none are told */
    size_t count, room;
};

enum calendar_column {
    COLUMN_NAME,
    COLUMN_START,
    COLUMN_END,
    COLUMN_KIND,
    COLUMN_KEYS,
    COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {"name", "start", "end", "kind", "keys"};

struct calendar_file {
    struct csv_reader *csv;
    const struct zone *zone;
    const struct message *message;
    const char *folder;      /* from which files with keys are taken */
    int cells[COLUMN_COUNT]; /* kind and keys: -1 when there are none */
};

static int bind_columns(struct calendar_file *file, struct error *err)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        file->cells[i] = csv_reader_find_column(file->csv, column_names[i]);
        if (file->cells[i] < 0 && i != COLUMN_KIND && i != COLUMN_KEYS) {
            return csv_reader_refuse(
                file->csv, csv_reader_header(file->csv)->line, err,
                "the column '%s' is missing; a calendar has name,start,end[,kind][,keys]",
                column_names[i]);
        }
    }
    return 0;
}

static int read_time(const struct calendar_file *file, const struct csv_record *record,
                     enum calendar_column column, int64_t *unix_second, struct error *err)
{
    struct slice cell = record->fields[file->cells[column]];
    if (civil_parse_rfc3339(cell, file->zone, unix_second, NULL) != 0) {
        return csv_reader_refuse(file->csv, record->line, err,
                                 "%s is not a time as 2026-11-11 or 2026-11-11T08:00:00Z: '%.*s'",
                                 column_names[column], SLICE_SHOWN(cell));
    }
    return 0;
}

static int read_texts(struct event_calendar *calendar, const struct calendar_file *file,
                      const struct csv_record *record, struct event_window *window,
                      struct error *err)
{
    struct slice name = csv_writer_unguard(record->fields[file->cells[COLUMN_NAME]]);
    struct slice kind = {"", 0};
    if (file->cells[COLUMN_KIND] >= 0) {
        kind = csv_writer_unguard(record->fields[file->cells[COLUMN_KIND]]);
    }
    if (name.size == 0 || name.size > NAME_SIZE_MAX || memchr(name.bytes, '\0', name.size)) {
        return csv_reader_refuse(file->csv, record->line, err,
                                 "the name of an event has 1 to %d bytes: '%.*s'", NAME_SIZE_MAX,
                                 SLICE_SHOWN(name));
    }
    window->name = arena_copy_text(&calendar->arena, name);
    window->kind = arena_copy_text(&calendar->arena, kind);
    if (window->name == NULL || window->kind == NULL) {
        return error_set_memory(err, "reading the calendar");
    }
    return 0;
}

/* Which keys are in the event, when the calendar tells. */
static int read_members(const struct calendar_file *file, const struct csv_record *record,
                        struct calendar_row *row, struct error *err)
{
    int cell = file->cells[COLUMN_KEYS];
    row->members = NULL;
    if (cell < 0 || record->fields[cell].size == 0) {
        return 0;
    }
    row->members = key_set_load(csv_writer_unguard(record->fields[cell]), file->folder, err);
    row->window.members = row->members;
    if (row->members == NULL) {
        return error_add_context(err, "%s:%" PRIu64 ": keys", csv_reader_path(file->csv),
                                 record->line);
    }
    if (key_set_count(row->members, ENTITY_USER) + key_set_count(row->members, ENTITY_PRODUCT) ==
        0) {
        message_note(file->message, "%s:%" PRIu64 ": keys: '%.*s' names nobody; is it misspelt?",
                     csv_reader_path(file->csv), record->line, SLICE_SHOWN(record->fields[cell]));
    }
    return 0;
}

static int read_row(struct event_calendar *calendar, const struct calendar_file *file,
                    const struct csv_record *record, struct calendar_row *row, struct error *err)
{
    *row = (struct calendar_row){.line = record->line};
    if (read_members(file, record, row, err) != 0 ||
        read_texts(calendar, file, record, &row->window, err) != 0 ||
        read_time(file, record, COLUMN_START, &row->window.start_unix, err) != 0 ||
        read_time(file, record, COLUMN_END, &row->window.end_unix, err) != 0) {
        return -1;
    }
    if (row->window.start_unix >= row->window.end_unix) {
        return csv_reader_refuse(file->csv, record->line, err,
                                 "the event '%.60s' does not end after its start",
                                 row->window.name);
    }
    return 0;
}

static struct calendar_row *add_row(struct event_calendar *calendar, struct error *err)
{
    if (calendar->count == calendar->room) {
        size_t room = calendar->room == 0 ? ROOM_FIRST : calendar->room * 2;
        struct calendar_row *rows = realloc(calendar->rows, room * sizeof *rows);
        if (rows == NULL) {
            error_set_memory(err, "reading the calendar");
            return NULL;
        }
        calendar->rows = rows;
        calendar->room = room;
    }
    return &calendar->rows[calendar->count++];
}

static int read_rows(struct event_calendar *calendar, const struct calendar_file *file,
                     struct error *err)
{
    struct csv_record record;
    int got;
    while ((got = csv_reader_next(file->csv, &record, err)) > 0) {
        struct calendar_row *row = add_row(calendar, err);
        if (row == NULL || read_row(calendar, file, &record, row, err) != 0) {
            return -1;
        }
    }
    return got;
}

static int compare_names(const void *a, const void *b)
{
    const struct calendar_row *left = a;
    const struct calendar_row *right = b;
    int order = strcmp(left->window.name, right->window.name);
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static int compare_starts(const void *a, const void *b)
{
    const struct calendar_row *left = a;
    const struct calendar_row *right = b;
    if (left->window.start_unix != right->window.start_unix) {
        return left->window.start_unix < right->window.start_unix ? -1 : 1;
    }
    return (left->line > right->line) - (left->line < right->line);
}

static int check_names(struct event_calendar *calendar, const struct csv_reader *csv,
                       struct error *err)
{
    if (calendar->count > 0) {
        qsort(calendar->rows, calendar->count, sizeof *calendar->rows, compare_names);
    }
    for (size_t i = 1; i < calendar->count; i++) {
        const struct calendar_row *row = &calendar->rows[i];
        if (strcmp(row->window.name, row[-1].window.name) == 0) {
            return csv_reader_refuse(csv, row->line, err,
                                     "the name '%.60s' stands in line %" PRIu64 " already",
                                     row->window.name, row[-1].line);
        }
    }
    return 0;
}

/* A return in two events at once could not be told to either. */
static int check_overlaps(struct event_calendar *calendar, const struct csv_reader *csv,
                          struct error *err)
{
    if (calendar->count > 0) {
        qsort(calendar->rows, calendar->count, sizeof *calendar->rows, compare_starts);
    }
    for (size_t i = 1; i < calendar->count; i++) {
        const struct calendar_row *row = &calendar->rows[i];
        if (row->window.start_unix < row[-1].window.end_unix) {
            return csv_reader_refuse(csv, row->line, err,
                                     "the event '%.60s' overlaps '%.60s' of line %" PRIu64
                                     "; keep the one that matters",
                                     row->window.name, row[-1].window.name, row[-1].line);
        }
    }
    return 0;
}

/* floor(at_unix / bucket_second) * bucket_second, also before 1970. */
static int64_t round_down(int64_t at_unix, int64_t bucket_second)
{
    int64_t beyond = at_unix % bucket_second;
    return at_unix - (beyond < 0 ? beyond + bucket_second : beyond);
}

bool event_calendar_round(struct event_window *window, int64_t bucket_second)
{
    int64_t start_unix = round_down(window->start_unix, bucket_second);
    int64_t end_unix = round_down(window->end_unix + bucket_second - 1, bucket_second);
    bool has_changed = start_unix != window->start_unix || end_unix != window->end_unix;
    window->start_unix = start_unix;
    window->end_unix = end_unix;
    return has_changed;
}

static void note_rounding(const struct message *message, size_t changed_count,
                          const struct event_window *first)
{
    char start[CIVIL_TEXT_SIZE], end[CIVIL_TEXT_SIZE];
    if (changed_count > 0) {
        message_note(message, "%zu event%s rounded outward to the history's buckets; %s to %s/%s",
                     changed_count, changed_count == 1 ? " is" : "s are", first->name,
                     civil_print_rfc3339(start, first->start_unix, NULL),
                     civil_print_rfc3339(end, first->end_unix, NULL));
    }
}

static int make_windows(struct event_calendar *calendar, int64_t bucket_second,
                        const struct message *message, struct error *err)
{
    const struct event_window *first = NULL;
    size_t changed_count = 0;
    calendar->windows = arena_take(&calendar->arena, calendar->count * sizeof *calendar->windows);
    calendar->members = calloc(calendar->count + 1, sizeof(struct key_set *));
    if (calendar->windows == NULL || calendar->members == NULL) {
        return error_set_memory(err, "reading the calendar");
    }
    for (size_t i = 0; i < calendar->count; i++) {
        calendar->windows[i] = calendar->rows[i].window;
        calendar->members[i] = calendar->rows[i].members;
        calendar->rows[i].members = NULL;
        if (event_calendar_round(&calendar->windows[i], bucket_second)) {
            first = changed_count == 0 ? &calendar->windows[i] : first;
            changed_count++;
        }
    }
    note_rounding(message, changed_count, first);
    return 0;
}

/* To `folder` [size]: where `path` lies. */
static int find_folder(const char *path, char *folder, size_t size, struct error *err)
{
    const char *slash = strrchr(path, '/');
    int written = slash == NULL ? snprintf(folder, size, ".")
                                : snprintf(folder, size, "%.*s", (int)(slash - path), path);
    return written >= 0 && (size_t)written < size
               ? 0
               : error_set(err, ERROR_INPUT, "the path is too long: %.80s...", path);
}

static void free_rows(struct event_calendar *calendar)
{
    for (size_t i = 0; calendar->rows != NULL && i < calendar->count; i++) {
        key_set_free(calendar->rows[i].members);
    }
    free(calendar->rows);
    calendar->rows = NULL;
}

struct event_calendar *event_calendar_load(const char *path, const struct zone *zone,
                                           int64_t bucket_second, const struct message *message,
                                           struct error *err)
{
    char folder[PATH_MAX];
    struct calendar_file file = {.zone = zone, .folder = folder, .message = message};
    struct event_calendar *calendar = calloc(1, sizeof *calendar);
    if (calendar == NULL) {
        error_set_memory(err, "reading the calendar");
        return NULL;
    }
    int result = find_folder(path, folder, sizeof folder, err);
    file.csv = result == 0 ? csv_reader_open(path, err) : NULL;
    result = -1;
    if (file.csv != NULL && bind_columns(&file, err) == 0 && read_rows(calendar, &file, err) == 0 &&
        check_names(calendar, file.csv, err) == 0 && check_overlaps(calendar, file.csv, err) == 0) {
        result = make_windows(calendar, bucket_second, message, err);
    }
    csv_reader_close(file.csv);
    free_rows(calendar);
    if (result != 0) {
        event_calendar_free(calendar);
        return NULL;
    }
    return calendar;
}

void event_calendar_free(struct event_calendar *calendar)
{
    if (calendar != NULL) {
        for (size_t i = 0; calendar->members != NULL && i < calendar->count; i++) {
            key_set_free(calendar->members[i]);
        }
        free(calendar->members);
        arena_free(&calendar->arena);
        free(calendar);
    }
}

const struct event_window *event_calendar_windows(const struct event_calendar *calendar,
                                                  size_t *count)
{
    *count = calendar->count;
    return calendar->windows;
}

const struct event_window *event_calendar_find(const struct event_calendar *calendar,
                                               const char *name)
{
    for (size_t i = 0; i < calendar->count; i++) {
        if (strcmp(calendar->windows[i].name, name) == 0) {
            return &calendar->windows[i];
        }
    }
    return NULL;
}

struct spelling event_calendar_spell(const struct event_calendar *calendar, const char *name)
{
    struct spelling spelling = spelling_of(slice_of(name));
    for (size_t i = 0; i < calendar->count; i++) {
        spelling_offer(&spelling, slice_of(calendar->windows[i].name));
    }
    return spelling;
}

/* Windows that do not overlap end in the order they start, so this is a prefix. */
size_t event_calendar_count_past(const struct event_calendar *calendar, int64_t as_of_unix)
{
    size_t count = 0;
    while (count < calendar->count && calendar->windows[count].end_unix <= as_of_unix) {
        count++;
    }
    return count;
}

const char *event_calendar_print_coming(const struct event_calendar *calendar, int64_t as_of_unix,
                                        char *text, size_t size)
{
    size_t used = 0;
    snprintf(text, size, "none");
    for (size_t i = event_calendar_count_past(calendar, as_of_unix); i < calendar->count; i++) {
        int written = snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ",
                               calendar->windows[i].name);
        if (written < 0 || (size_t)written >= size - used) {
            break;
        }
        used += (size_t)written;
    }
    return text;
}
