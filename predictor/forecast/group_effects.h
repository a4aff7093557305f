/* group_effects.h - how much more often than others the keys of a group have come back: its category, brand, price.
 * Room: predictor/forecast. May touch: memory only.
 *
 * Of each group, over past windows: Y, how many of its silent keys came, beside E, how many MBG/NBD and the window's
 * level said, and what the other groups of its keys did. The ratio is drawn toward 1 by its evidence (empirical
 * Bayes, gamma-Poisson: DuMouchel 1999): (a + Y/f) / (a + E/f). Here 1/a is the variance of true ratios between the
 * groups of a column, by moments, and f how much more than Poisson the noise is, as the keys of one parent come
 * together, and one key comes again. A column that tells nothing gets a = infinity, and every ratio of it is 1.
 *
 * Windows that had ended by a row's origin are all that its numbers are from, so no row sees its own window. */
#ifndef REKINDLE_PREDICTOR_GROUP_EFFECTS_H
#define REKINDLE_PREDICTOR_GROUP_EFFECTS_H

#include "common/error.h"

#include "predictor/forecast/attribute_table.h"

#include <stdbool.h>

struct forecast_state;
struct training_set;

/* ln of the ratios as of a moment; all zero knows nothing. */
struct group_effects {
    const struct attribute_table *table; /* borrowed */
    float *ordinary, *event;             /* [level_total] from ordinary windows, and from events */
    size_t *offsets;                     /* [groupings] of the first level of each */
};

/* Fills the columns of `set`'s rows that are about groups, each row as of its origin, and `present` from all windows.
 * Without attributes it does nothing. Free `present` also after a failure. */
int group_effects_fill(struct training_set *set, const struct forecast_state *state,
                       struct group_effects *present, struct error *err) MUST_CHECK;
void group_effects_free(struct group_effects *effects);

/* The sum over the groups of a row of the table, which may be ATTRIBUTE_ROW_NONE; NULL knows nothing. */
float group_effects_sum(const struct group_effects *effects, uint32_t row, bool is_event);
/* The group that speaks loudest for a key, or against it, in words, "category shoes"; "" when none does. */
void group_effects_name(const struct group_effects *effects, uint32_t row, bool is_event,
                        bool is_high, char text[ATTRIBUTE_TEXT_SIZE]);

#endif
