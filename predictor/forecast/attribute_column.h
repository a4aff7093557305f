/* attribute_column.h - one column of an attribute file: its cells become groups, and ranges where they are numbers.
 * Room: predictor/forecast. May touch: memory only. Private to attribute_table.c. */
#ifndef REKINDLE_PREDICTOR_ATTRIBUTE_COLUMN_H
#define REKINDLE_PREDICTOR_ATTRIBUTE_COLUMN_H

#include "common/error.h"
#include "common/slice.h"

#include "predictor/forecast/attribute_table.h"
#include "predictor/forecast/hash_index.h"

enum { ATTRIBUTE_LEVEL_TEXT_SIZE = 24, ATTRIBUTE_NAME_SIZE = 22 };

struct attribute_column {
    char name[ATTRIBUTE_NAME_SIZE];
    char decimal_point;
    struct hash_index levels;                 /* of the cells' texts */
    char (*texts)[ATTRIBUTE_LEVEL_TEXT_SIZE]; /* [text_room], by level - 1 */
    size_t text_room;
    uint16_t *codes; /* [row_room] the level of each row; NULL when there are too many */
    float *values;   /* [row_room] NAN: empty; NULL when a cell is no number */
    size_t row_room;
    bool has_too_many; /* levels */
};

/* Ranges of the numbers of a column, as a grouping of its own. */
struct attribute_ranges {
    float lows[ATTRIBUTE_RANGES], highs[ATTRIBUTE_RANGES]; /* [count], ascending: what is in each */
    size_t count;
};

void attribute_column_open(struct attribute_column *column, struct slice name, char decimal_point);
/* The cell of a row; of a row that is told twice the last counts. */
int attribute_column_set(struct attribute_column *column, uint32_t row, struct slice cell,
                         struct error *err) MUST_CHECK;
/* After the last row: how many of [row_count] have a value. */
size_t attribute_column_count_filled(const struct attribute_column *column, size_t row_count);
/* Whether numbers are what it holds, too many of them to be names of something. */
bool attribute_column_has_ranges(const struct attribute_column *column);
/* Tenths by size of the numbers: the group of each row to `codes` [row_count]. */
int attribute_column_cut(const struct attribute_column *column, size_t row_count,
                         struct attribute_ranges *ranges, uint16_t *codes,
                         struct error *err) MUST_CHECK;
void attribute_column_close(struct attribute_column *column);

#endif
