/* config_rows.h - every section and key of the config file, as a table.
 * Room: common. May touch: nothing.
 * Parsing, --print-config and the man pages read these rows; a new key is a row and a field. */
#ifndef REKINDLE_COMMON_CONFIG_ROWS_H
#define REKINDLE_COMMON_CONFIG_ROWS_H

#include "common/spelling.h"

#include <stddef.h>
#include <stdint.h>

enum config_kind {
    CONFIG_TEXT,    /* const char * */
    CONFIG_PATH,    /* const char *; relative to the config's folder */
    CONFIG_ADDRESS, /* const char *; host:port, or unix:PATH, relative to the config's folder */
    CONFIG_COUNT,   /* int64_t, within min..max; `20k` */
    CONFIG_BYTES,   /* uint64_t; `2GiB` */
    CONFIG_DURATION_SECOND, /* int64_t; `1h` */
    CONFIG_DURATION_MS,     /* int64_t; `5s` */
    CONFIG_COST_MS,         /* double; `12ms`, `0.4ms`, `350us` */
    CONFIG_SHARE,           /* double; `80%` or `0.8` */
    CONFIG_SWITCH,          /* bool; yes or no */
    CONFIG_LOSS,            /* bool; degrade (true) or serve */
    CONFIG_ENTITY,          /* enum entity */
    CONFIG_SOURCE,          /* enum family_source */
    CONFIG_VALUE,           /* value, value_column and value_template of struct family */
    CONFIG_KEY,             /* struct key_template */
    CONFIG_QUERY,           /* const char *, with ({ids}) */
    CONFIG_TTL,             /* int64_t: seconds behind the event's end; `event_end + 6h` */
};

struct config_row {
    const char
        *section; /* NULL ends the table; sections `family` and `log` take a name: [family NAME] */
    const char *key;
    enum config_kind kind;
    size_t
        offset; /* in struct config; for [family NAME] in struct family, [log NAME] in struct log_config */
    const char *default_text; /* NULL: none, the field is 0 */
    int64_t min, max;         /* of a count; of bytes the max only, 0: none */
    const char *help;
};

extern const struct config_row config_rows[];

/* NULL when the table has no such key. */
const struct config_row *config_rows_find(const char *section, const char *key);
/* The most alike section, or key of the section, for an error. */
struct spelling config_rows_spell_section(const char *section);
struct spelling config_rows_spell_key(const char *section, const char *key);

#endif
