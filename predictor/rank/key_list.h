/* key_list.h - pins and exclusions: lists of keys that people keep.
 * Room: predictor/rank. May touch: the files it is given. */
#ifndef REKINDLE_PREDICTOR_KEY_LIST_H
#define REKINDLE_PREDICTOR_KEY_LIST_H

#include "common/entity.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct key_list;

struct key_list *key_list_new(struct error *err) MUST_CHECK;
void key_list_free(struct key_list *list);

/* Adds a CSV with the column id and, if it likes, entity (user or product; an empty cell and a file without the
 * column mean both); further columns are left alone. Keys that stand there twice count once. ERROR_INPUT with
 * file and line. */
int key_list_load(struct key_list *list, const char *path, struct error *err) MUST_CHECK;

/* Whether the key is in the list; it is then no longer missing. */
bool key_list_find(struct key_list *list, enum entity entity, struct slice id);

size_t key_list_count(const struct key_list *list);
/* How many were never found, and the first few of them in the order of the files: "u1, u2, ...", to `text`
 * [size]; "" when there are none. */
size_t key_list_print_missing(const struct key_list *list, char *text, size_t size);

#endif
