/* parent_table.h - which key belongs to which parent: the style of a product, its model, its category.
 * Room: predictor/forecast. May touch: files, libcsv, memory.
 * Promises: 16 bytes an id, which is known by its 64-bit hash alone: among 10 million ids two share a hash in one case
 * of 400,000, and then merely share a parent. */
#ifndef REKINDLE_PREDICTOR_PARENT_TABLE_H
#define REKINDLE_PREDICTOR_PARENT_TABLE_H

#include "common/error.h"
#include "common/slice.h"

#include <stddef.h>
#include <stdint.h>

#define PARENT_NONE UINT32_MAX
enum { PARENT_COUNT_MAX = 2000000 };

struct parent_table;

/* Reads a CSV with a header that has `id` and `parent`, in any order, other columns ignored; an id without a parent
 * (an empty field) is left out, and of an id that comes twice the last counts. ERROR_INPUT with the line for a row that
 * makes no sense. */
struct parent_table *parent_table_load(const char *path, struct error *err) MUST_CHECK;
void parent_table_free(struct parent_table *table);
/* The parent's number, 0.. in the order of the file, or PARENT_NONE; a NULL table knows none. */
uint32_t parent_table_find(const struct parent_table *table, uint64_t id_hash);
/* The hash that parent_table_find asks for. */
uint64_t parent_table_hash(struct slice id);
size_t parent_table_count(const struct parent_table *table);

#endif
