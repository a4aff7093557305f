/* config_entries.c - see config_entries.h.
 * Room: common. May touch: inih.
 * inih is given the whole file line by line; what it hands back is collected, because a value may go on over
 * indented lines. */
#include "common/config_entries.h"

#include <ctype.h>
#include <ini.h>
#include <inttypes.h>

enum {
    LINE_SIZE_MAX = 16 * 1024,
    HEADING_SIZE_MAX = 48, /* inih cuts longer ones without a word */
    NAME_SIZE_MAX = 40
};

struct load {
    const char *path;
    const char *rest;      /* what is not read yet */
    const char *line_text; /* the current line, with its blanks */
    int64_t line;
    struct arena *arena;
    struct config_entry *first, *last;
    struct error *err;
    bool has_failed;
};

static int refuse(const struct load *load, int64_t line, struct error *err)
{
    return error_add_context(err, "%.400s:%" PRId64, load->path, line);
}

/* ---- reading lines */

/* As fgets: inih may take a long line in pieces. */
static char *read_line(char *text, int size, void *stream)
{
    struct load *load = stream;
    if (*load->rest == '\0' || size < 2) {
        return NULL;
    }
    if (load->line == 0 || load->rest[-1] == '\n') {
        load->line++;
        load->line_text = load->rest;
    }
    size_t line_size = strcspn(load->rest, "\n");
    line_size += load->rest[line_size] == '\n';
    size_t taken = line_size < (size_t)size - 1 ? line_size : (size_t)size - 1;
    memcpy(text, load->rest, taken);
    text[taken] = '\0';
    load->rest += taken;
    return text;
}

/* inih cuts what is too long for it and goes on; so such lines are refused before. */
static int check_lines(const struct load *load, const char *text, size_t size, struct error *err)
{
    int64_t line = 1;
    if (memchr(text, '\0', size) != NULL) {
        return error_set(err, ERROR_INPUT, "%.400s is not a text file: it has a NUL byte",
                         load->path);
    }
    for (const char *at = text; *at != '\0'; line++) {
        size_t line_size = strcspn(at, "\n");
        if (line_size > LINE_SIZE_MAX) {
            error_set(err, ERROR_INPUT,
                      "the line is longer than %d bytes; a value may go on in indented lines",
                      LINE_SIZE_MAX);
            return refuse(load, line, err);
        }
        at += line_size;
        at += *at == '\n';
    }
    return 0;
}

/* ---- collecting entries */

bool config_entries_is_named(const char *section)
{
    return strcmp(section, "family") == 0 || strcmp(section, "log") == 0 ||
           strcmp(section, "entity") == 0;
}

static int refuse_section(const char *section, struct error *err)
{
    struct spelling spelling = config_rows_spell_section(section);
    if (spelling.nearest.size == 0) {
        return error_set(err, ERROR_INPUT, "unknown section [%s]", section);
    }
    const char *nearest = spelling.nearest.bytes; /* a whole text of the table */
    return error_set(err, ERROR_INPUT, "unknown section [%s]; did you mean [%s%s]?", section,
                     nearest, config_entries_is_named(nearest) ? " NAME" : "");
}

static bool is_known_section(const char *section)
{
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        if (strcmp(row->section, section) == 0) {
            return true;
        }
    }
    return false;
}

/* `family user-profile` to its two words. */
static int split_section(struct arena *arena, const char *text, struct config_entry *entry,
                         struct error *err)
{
    size_t word_size = strcspn(text, " \t");
    const char *name = text + word_size + strspn(text + word_size, " \t");
    char *section = arena_copy_text(arena, (struct slice){text, word_size});
    entry->heading = arena_copy_text(arena, slice_of(text));
    entry->section = section;
    entry->name = arena_copy_text(arena, slice_of(name));
    if (section == NULL || entry->heading == NULL || entry->name == NULL) {
        return error_set_memory(err, "reading the config");
    }
    if (text[0] == '\0') {
        return error_set(err, ERROR_INPUT, "the key stands before the first [section]");
    }
    if (!is_known_section(section)) {
        return refuse_section(section, err);
    }
    if (config_entries_is_named(section) != (name[0] != '\0')) {
        return error_set(err, ERROR_INPUT, "[%s] %s", text,
                         config_entries_is_named(section) ? "needs a name, as [family user-profile]"
                                                          : "is unknown; this section has no name");
    }
    if (strlen(text) > HEADING_SIZE_MAX || strlen(name) > NAME_SIZE_MAX) {
        return error_set(err, ERROR_INPUT, "the name in [%s...] is longer than %d bytes", text,
                         NAME_SIZE_MAX);
    }
    return 0;
}

