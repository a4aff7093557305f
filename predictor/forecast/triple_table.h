/* triple_table.h - the distinct (x, t_x, T) of keys, sorted for likelihoods: what every BTYD model is fitted on.
 * Room: predictor/forecast. May touch: memory only.
 * In the notation of the literature: x repeat times (the first is not counted), t_x the time of the last of them since
 * the first (0 when x = 0), T the age of the key at the as-of moment. */
#ifndef REKINDLE_PREDICTOR_TRIPLE_TABLE_H
#define REKINDLE_PREDICTOR_TRIPLE_TABLE_H

#include "common/error.h"

#include "predictor/forecast/triple_set.h"

#include <stddef.h>
#include <stdint.h>

struct triple {
    uint32_t x;         /* repeat times */
    uint32_t last, age; /* t_x and T as positions in `times`; last <= age */
    double weight;      /* how many keys */
};

/* The triples of one x. */
struct triple_group {
    uint32_t x;
    size_t begin, end; /* in `triples` */
    double weight;
};

struct triple_table {
    struct triple *triples; /* [count], by x, then age, then last falling */
    size_t count;
    double *
        times; /* [time_count], ascending from 0: what a position means, in the unit of the parameters */
    size_t time_count;
    struct triple_group *groups; /* [group_count], x ascending */
    size_t group_count;
    double *age_weight;     /* [time_count], keys of that age */
    double *age_weighted_x; /* [time_count], their repeat times */
    double weight_sum, x_sum, age_sum;
};

/* Makes the table of what `set` holds, ticks being `unit_per_tick` apart (1 for days, 1.0 / 7 for days in weeks).
 * Free it with triple_table_free, also after a failure. The set may be empty. */
int triple_table_from_ticks(struct triple_table *table, const struct triple_set *set,
                            double unit_per_tick, struct error *err) MUST_CHECK;
/* The same of `slots` [slot_count], in any order, a triple perhaps in several of them; `last` and `age` of the packed are
 * numbers of `times` [time_count], which are distinct and in any order. */
int triple_table_from_slots(struct triple_table *table, const struct triple_slot *slots,
                            size_t slot_count, const double *times, size_t time_count,
                            struct error *err) MUST_CHECK;
/* A table of at most about `count_max` triples of `whole`, evenly taken, with the same times: for finding a start. */
int triple_table_thin(struct triple_table *table, const struct triple_table *whole,
                      size_t count_max, struct error *err) MUST_CHECK;
void triple_table_free(struct triple_table *table);

#endif
