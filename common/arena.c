/* arena.c - see arena.h.
 * Room: common. May touch: malloc.
 * Blocks double from 64 KiB to 4 MiB; a larger wish gets a block of its own size. */
#include "common/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum { BLOCK_SIZE_FIRST = 64 * 1024, BLOCK_SIZE_MAX = 4 * 1024 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static size_t next_block_size(const struct arena *arena, size_t wanted)
{
    size_t size = arena->blocks == NULL ? BLOCK_SIZE_FIRST : arena->blocks->size * 2;
    if (size > BLOCK_SIZE_MAX) {
        size = BLOCK_SIZE_MAX;
    }
    return wanted > size ? wanted : size;
}

static int add_block(struct arena *arena, size_t wanted)
{
    size_t size = next_block_size(arena, wanted);
    if (size > SIZE_MAX - sizeof(struct arena_block)) {
        return -1;
    }
    struct arena_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        return -1;
    }
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used = 0;
    arena->total += size;
    return 0;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t rounding = alignof(max_align_t) - 1;
    if (size > SIZE_MAX - rounding) {
        return NULL;
    }
    size = (size + rounding) & ~rounding;
    bool is_full = arena->blocks == NULL || arena->blocks->size - arena->used < size;
    if (is_full && add_block(arena, size) != 0) {
        return NULL;
    }
    void *taken = arena->blocks->bytes + arena->used;
    arena->used += size;
    return taken;
}

char *arena_copy_text(struct arena *arena, struct slice text)
{
    char *copy = arena_take(arena, text.size + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (text.size > 0) {
        memcpy(copy, text.bytes, text.size);
    }
    copy[text.size] = '\0';
    return copy;
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    char *copy = arena_take(arena, bytes.size);
    if (copy != NULL && bytes.size > 0) {
        memcpy(copy, bytes.bytes, bytes.size);
    }
    return (struct slice){.bytes = copy, .size = copy == NULL ? 0 : bytes.size};
}

/* The newest block is the largest but for blocks of a single large wish; keeping it is good enough. */
void arena_clear(struct arena *arena)
{
    if (arena->blocks == NULL) {
        return;
    }
    struct arena_block *kept = arena->blocks;
    struct arena older = {.blocks = kept->older};
    arena_free(&older);
    kept->older = NULL;
    arena->used = 0;
    arena->total = kept->size;
}

void arena_free(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = (struct arena){0};
}
