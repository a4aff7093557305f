/* plan_columns.h - the columns of plan.csv as a table: writer and reader both follow it.
 * Room: common. May touch: nothing. */
#ifndef REKINDLE_COMMON_PLAN_COLUMNS_H
#define REKINDLE_COMMON_PLAN_COLUMNS_H

#include "common/plan_row.h"

#include <stdbool.h>
#include <stddef.h>

enum plan_cell {
    PLAN_CELL_COUNT,  /* uint64_t */
    PLAN_CELL_NUMBER, /* double, finite, 0 or more */
    PLAN_CELL_TIME,   /* int64_t */
    PLAN_CELL_TEXT,   /* struct slice */
    PLAN_CELL_ENTITY, /* enum entity */
    PLAN_CELL_ACTION, /* enum plan_action */
};

enum {
    PLAN_COLUMN_COUNT = 22,
    PLAN_RANK_MAX = 0x7fffffff, /* far above any plan; two billion rows are half a terabyte */
    PLAN_EVENT_SIZE_MAX = 255
};

struct plan_column {
    const char *name;
    enum plan_cell cell;
    size_t offset;   /* of the field in struct plan_row */
    int places;      /* of a number: digits behind the point */
    size_t size_max; /* of a text; 0: any */
    bool is_needed;  /* of a text: may not be empty */
    bool is_shared;  /* the same in every row of a plan */
    bool is_loaded; /* the loader needs it of every row: read also when the plan is read narrowly */
};

extern const struct plan_column plan_columns[PLAN_COLUMN_COUNT]; /* in the order of PLAN_COLUMNS */

const char *plan_action_name(enum plan_action action);

#endif
