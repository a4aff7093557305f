/* config_value.h - one value of the config file: text to field.
 * Room: common. May touch: the config's folder, for its whole name. */
#ifndef REKINDLE_COMMON_CONFIG_VALUE_H
#define REKINDLE_COMMON_CONFIG_VALUE_H

#include "common/arena.h"
#include "common/config_rows.h"
#include "common/error.h"

/* Where values go. */
struct config_target {
    void *base;          /* struct config, struct family or struct log_config */
    struct arena *arena; /* for texts */
    const char *folder;  /* of the config file, that relative paths are taken from; NULL: none */
};

/* Puts `text` into the field of `row`. ERROR_INPUT with a sentence that shows the text and a good one; the
 * caller adds file, line and key. */
int config_value_set(const struct config_target *target, const struct config_row *row,
                     const char *text, struct error *err) MUST_CHECK;

#endif
