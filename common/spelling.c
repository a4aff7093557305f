/* spelling.c - see spelling.h.
 * Room: common. May touch: nothing. */
#include "common/spelling.h"

#include <string.h>

static size_t least_of_three(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* One row of the table at a time: row[j] is the distance of a's first i letters to b's first j. */
size_t spelling_distance(const char *a, const char *b)
{
    size_t row[SPELLING_NAME_MAX + 1];
    size_t a_size = strnlen(a, SPELLING_NAME_MAX);
    size_t b_size = strnlen(b, SPELLING_NAME_MAX);
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t above = row[j];
            row[j] = least_of_three(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_size];
}
