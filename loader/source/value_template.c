/* value_template.c - value = template:TEXT: a text with columns in it.
 * Room: loader/source. May touch: nothing.
 * `{name}` stands for the column's bytes (nothing for NULL), `{name|json}` for the same as value = json would write it:
 * a number, a text in quotes and escaped, null. Any other brace stays as it is, so that JSON and key templates can be
 * written down; but a name in braces that is no column is refused, because it can only be a slip. */
#include "loader/source/json_text.h"
#include "loader/source/value_encoder.h"

#include <ctype.h>

static const char json_mark[] = "|json";
enum { JSON_MARK_SIZE = sizeof json_mark - 1 };

/* Some literal text, then a column. */
struct piece {
    struct slice before;
    size_t column; /* columns->count: none, at the end */
    bool is_json;
};

struct template
{
    const struct piece *pieces; /* [piece_count] */
    size_t piece_count;
};

/* Bytes of the name that begins at `at`. */
static size_t name_size(const char *at)
{
    size_t size = 0;
    while (isalnum((unsigned char)at[size]) || at[size] == '_') {
        size++;
    }
    return size;
}

/* Reads `{name}` or `{name|json}` at `at`; returns what follows it, or NULL when it is just a brace. */
static const char *read_placeholder(const char *at, struct slice *name, bool *is_json)
{
    *name = (struct slice){at + 1, name_size(at + 1)};
    const char *end = name->bytes + name->size;
    *is_json = strncmp(end, json_mark, JSON_MARK_SIZE) == 0;
    end += *is_json ? JSON_MARK_SIZE : 0;
    return name->size > 0 && *end == '}' ? end + 1 : NULL;
}

/* Cuts the text into `pieces`; returns how many, or 0 with `err`. */
static size_t cut(const char *text, const struct value_columns *columns, struct piece pieces[],
                  struct error *err)
{
    size_t count = 0;
    const char *begin = text;
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at, '{')) {
        struct slice name;
        bool is_json;
        const char *behind = read_placeholder(at, &name, &is_json);
        if (behind == NULL) {
            at++;
            continue;
        }
        size_t column = value_encoding_find(columns, name);
        if (column == columns->count) {
            error_set(err, ERROR_INPUT,
                      "value = template:... has {%.*s}, but the %s gives no such column",
                      (int)name.size, name.bytes, columns->origin);
            return 0;
        }
        pieces[count++] = (struct piece){{begin, (size_t)(at - begin)}, column, is_json};
        begin = behind;
        at = behind;
    }
    pieces[count++] = (struct piece){slice_of(begin), columns->count, false};
    return count;
}

static size_t count_braces(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += *text == '{';
    }
    return count;
}

static const void *prepare(const struct family *family, const struct value_columns *columns,
                           struct arena *arena, struct error *err)
{
    const char *text = family->value_template == NULL ? "" : family->value_template;
    struct template *prepared = arena_take(arena, sizeof *prepared);
    struct piece *pieces = arena_take(arena, (count_braces(text) + 1) * sizeof *pieces);
    if (prepared == NULL || pieces == NULL) {
        error_set_memory(err, "reading a template");
        return NULL;
    }
    size_t count = cut(text, columns, pieces, err);
    *prepared = (struct template){.pieces = pieces, .piece_count = count};
    return count == 0 ? NULL : prepared;
}

static bool make(const void *prepared, const struct value_columns *columns,
                 const struct cell cells[], struct value_buffer *buffer)
{
    const struct template *template = prepared;
    for (size_t i = 0; i < template->piece_count; i++) {
        const struct piece *piece = &template->pieces[i];
        value_buffer_put(buffer, piece->before.bytes, piece->before.size);
        if (piece->column == columns->count) {
            break;
        }
        const struct cell *cell = &cells[piece->column];
        if (piece->is_json) {
            json_text_put_cell(buffer, cell);
        } else if (cell->kind != CELL_NULL) {
            value_buffer_put(buffer, cell->bytes.bytes, cell->bytes.size);
        }
    }
    return true;
}

const struct value_encoder value_template_encoder = {
    .kind = RECORD_STRING, .prepare = prepare, .make = make};
