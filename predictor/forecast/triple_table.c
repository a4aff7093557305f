/* triple_table.c - see triple_table.h.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/triple_table.h"

#include <stdlib.h>
#include <string.h>

static int compare_triples(const void *left, const void *right)
{
    const struct triple *a = left;
    const struct triple *b = right;
    if (a->x != b->x) {
        return a->x < b->x ? -1 : 1;
    }
    if (a->age != b->age) {
        return a->age < b->age ? -1 : 1;
    }
    return (a->last < b->last) - (a->last > b->last);
}

static int no_memory(struct error *err)
{
    return error_set_memory(err, "sorting keys that behave alike");
}

static int take_arrays(struct triple_table *table, size_t count, size_t time_count,
                       struct error *err)
{
    *table = (struct triple_table){.time_count = time_count};
    table->triples = calloc(count + 1, sizeof *table->triples);
    table->times = calloc(time_count + 1, sizeof *table->times);
    table->age_weight = calloc(time_count + 1, sizeof *table->age_weight);
    table->age_weighted_x = calloc(time_count + 1, sizeof *table->age_weighted_x);
    if (table->triples == NULL || table->times == NULL || table->age_weight == NULL ||
        table->age_weighted_x == NULL) {
        return no_memory(err);
    }
    return 0;
}

static size_t count_groups(const struct triple_table *table)
{
    size_t group_count = 0;
    for (size_t i = 0; i < table->count; i++) {
        group_count += i == 0 || table->triples[i].x != table->triples[i - 1].x;
    }
    return group_count;
}

/* Groups and sums, once the triples are sorted. */
static int summarise(struct triple_table *table, struct error *err)
{
    table->groups = calloc(count_groups(table) + 1, sizeof *table->groups);
    if (table->groups == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct triple *triple = &table->triples[i];
        if (i == 0 || triple->x != triple[-1].x) {
            table->groups[table->group_count++] = (struct triple_group){triple->x, i, i, 0};
        }
        struct triple_group *group = &table->groups[table->group_count - 1];
        group->end = i + 1;
        group->weight += triple->weight;
        table->age_weight[triple->age] += triple->weight;
        table->age_weighted_x[triple->age] += triple->weight * triple->x;
        table->weight_sum += triple->weight;
        table->x_sum += triple->weight * triple->x;
        table->age_sum += triple->weight * table->times[triple->age];
    }
    return 0;
}

static int fill_from_set(struct triple_table *table, const struct triple_set *set,
                         struct error *err)
{
    for (size_t i = 0; i < set->slot_count; i++) {
        const struct triple_slot *slot = &set->slots[i];
        if (slot->weight > 0) {
            table->triples[table->count++] = (struct triple){.x = triple_set_x(slot->packed),
                                                             .last = triple_set_last(slot->packed),
                                                             .age = triple_set_age(slot->packed),
                                                             .weight = slot->weight};
        }
    }
    qsort(table->triples, table->count, sizeof *table->triples, compare_triples);
    return summarise(table, err);
}

static size_t ticks_of(const struct triple_set *set)
{
    uint32_t age_max = 0;
    for (size_t i = 0; i < set->slot_count; i++) {
        uint32_t age = set->slots[i].weight > 0 ? triple_set_age(set->slots[i].packed) : 0;
        age_max = age > age_max ? age : age_max;
    }
    return (size_t)age_max + 1;
}

int triple_table_from_ticks(struct triple_table *table, const struct triple_set *set,
                            double unit_per_tick, struct error *err)
{
    if (take_arrays(table, set->count, ticks_of(set), err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < table->time_count; i++) {
        table->times[i] = (double)i * unit_per_tick;
    }
    return fill_from_set(table, set, err);
}

int triple_table_from_times(struct triple_table *table, const struct triple_set *set,
                            const double *times, size_t time_count, struct error *err)
{
    if (take_arrays(table, set->count, time_count, err) != 0) {
        return -1;
    }
    if (time_count > 0) {
        memcpy(table->times, times, time_count * sizeof *times);
    }
    return fill_from_set(table, set, err);
}

int triple_table_thin(struct triple_table *table, const struct triple_table *whole,
                      size_t count_max, struct error *err)
{
    size_t step = whole->count / count_max + 1;
    if (take_arrays(table, whole->count / step + 1, whole->time_count, err) != 0) {
        return -1;
    }
    memcpy(table->times, whole->times, whole->time_count * sizeof *whole->times);
    for (size_t i = step / 2; i < whole->count; i += step) {
        table->triples[table->count++] = whole->triples[i];
    }
    return summarise(table, err);
}

void triple_table_free(struct triple_table *table)
{
    free(table->triples);
    free(table->times);
    free(table->groups);
    free(table->age_weight);
    free(table->age_weighted_x);
    *table = (struct triple_table){0};
}