static int find_row(struct config_entry *entry, const char *key, struct error *err)
{
    entry->row = config_rows_find(entry->section, key);
    if (entry->row == NULL) {
        char hint[SPELLING_HINT_SIZE];
        struct spelling spelling = config_rows_spell_key(entry->section, key);
        return error_set(err, ERROR_INPUT, "unknown key '%.80s' in [%s]%s", key, entry->section,
                         spelling_hint(&spelling, hint));
    }
    return 0;
}

static int check_repeat(const struct load *load, const struct config_entry *entry,
                        struct error *err)
{
    for (const struct config_entry *other = load->first; other != NULL; other = other->next) {
        if (other->row == entry->row && strcmp(other->name, entry->name) == 0) {
            return error_set(err, ERROR_INPUT, "'%s' is given in line %" PRId64 " already",
                             entry->row->key, other->line);
        }
    }
    return 0;
}

static int add_entry(struct load *load, const char *section, const char *key, const char *value,
                     struct error *err)
{
    struct config_entry *entry = arena_take(load->arena, sizeof *entry);
    if (entry == NULL) {
        return error_set_memory(err, "reading the config");
    }
    *entry = (struct config_entry){.line = load->line};
    entry->value = arena_copy_text(load->arena, slice_of(value));
    if (entry->value == NULL) {
        return error_set_memory(err, "reading the config");
    }
    if (split_section(load->arena, section, entry, err) != 0 || find_row(entry, key, err) != 0 ||
        check_repeat(load, entry, err) != 0) {
        return -1;
    }
    if (load->last == NULL) {
        load->first = entry;
    } else {
        load->last->next = entry;
    }
    load->last = entry;
    return 0;
}

/* inih takes any indented line as more of the value above. One that looks like a key of the section was more
 * likely meant as one, and would vanish in the value. */
static int check_more(const struct load *load, const char *more, struct error *err)
{
    char key[HEADING_SIZE_MAX];
    size_t size = strcspn(more, "= \t");
    size_t equals = size + strspn(more + size, " \t");
    if (more[equals] != '=' || size >= sizeof key) {
        return 0;
    }
    memcpy(key, more, size);
    key[size] = '\0';
    if (config_rows_find(load->last->section, key) == NULL) {
        return 0;
    }
    return error_set(err, ERROR_INPUT,
                     "an indented line goes on with the value above, but '%s' is a key; take the "
                     "blanks before it away",
                     key);
}

static int add_more(struct load *load, const char *more, struct error *err)
{
    if (check_more(load, more, err) != 0) {
        return -1;
    }
    size_t size = strlen(load->last->value) + 1 + strlen(more) + 1;
    char *value = arena_take(load->arena, size);
    if (value == NULL) {
        return error_set_memory(err, "reading the config");
    }
    snprintf(value, size, "%s %s", load->last->value, more);
    load->last->value = value;
    return 0;
}

static bool is_more(const struct load *load, const char *section, const char *key)
{
    return isspace((unsigned char)load->line_text[0]) && load->last != NULL &&
           strcmp(load->last->heading, section) == 0 && strcmp(load->last->row->key, key) == 0;
}

/* inih's handler. */
static int take_entry(void *self, const char *section, const char *key, const char *value)
{
    struct load *load = self;
    int result = is_more(load, section, key) ? add_more(load, value, load->err)
                                             : add_entry(load, section, key, value, load->err);
    if (result != 0) {
        load->has_failed = true;
        refuse(load, load->line, load->err);
    }
    return result == 0;
}

/* inih's settings are variables of the library, so they are set right before it is used. Comments have lines
 * of their own: `delimiter = ;` is a value. */
static int parse_text(struct load *load, const char *text, struct error *err)
{
    ini_allow_inline_comments = false;
    ini_allow_multiline = true;
    ini_allow_bom = true;
    ini_stop_on_first_error = true;
    ini_use_stack = false;
    ini_allow_realloc = true;
    ini_max_line = LINE_SIZE_MAX + 3; /* what inih's header asks for: "\r\n" and NUL */
    load->rest = text;
    int bad_line = ini_parse_stream(read_line, load, take_entry, load);
    if (load->has_failed) {
        return -1;
    }
    if (bad_line < 0) {
        return error_set_memory(err, "reading the config");
    }
    if (bad_line > 0) {
        error_set(err, ERROR_INPUT, "this is neither `key = value` nor a [section]");
        return refuse(load, bad_line, err);
    }
    return 0;
}

int config_entries_parse(const char *path, const char *text, size_t size, struct arena *arena,
                         const struct config_entry **first, struct error *err)
{
    struct load load = {.path = path, .arena = arena, .err = err};
    if (check_lines(&load, text, size, err) != 0 || parse_text(&load, text, err) != 0) {
        return -1;
    }
    *first = load.first;
    return 0;
}
