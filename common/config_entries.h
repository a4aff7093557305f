/* config_entries.h - an INI file as a list of known keys with their text and line.
 * Room: common. May touch: inih.
 * Promises: an unknown section or key, a repeated key or a line that is neither is refused with its line, with
 * the nearest name that would have been known. */
#ifndef REKINDLE_COMMON_CONFIG_ENTRIES_H
#define REKINDLE_COMMON_CONFIG_ENTRIES_H

#include "common/arena.h"
#include "common/config_rows.h"
#include "common/error.h"

#include <stdbool.h>

/* `key = value` as it stands in the file, indented lines below it joined on. Texts live in the arena. */
struct config_entry {
    struct config_entry *next;
    const char *heading; /* "redis", "family user-profile" */
    const char *section; /* "redis", "family" */
    const char *name;    /* "user-profile"; "" where the section takes none */
    const char *value;
    const struct config_row *row;
    int64_t line;
};

/* Reads `text` [size], terminated, of the file `path`; `*first` is NULL when there are no keys. */
int config_entries_parse(const char *path, const char *text, size_t size, struct arena *arena,
                         const struct config_entry **first, struct error *err) MUST_CHECK;

/* [family NAME] and [log NAME] take a name, other sections none. */
bool config_entries_is_named(const char *section);

#endif
