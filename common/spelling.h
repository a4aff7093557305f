/* spelling.h - how far apart two names are, for "did you mean".
 * Room: common. May touch: nothing. Pure. */
#ifndef REKINDLE_COMMON_SPELLING_H
#define REKINDLE_COMMON_SPELLING_H

#include <stddef.h>

enum { SPELLING_NAME_MAX = 63 }; /* what stands behind this is not looked at */

/* Letters to add, drop or change (Levenshtein 1966). Cost: the product of the sizes. */
size_t spelling_distance(const char *a, const char *b);

#endif
