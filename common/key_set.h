/* key_set.h - a set of keys from CSV files, known by hash: who is in a promotion, for instance.
 * Room: common. May touch: the files it is given.
 * Promises: 8 bytes a key; two ids share a hash in one of 400,000 sets of 10 million, and are then taken for each other. */
#ifndef REKINDLE_COMMON_KEY_SET_H
#define REKINDLE_COMMON_KEY_SET_H

#include "common/entity.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_set;

/* Loads what `words` name, `[user=|product=]FILE[:COLUMN=VALUE]`: all ids of a CSV with the column id and, if it likes,
 * entity (empty or absent: those of the words, else both), or those whose COLUMN is VALUE, or one of `A|B|C`, or by
 * `COLUMN>=NUMBER` or `COLUMN<=NUMBER` those with such a number (`20%` counts as 20; empty cells are not meant). FILE is taken from `folder`
 * unless it begins with a slash. NULL and ERROR_INPUT with file and line. */
struct key_set *key_set_load(struct slice words, const char *folder, struct error *err) MUST_CHECK;
void key_set_free(struct key_set *set);

/* By key_set_hash of the id. O(log n). */
bool key_set_has(const struct key_set *set, enum entity entity, uint64_t hash);
uint64_t key_set_hash(struct slice id);
size_t key_set_count(const struct key_set *set, enum entity entity);

#endif
