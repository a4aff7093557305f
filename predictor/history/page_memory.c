/* page_memory.c - see page_memory.h.
 * Room: predictor/history. May touch: malloc, mmap. */
#include "predictor/history/page_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Small blocks come from malloc: tests and tails are small, and sanitizers watch malloc. */
enum { MAPPED_SIZE_MIN = 1024 * 1024, HUGE_PAGE_SIZE = 2 * 1024 * 1024 };

int page_memory_take(struct page_memory *memory, size_t size)
{
    *memory = (struct page_memory){0};
    if (size < MAPPED_SIZE_MIN) {
        memory->bytes = calloc(1, size == 0 ? 1 : size);
    } else if (size <= SIZE_MAX - HUGE_PAGE_SIZE) {
        size = (size + HUGE_PAGE_SIZE - 1) / HUGE_PAGE_SIZE * HUGE_PAGE_SIZE;
        void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped != MAP_FAILED) {
            madvise(mapped, size, MADV_HUGEPAGE); /* a hint: failing is fine */
            memory->bytes = mapped;
        }
    }
    if (memory->bytes == NULL) {
        return -1;
    }
    memory->size = size;
    return 0;
}

int page_memory_grow(struct page_memory *memory, size_t size)
{
    struct page_memory larger;
    if (size <= memory->size) {
        return 0;
    }
    if (memory->size <= SIZE_MAX / 2 && size < memory->size * 2) {
        size = memory->size * 2;
    }
    if (page_memory_take(&larger, size) != 0) {
        return -1;
    }
    if (memory->size > 0) {
        memcpy(larger.bytes, memory->bytes, memory->size);
    }
    page_memory_free(memory);
    *memory = larger;
    return 0;
}

void page_memory_free(struct page_memory *memory)
{
    if (memory->size < MAPPED_SIZE_MIN) {
        free(memory->bytes);
    } else {
        munmap(memory->bytes, memory->size);
    }
    *memory = (struct page_memory){0};
}
