/* sibling_activity.h - on how many days how many keys of a parent were active: what a key's siblings are doing.
 * Room: predictor/forecast. May touch: memory only.
 * Promises: memory follows the pairs of parent and day that occur, not the keys. */
#ifndef REKINDLE_PREDICTOR_SIBLING_ACTIVITY_H
#define REKINDLE_PREDICTOR_SIBLING_ACTIVITY_H

#include "common/error.h"

#include "predictor/forecast/triple_set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty. First add, then finish, then count. */
struct sibling_activity {
    struct triple_set days; /* (parent, day, 0), weighted by the keys active */
    struct sibling_day *sorted;
    size_t *begins;  /* [parent_count + 1] in `sorted` */
    uint32_t *sizes; /* [parent_count] keys of a parent that were seen at all */
    size_t parent_count;
};

struct sibling_day {
    int32_t day;
    double total; /* keys active on this day and all before */
};

/* A key of `parent` (< parent_count) was active on `day` (days since 1970, 0 or later). */
int sibling_activity_add(struct sibling_activity *activity, uint32_t parent, int64_t day,
                         struct error *err) MUST_CHECK;
/* A key of `parent` exists. The first call makes room for `parent_count` parents. */
int sibling_activity_count_key(struct sibling_activity *activity, size_t parent_count,
                               uint32_t parent, struct error *err) MUST_CHECK;
int sibling_activity_finish(struct sibling_activity *activity, struct error *err) MUST_CHECK;
/* The sum over the days [from, to) of the keys of `parent` active on each. */
double sibling_activity_sum(const struct sibling_activity *activity, uint32_t parent, int64_t from,
                            int64_t to);
/* How many keys of it were seen; at least 1. */
double sibling_activity_size(const struct sibling_activity *activity, uint32_t parent);
void sibling_activity_free(struct sibling_activity *activity);

#endif
