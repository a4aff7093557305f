/* reason_words.h - the largest contributions to a forecast, in words that a growth manager understands.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_REASON_WORDS_H
#define REKINDLE_PREDICTOR_REASON_WORDS_H

#include "predictor/forecast/key_features.h"

#include <stddef.h>

/* What one feature adds to the logit of a key, and whether it is higher than the average key's. */
struct contribution {
    double amount;
    bool is_high;
};

/* Whose groups the words are to name: a key's row of the effects. */
struct reason_subject {
    const struct group_effects *groups;
    uint32_t attribute_row;
};

/* Appends to `reason`, a terminated text in `size` bytes, "; for: A, B; against: C": up to two themes that speak for
 * the key and one against it, each by its strongest feature whose words can be meant so, the strongest theme first; what does
 * not matter or does not fit whole is left out. */
void reason_words_append(char *reason, size_t size,
                         const struct contribution contributions[FEATURE_COUNT],
                         const struct reason_subject *subject);

#endif
