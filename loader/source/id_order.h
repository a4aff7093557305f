/* id_order.h - ids in the order of a primary key: whole numbers by value, then all others by bytes.
 * Room: loader/source. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_ID_ORDER_H
#define REKINDLE_LOADER_ID_ORDER_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is `id` a whole number exactly as a database prints it (no blank, no plus, no leading zero, no -0) that
 * fits in 64 bits, signed or not? `*is_negative` and the magnitude. */
bool id_order_parse_integer(struct slice id, bool *is_negative, uint64_t *magnitude);

/* A total order; 0 only for equal bytes. */
int id_order_compare(struct slice a, struct slice b);

/* One id while a window is being sorted. */
struct id_order_entry {
    uint64_t magnitude; /* of a whole number that is not negative */
    size_t place;       /* in `ids` */
};

/* Fills `order` [count] with 0..count-1 so that ids[order[i]] ascend, equal ids by their places; `scratch` [2 * count]
 * is overwritten. Linear when all ids are whole numbers that are not negative, which nearly all are. */
void id_order_sort(const struct slice ids[], size_t count, size_t order[],
                   struct id_order_entry scratch[]);

#endif
