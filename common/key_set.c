/* key_set.c - see key_set.h: a sorted list of hashes for each entity.
 * Room: common. May touch: the files it is given. */
#include "common/key_set.h"

#include "common/csv_reader.h"
#include "common/csv_writer.h"
#include "common/decimal.h"

#include <limits.h>
#include <stdlib.h>
#include <xxhash.h>

enum { ROOM_FIRST = 1024, COLUMN_SIZE_MAX = 64 };

struct hash_list {
    uint64_t *hashes; /* [count], ascending when loaded */
    size_t count, room;
};

struct key_set {
    struct hash_list lists[ENTITY_COUNT];
};

/* What a row's cell has to be. */
enum comparison { IS_ONE_OF, IS_AT_LEAST, IS_AT_MOST };

/* What the words say. */
struct key_source {
    char path[PATH_MAX];
    bool is_of[ENTITY_COUNT];
    char column[COLUMN_SIZE_MAX]; /* "": every row */
    enum comparison comparison;
    struct slice value;                   /* IS_ONE_OF: several stand between bars; else a number */
    double bound;                         /* the number */
    int id_cell, entity_cell, value_cell; /* -1: no such column */
};

/* ---- the words */

static struct slice take_entity(struct slice words, struct key_source *source)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const char *name = entity_name((enum entity)i);
        size_t size = strlen(name);
        source->is_of[i] = true;
        if (words.size > size && words.bytes[size] == '=' && memcmp(words.bytes, name, size) == 0) {
            for (int j = 0; j < ENTITY_COUNT; j++) {
                source->is_of[j] = i == j;
            }
            return (struct slice){words.bytes + size + 1, words.size - size - 1};
        }
    }
    return words;
}

/* A number of a spreadsheet, `12.5` or `20%`; 0 when it is one. */
static int parse_amount(struct slice text, char point, double *number)
{
    if (text.size > 1 && text.bytes[text.size - 1] == '%') {
        text.size--;
    }
    return decimal_parse(text, point, number);
}

/* `COLUMN>` and `COLUMN<` before the equals sign ask for numbers from there on, or up to there. */
static int take_comparison(struct slice words, struct key_source *source, struct error *err)
{
    char *last = &source->column[strlen(source->column) - 1];
    if (*last != '>' && *last != '<') {
        return 0;
    }
    source->comparison = *last == '>' ? IS_AT_LEAST : IS_AT_MOST;
    *last = '\0';
    if (source->column[0] == '\0' || parse_amount(source->value, '.', &source->bound) != 0) {
        return error_set(err, ERROR_INPUT, "'%.*s' is not FILE:COLUMN>=NUMBER, as price_cut>=20",
                         SLICE_SHOWN(words));
    }
    return 0;
}

/* Cuts `:COLUMN=VALUE` off the end: the last colon before the first equals sign. */
static int take_column(struct slice *words, struct key_source *source, struct error *err)
{
    const char *equals = memchr(words->bytes, '=', words->size);
    const struct slice whole = *words;
    size_t at = equals == NULL ? 0 : (size_t)(equals - words->bytes);
    size_t before = at;
    while (before > 0 && words->bytes[before] != ':') {
        before--;
    }
    if (before == 0) {
        return 0;
    }
    size_t size = at - before - 1;
    if (size == 0 || size >= sizeof source->column) {
        return error_set(err, ERROR_INPUT, "'%.*s' is not FILE:COLUMN=VALUE", SLICE_SHOWN(*words));
    }
    memcpy(source->column, words->bytes + before + 1, size);
    source->value = (struct slice){equals + 1, words->size - at - 1};
    words->size = before;
    return take_comparison(whole, source, err);
}

static int read_words(struct slice words, const char *folder, struct key_source *source,
                      struct error *err)
{
    words = take_entity(words, source);
    if (take_column(&words, source, err) != 0) {
        return -1;
    }
    bool is_rooted = words.size > 0 && words.bytes[0] == '/';
    int size = snprintf(source->path, sizeof source->path, "%s%s%.*s", is_rooted ? "" : folder,
                        is_rooted ? "" : "/", (int)words.size, words.bytes);
    if (words.size == 0 || size < 0 || (size_t)size >= sizeof source->path) {
        return error_set(err, ERROR_INPUT, "'%.*s' names no file", SLICE_SHOWN(words));
    }
    return 0;
}

/* ---- the file */

static int add_hash(struct hash_list *list, uint64_t hash, struct error *err)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? ROOM_FIRST : list->room * 2;
        uint64_t *hashes = realloc(list->hashes, room * sizeof *hashes);
        if (hashes == NULL) {
            return error_set_memory(err, "reading a list of keys");
        }
        list->hashes = hashes;
        list->room = room;
    }
    list->hashes[list->count++] = hash;
    return 0;
}

