/* run_sort.h - puts the keys of a run in order (entity, id bytes).
 * Room: predictor/history. May touch: malloc, mmap. */
#ifndef REKINDLE_PREDICTOR_RUN_SORT_H
#define REKINDLE_PREDICTOR_RUN_SORT_H

#include "predictor/history/page_memory.h"
#include "predictor/history/run_table.h"

enum { RUN_SORT_BYTES_PER_KEY = 2 * 16 + 4 };

/* Fills `numbers` (to be freed by page_memory_free) with the uint32_t numbers of all keys in key order.
 * -1 when out of memory. Eight bytes of the ids are compared at a time, by radix sort; takes
 * RUN_SORT_BYTES_PER_KEY while it runs. */
int run_sort_keys(const struct run_table *table, struct page_memory *numbers);

#endif
