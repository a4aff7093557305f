/* attribute_table.h - what is known of keys beside their history: the parent of each, and which groups it is in.
 * Room: predictor/forecast. May touch: files, memory.
 * Promises: an id is known by its 64-bit hash alone: among 10 million ids two share one in one case of 400,000, and
 * then merely share a row. Memory: some 20 bytes an id, 4 for its parent, and 2 for each further column (6 while a
 * column of numbers is read). */
#ifndef REKINDLE_PREDICTOR_ATTRIBUTE_TABLE_H
#define REKINDLE_PREDICTOR_ATTRIBUTE_TABLE_H

#include "common/error.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARENT_NONE        UINT32_MAX
#define ATTRIBUTE_ROW_NONE UINT32_MAX
enum {
    PARENT_COUNT_MAX = 2000000,
    ATTRIBUTE_COLUMNS_MAX =
        16, /* beside id and parent; what stands to the right of them is not used */
    ATTRIBUTE_LEVELS_MAX = 65534,
    ATTRIBUTE_LEVEL_NONE = 0, /* an empty cell */
    ATTRIBUTE_RANGES = 10,
    ATTRIBUTE_TEXT_SIZE = 64
};

struct attribute_table;

/* Reads a CSV with a header that has `id` and at least one more column: `parent`, and columns of groups under any name.
 * Keys whose cells are alike are in one group. A column of numbers that has more than 32 different ones makes tenths
 * of the ids by size as well, so that a price tells even where hardly two are equal. A column with more than
 * ATTRIBUTE_LEVELS_MAX values, or with hardly two cells alike, is of no use as groups and is left out. Of an id that comes
 * twice the last row counts. NULL and ERROR_INPUT with file and line for what makes no sense. */
struct attribute_table *attribute_table_load(const char *path, struct error *err) MUST_CHECK;
/* NULL is fine for all of these, and knows nothing. */
void attribute_table_free(struct attribute_table *table);
/* The row of an id, by attribute_table_hash of it, or ATTRIBUTE_ROW_NONE. */
uint32_t attribute_table_find(const struct attribute_table *table, uint64_t id_hash);
uint64_t attribute_table_hash(struct slice id);
/* The number of its parent, 0.. in the order of the file, or PARENT_NONE. */
uint32_t attribute_table_parent(const struct attribute_table *table, uint32_t row);
size_t attribute_table_parent_count(const struct attribute_table *table);

/* Ways to group the keys: columns, and ranges of columns. */
size_t attribute_table_grouping_count(const struct attribute_table *table);
/* The groups of one are 1..count; ATTRIBUTE_LEVEL_NONE is no group. */
size_t attribute_table_level_count(const struct attribute_table *table, size_t grouping);
uint32_t attribute_table_level(const struct attribute_table *table, size_t grouping, uint32_t row);
/* The name of a grouping: its column. */
const char *attribute_table_name(const struct attribute_table *table, size_t grouping);
/* A group in words: "category shoes", "price 20 to 35". Returns `text`. */
const char *attribute_table_print(const struct attribute_table *table, size_t grouping,
                                  uint32_t level, char text[ATTRIBUTE_TEXT_SIZE]);
/* One sentence a column that is left out, and why; NULL behind the last. */
const char *attribute_table_note(const struct attribute_table *table, size_t at);

#endif
