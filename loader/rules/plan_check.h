/* plan_check.h - does a plan row mean what the config says? The family is known, and the key is the one it renders.
 * Room: loader/rules. May touch: nothing. Pure.
 * Why: a reviewer edits plans in a spreadsheet; a key that lost its leading zeros would warm another user's entry. */
#ifndef REKINDLE_LOADER_PLAN_CHECK_H
#define REKINDLE_LOADER_PLAN_CHECK_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct config;
struct plan_row;

/* Sets `*family_index` to the place of the row's family in config->families. ERROR_INPUT with `plan_path` and `line`
 * when the family is unknown or of another entity, or when the rendered key is not the row's, byte for byte. */
int plan_check_row(const struct config *config, const struct plan_row *row, const char *plan_path,
                   uint64_t line, size_t *family_index, struct error *err) MUST_CHECK;

#endif