static int bind_columns(struct key_source *source, const struct csv_reader *csv, struct error *err)
{
    uint64_t line = csv_reader_header(csv)->line;
    source->id_cell = csv_reader_find_column(csv, "id");
    source->entity_cell = csv_reader_find_column(csv, "entity");
    source->value_cell =
        source->column[0] == '\0' ? -1 : csv_reader_find_column(csv, source->column);
    if (source->id_cell < 0) {
        return csv_reader_refuse(csv, line, err, "the column 'id' is missing");
    }
    if (source->column[0] != '\0' && source->value_cell < 0) {
        char hint[SPELLING_HINT_SIZE];
        struct spelling spelling = csv_reader_spell_column(csv, source->column);
        return csv_reader_refuse(csv, line, err, "the column '%s' is missing%s", source->column,
                                 spelling_hint_or_list(&spelling, hint));
    }
    return 0;
}

/* Whether the cell is the value as it stands, or one of those between its bars. */
static bool is_one_of(struct slice cell, struct slice values)
{
    bool is_it = slice_is_equal(cell, values);
    for (size_t begin = 0; !is_it && begin <= values.size;) {
        const char *bar = memchr(values.bytes + begin, '|', values.size - begin);
        size_t end = bar == NULL ? values.size : (size_t)(bar - values.bytes);
        is_it = slice_is_equal(cell, (struct slice){values.bytes + begin, end - begin});
        begin = end + 1;
    }
    return is_it;
}

/* 1: the row is meant, 0: it is not, -1: its cell is no number where numbers are compared. */
static int is_row_meant(const struct key_source *source, const struct csv_reader *csv,
                        const struct csv_record *record, struct error *err)
{
    double number;
    if (source->value_cell < 0) {
        return 1;
    }
    struct slice cell = csv_writer_unguard(record->fields[source->value_cell]);
    if (source->comparison == IS_ONE_OF) {
        return is_one_of(cell, source->value);
    }
    if (cell.size == 0) {
        return 0;
    }
    if (parse_amount(cell, csv_reader_decimal_point(csv), &number) != 0) {
        return csv_reader_refuse(
            csv, record->line, err,
            "%s: '%.*s' is no number, and one is asked for; an empty cell is fine", source->column,
            SLICE_SHOWN(cell));
    }
    return source->comparison == IS_AT_LEAST ? number >= source->bound : number <= source->bound;
}

static int add_record(struct key_set *set, const struct key_source *source,
                      const struct csv_reader *csv, const struct csv_record *record,
                      struct error *err)
{
    struct slice id = csv_writer_unguard(record->fields[source->id_cell]);
    enum entity only = ENTITY_COUNT;
    int is_meant_at_all = is_row_meant(source, csv, record, err);
    if (is_meant_at_all <= 0) {
        return is_meant_at_all;
    }
    if (id.size == 0 || id.size > ENTITY_ID_SIZE_MAX) {
        return csv_reader_refuse(csv, record->line, err, "an id has 1 to %d bytes, this one %zu",
                                 ENTITY_ID_SIZE_MAX, id.size);
    }
    if (source->entity_cell >= 0 && record->fields[source->entity_cell].size > 0 &&
        entity_parse(record->fields[source->entity_cell], &only) != 0) {
        return csv_reader_refuse(csv, record->line, err,
                                 "entity is neither user nor product: '%.*s'",
                                 SLICE_SHOWN(record->fields[source->entity_cell]));
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        bool is_meant = source->is_of[i] && (only == ENTITY_COUNT || only == (enum entity)i);
        if (is_meant && add_hash(&set->lists[i], key_set_hash(id), err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int compare_hashes(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;
    return (*a > *b) - (*a < *b);
}

/* Sorts, each hash once. */
static void finish_list(struct hash_list *list)
{
    size_t kept = 0;
    if (list->count > 0) {
        qsort(list->hashes, list->count, sizeof *list->hashes, compare_hashes);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || list->hashes[kept - 1] != list->hashes[i]) {
            list->hashes[kept++] = list->hashes[i];
        }
    }
    list->count = kept;
}

static int read_file(struct key_set *set, struct key_source *source, struct error *err)
{
    struct csv_record record;
    struct csv_reader *csv = csv_reader_open(source->path, err);
    int got = csv == NULL ? -1 : bind_columns(source, csv, err);
    while (got == 0 && (got = csv_reader_next(csv, &record, err)) == 1) {
        got = add_record(set, source, csv, &record, err);
    }
    csv_reader_close(csv);
    return got;
}

struct key_set *key_set_load(struct slice words, const char *folder, struct error *err)
{
    struct key_source source = {.column = ""};
    struct key_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        (void)error_set_memory(err, "reading a list of keys");
        return NULL;
    }
    if (read_words(words, folder, &source, err) != 0 || read_file(set, &source, err) != 0) {
        key_set_free(set);
        return NULL;
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        finish_list(&set->lists[i]);
    }
    return set;
}

void key_set_free(struct key_set *set)
{
    for (int i = 0; set != NULL && i < ENTITY_COUNT; i++) {
        free(set->lists[i].hashes);
    }
    free(set);
}

bool key_set_has(const struct key_set *set, enum entity entity, uint64_t hash)
{
    const struct hash_list *list = &set->lists[entity];
    return list->count > 0 &&
           bsearch(&hash, list->hashes, list->count, sizeof hash, compare_hashes) != NULL;
}

uint64_t key_set_hash(struct slice id)
{
    return XXH64(id.bytes, id.size, 0);
}

size_t key_set_count(const struct key_set *set, enum entity entity)
{
    return set->lists[entity].count;
}
