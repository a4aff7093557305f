/* event_list.h - events of a run as they came: 8 bytes each, in chunks that are never moved.
 * Room: predictor/history. May touch: malloc, mmap. */
#ifndef REKINDLE_PREDICTOR_EVENT_LIST_H
#define REKINDLE_PREDICTOR_EVENT_LIST_H

#include "predictor/history/page_memory.h"

#include <stddef.h>
#include <stdint.h>

struct run_event {
    uint32_t number; /* of the key in its run_table */
    int32_t bucket;
};

struct event_chunk {
    struct page_memory memory;
    size_t used; /* events */
};

/* All zero is empty. */
struct event_list {
    struct event_chunk *chunks;
    size_t chunk_count, chunk_capacity;
    size_t event_count;
};

/* The most that may be reserved at once. */
enum { EVENT_LIST_BATCH_MAX = 1024 };

/* Room for `count` events in one piece; NULL when out of memory. They count once event_list_add is called. */
struct run_event *event_list_reserve(struct event_list *list, size_t count);
void event_list_add(struct event_list *list, size_t count);
void event_list_free(struct event_list *list);

#endif
