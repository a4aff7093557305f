/* event_list.c - see event_list.h.
 * Room: predictor/history. May touch: malloc, mmap. */
#include "predictor/history/event_list.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

enum { CHUNKS_FIRST = 16, CHUNK_SIZE_FIRST = 32 * 1024, CHUNK_SIZE_MAX = 2 * 1024 * 1024 };

_Static_assert(EVENT_LIST_BATCH_MAX * sizeof(struct run_event) <= CHUNK_SIZE_FIRST,
               "a batch fits a new chunk");

static int add_chunk(struct event_list *list)
{
    if (list->chunk_count == list->chunk_capacity) {
        size_t capacity = list->chunk_capacity == 0 ? CHUNKS_FIRST : 2 * list->chunk_capacity;
        struct event_chunk *chunks = realloc(list->chunks, capacity * sizeof *chunks);
        if (chunks == NULL) {
            return -1;
        }
        list->chunks = chunks;
        list->chunk_capacity = capacity;
    }
    assert(list->chunks != NULL);
    struct event_chunk *chunk = &list->chunks[list->chunk_count];
    size_t size = list->chunk_count == 0 ? CHUNK_SIZE_FIRST : CHUNK_SIZE_MAX;
    if (page_memory_take(&chunk->memory, size) != 0) {
        return -1;
    }
    chunk->used = 0;
    list->chunk_count++;
    return 0;
}

/* Chunks may end a little early, so that a batch is in one piece. */
struct run_event *event_list_reserve(struct event_list *list, size_t count)
{
    assert(count <= EVENT_LIST_BATCH_MAX);
    struct event_chunk *last = list->chunk_count == 0 ? NULL : &list->chunks[list->chunk_count - 1];
    bool is_full =
        last == NULL || (last->used + count) * sizeof(struct run_event) > last->memory.size;
    if (is_full && add_chunk(list) != 0) {
        return NULL;
    }
    last = &list->chunks[list->chunk_count - 1];
    return (struct run_event *)last->memory.bytes + last->used;
}

void event_list_add(struct event_list *list, size_t count)
{
    list->chunks[list->chunk_count - 1].used += count;
    list->event_count += count;
}

void event_list_free(struct event_list *list)
{
    for (size_t i = 0; i < list->chunk_count; i++) {
        page_memory_free(&list->chunks[i].memory);
    }
    free(list->chunks);
    *list = (struct event_list){0};
}
