/* triple_sort.h - slots of packed triples in order, each triple once: a radix sort.
 * Room: predictor/forecast. May touch: memory only. */
#ifndef REKINDLE_PREDICTOR_TRIPLE_SORT_H
#define REKINDLE_PREDICTOR_TRIPLE_SORT_H

#include "common/error.h"

#include "predictor/forecast/triple_set.h"

/* Sorts `slots` [*count] by `packed` and makes one of those that are equal, their weights added in the order they came
 * in; `*count` becomes the number that is left. Digits in which all agree cost nothing. Takes as much memory again. */
int triple_sort(struct triple_slot *slots, size_t *count, struct error *err) MUST_CHECK;

#endif
