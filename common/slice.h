/* slice.h - borrowed bytes with a length; any byte may occur, NUL too.
 * Room: common. May touch: nothing. */
#ifndef REKINDLE_COMMON_SLICE_H
#define REKINDLE_COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *bytes; /* not terminated; NULL only when size is 0 */
    size_t size;
};

/* A slice of a terminated string, borrowed as long as `text` lives. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){.bytes = text, .size = strlen(text)};
}

/* The two arguments of a `%.*s` in a message: bad values are shown, but not all of a long one. */
enum { SLICE_SHOWN_SIZE_MAX = 60 };
#define SLICE_SHOWN(slice)                                                                         \
    (int)((slice).size < SLICE_SHOWN_SIZE_MAX ? (slice).size : SLICE_SHOWN_SIZE_MAX), (slice).bytes

static inline bool slice_is_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

/* Order by unsigned bytes, a prefix before what it begins: the one order of keys in both programs. */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.bytes, b.bytes, shorter);
    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

#endif
