/* repeat_table.h - how many keys came back never, once, twice..., and how many a fitted model expects: does it fit?
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_REPEAT_TABLE_H
#define REKINDLE_PREDICTOR_REPEAT_TABLE_H

#include "predictor/forecast/btyd_fit.h"

enum { REPEAT_TABLE_CELLS = 8 }; /* 0 to 6 repeats, and 7 or more */

struct repeat_table {
    double keys[REPEAT_TABLE_CELLS];
    double expected[REPEAT_TABLE_CELLS]; /* of as many keys of the same ages */
};

/* Keys of nearly the same age are taken together, so that the cost stays below some 1,000 ages times 7. */
struct repeat_table repeat_table_make(const struct btyd_fit *fit, const struct triple_table *table);

#endif
