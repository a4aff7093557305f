/* arena.h - many small things that die together.
 * Room: common. May touch: malloc. Not for several threads at once. */
#ifndef REKINDLE_COMMON_ARENA_H
#define REKINDLE_COMMON_ARENA_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* All zero is an empty arena: no init call. */
struct arena {
    struct arena_block *blocks; /* the newest first */
    size_t used;                /* bytes taken in the newest block */
    size_t total;               /* bytes held from malloc */
};

/* `size` bytes aligned for any type, not cleared; NULL when out of memory. Size 0 gives a valid pointer. */
void *arena_take(struct arena *arena, size_t size);
/* A copy with a NUL behind it; NULL when out of memory. */
char *arena_copy_text(struct arena *arena, struct slice text);
/* A copy without; `copy->bytes` is NULL when out of memory (also for an empty slice it is not NULL). */
struct slice arena_copy(struct arena *arena, struct slice bytes);
/* Forgets everything but keeps the newest block for reuse. */
void arena_clear(struct arena *arena);
void arena_free(struct arena *arena);

#endif
