/* page_memory.h - large blocks that go back to the system at once when freed, on huge pages where it has them.
 * Room: predictor/history. May touch: malloc, mmap.
 * Why not malloc alone: a table of millions of keys is read at random, and 4 KiB pages make every access a
 * TLB miss too; and malloc keeps what is freed, which would count against the memory limit. */
#ifndef REKINDLE_PREDICTOR_PAGE_MEMORY_H
#define REKINDLE_PREDICTOR_PAGE_MEMORY_H

#include <stddef.h>

/* All zero is an empty block. */
struct page_memory {
    void *bytes;
    size_t size;
};

/* Takes `size` zeroed bytes; 0, or -1 when out of memory and `memory` is empty. */
int page_memory_take(struct page_memory *memory, size_t size);
/* Makes it at least `size` bytes, doubling; the new part is zero. -1: out of memory, and it is as it was. */
int page_memory_grow(struct page_memory *memory, size_t size);
/* An empty one is fine, and is empty afterwards. */
void page_memory_free(struct page_memory *memory);

#endif
