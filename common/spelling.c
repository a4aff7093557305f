/* spelling.c - see spelling.h.
 * Room: common. May touch: nothing. */
#include "common/spelling.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DISTANCE_OF_A_BEGINNING = 3 };

static size_t least_of_three(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static size_t looked_at(struct slice name)
{
    return name.size < SPELLING_NAME_MAX ? name.size : SPELLING_NAME_MAX;
}

static char lower(char letter)
{
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

/* One row of the table at a time: row[j] is the distance of a's first i letters to b's first j. */
size_t spelling_distance(struct slice a, struct slice b)
{
    size_t row[SPELLING_NAME_MAX + 1];
    size_t a_size = looked_at(a);
    size_t b_size = looked_at(b);
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t above = row[j];
            bool is_other = lower(a.bytes[i - 1]) != lower(b.bytes[j - 1]);
            row[j] = least_of_three(above + 1, row[j - 1] + 1, diagonal + (is_other ? 1 : 0));
            diagonal = above;
        }
    }
    return row[b_size];
}

struct spelling spelling_of(struct slice wanted)
{
    return (struct spelling){.wanted = wanted, .least = SIZE_MAX};
}

/* Up to so many letters wrong is a slip; more is another word. */
static bool is_slip(struct slice wanted, size_t distance)
{
    enum { SHORT_NAME = 3 };
    size_t most = wanted.size <= SHORT_NAME ? 1 : 2;
    return distance <= most || distance * 2 < wanted.size;
}

/* People leave off the end of a long name. */
static bool is_beginning(struct slice wanted, struct slice known)
{
    enum { BEGINNING_MIN = 3 };
    return wanted.size >= BEGINNING_MIN && wanted.size < known.size &&
           spelling_distance(wanted, (struct slice){known.bytes, wanted.size}) == 0;
}

static void list(struct spelling *spelling, struct slice known)
{
    size_t used = strlen(spelling->known);
    if (spelling->is_cut || used + known.size + 3 > sizeof spelling->known) {
        spelling->is_cut = true;
        return;
    }
    snprintf(spelling->known + used, sizeof spelling->known - used, "%s%.*s", used == 0 ? "" : ", ",
             (int)known.size, known.bytes);
}

void spelling_offer(struct spelling *spelling, struct slice known)
{
    size_t distance = spelling_distance(spelling->wanted, known);
    list(spelling, known);
    bool is_near = is_slip(spelling->wanted, distance);
    if (!is_near && is_beginning(spelling->wanted, known)) {
        is_near = true;
        distance = DISTANCE_OF_A_BEGINNING;
    }
    if (is_near && distance < spelling->least) {
        spelling->least = distance;
        spelling->nearest = known;
    }
}

const char *spelling_hint(const struct spelling *spelling, char *text)
{
    text[0] = '\0';
    if (spelling->nearest.size > 0) {
        snprintf(text, SPELLING_HINT_SIZE, "; did you mean %.*s?", SLICE_SHOWN(spelling->nearest));
    }
    return text;
}

const char *spelling_hint_or_list(const struct spelling *spelling, char *text)
{
    if (spelling->nearest.size > 0) {
        return spelling_hint(spelling, text);
    }
    snprintf(text, SPELLING_HINT_SIZE, "; there are %s%s",
             spelling->known[0] == '\0' ? "none" : spelling->known, spelling->is_cut ? "..." : "");
    return text;
}
