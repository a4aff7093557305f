/* spelling.h - "did you mean": the known name that is nearest to one that nobody knows.
 * Room: common. May touch: nothing. Pure.
 * Use: spelling_of(what was asked for), spelling_offer() each name there is, then one of the hints, which goes behind the
 * sentence of the error. */
#ifndef REKINDLE_COMMON_SPELLING_H
#define REKINDLE_COMMON_SPELLING_H

#include "common/slice.h"

enum { SPELLING_NAME_MAX = 63 }; /* what stands behind this is not looked at */
enum { SPELLING_LIST_SIZE = 160, SPELLING_HINT_SIZE = 224 };

struct spelling {
    struct slice wanted;            /* borrowed */
    struct slice nearest;           /* borrowed; empty: nothing is near enough to be a slip */
    size_t least;                   /* letters that `nearest` differs by */
    char known[SPELLING_LIST_SIZE]; /* the first names, "a, b, c" */
    bool is_cut;                    /* there are more */
};

struct spelling spelling_of(struct slice wanted);

/* `known` is borrowed until the hint is taken. Upper and lower case are alike. */
void spelling_offer(struct spelling *spelling, struct slice known);

/* "; did you mean access?" or "", to `text` [SPELLING_HINT_SIZE], which is returned. */
const char *spelling_hint(const struct spelling *spelling, char *text);
/* The same, and where nothing is near "; there are access, export", or "; there are none". */
const char *spelling_hint_or_list(const struct spelling *spelling, char *text);

/* Letters to add, drop or change (Levenshtein 1966). Cost: the product of the sizes. */
size_t spelling_distance(struct slice a, struct slice b);

#endif
