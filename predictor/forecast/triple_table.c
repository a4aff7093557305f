/* triple_table.c - see triple_table.h.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/triple_table.h"

#include "predictor/forecast/triple_sort.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct error *err)
{
    (void)error_set_memory(err, "sorting keys that behave alike");
    return -1;
}

static int take_times(struct triple_table *table, size_t time_count, struct error *err)
{
    *table = (struct triple_table){.time_count = time_count};
    table->times = calloc(time_count + 1, sizeof *table->times);
    table->age_weight = calloc(time_count + 1, sizeof *table->age_weight);
    table->age_weighted_x = calloc(time_count + 1, sizeof *table->age_weighted_x);
    return table->times == NULL || table->age_weight == NULL || table->age_weighted_x == NULL
               ? no_memory(err)
               : 0;
}

static int take_triples(struct triple_table *table, size_t count, struct error *err)
{
    table->triples = calloc(count + 1, sizeof *table->triples);
    return table->triples == NULL ? no_memory(err) : 0;
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

/* Packed otherwise than in a set: x, age, last falling, which is the order of a table. */
static uint64_t order_of(uint64_t packed, const uint32_t *position_of)
{
    uint64_t last = triple_set_last(packed);
    uint64_t age = triple_set_age(packed);
    if (position_of != NULL) {
        last = position_of[last];
        age = position_of[age];
    }
    return ((uint64_t)triple_set_x(packed) << (2 * TRIPLE_FIELD_BITS)) |
           (age << TRIPLE_FIELD_BITS) | (TRIPLE_FIELD_MAX - last);
}

static struct triple triple_from_order(const struct triple_slot *slot)
{
    return (struct triple){.x = triple_set_x(slot->packed),
                           .last = TRIPLE_FIELD_MAX - triple_set_age(slot->packed),
                           .age = triple_set_last(slot->packed),
                           .weight = slot->weight};
}

/* Packs those of `slots` that are taken into `ordered`, which has room for them; returns how many. */
static size_t put_in_order(struct triple_slot *ordered, const struct triple_slot *slots,
                           size_t slot_count, const uint32_t *position_of)
{
    size_t count = 0;
    for (size_t i = 0; i < slot_count; i++) {
        if (slots[i].weight > 0) {
            ordered[count++] =
                (struct triple_slot){order_of(slots[i].packed, position_of), slots[i].weight};
        }
    }
    return count;
}

/* `ordered` [count], in any order and perhaps repeated, becomes the triples of a table that has its times. */
static int fill(struct triple_table *table, struct triple_slot *ordered, size_t count,
                struct error *err)
{
    if (triple_sort(ordered, &count, err) != 0 || take_triples(table, count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        table->triples[i] = triple_from_order(&ordered[i]);
    }
    table->count = count;
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

static int fill_from_slots(struct triple_table *table, const struct triple_slot *slots,
                           size_t slot_count, const uint32_t *position_of, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < slot_count; i++) {
        count += slots[i].weight > 0;
    }
    struct triple_slot *ordered = malloc((count + 1) * sizeof *ordered);
    if (ordered == NULL) {
        return no_memory(err);
    }
    count = put_in_order(ordered, slots, slot_count, position_of);
    int result = fill(table, ordered, count, err);
    free(ordered);
    return result;
}

int triple_table_from_ticks(struct triple_table *table, const struct triple_set *set,
                            double unit_per_tick, struct error *err)
{
    if (take_times(table, ticks_of(set), err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < table->time_count; i++) {
        table->times[i] = (double)i * unit_per_tick;
    }
    return fill_from_slots(table, set->slots, set->slot_count, NULL, err);
}

struct numbered_time {
    double time;
    uint32_t number;
};

static int compare_times(const void *left, const void *right)
{
    const struct numbered_time *a = left;
    const struct numbered_time *b = right;
    return (a->time > b->time) - (a->time < b->time);
}

/* Sorts `times` into the table; `position_of` tells where each of them went. */
static int sort_times(struct triple_table *table, const double *times, uint32_t *position_of,
                      struct error *err)
{
    struct numbered_time *sorted = malloc((table->time_count + 1) * sizeof *sorted);
    if (sorted == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < table->time_count; i++) {
        sorted[i] = (struct numbered_time){times[i], (uint32_t)i};
    }
    qsort(sorted, table->time_count, sizeof *sorted, compare_times);
    for (size_t i = 0; i < table->time_count; i++) {
        table->times[i] = sorted[i].time;
        position_of[sorted[i].number] = (uint32_t)i;
    }
    free(sorted);
    return 0;
}

int triple_table_from_slots(struct triple_table *table, const struct triple_slot *slots,
                            size_t slot_count, const double *times, size_t time_count,
                            struct error *err)
{
    uint32_t *position_of = calloc(time_count + 1, sizeof *position_of);
    int result = position_of == NULL ? no_memory(err) : 0;
    *table = (struct triple_table){0};
    if (result == 0) {
        result = take_times(table, time_count, err);
    }
    if (result == 0) {
        result = sort_times(table, times, position_of, err);
    }
    if (result == 0) {
        result = fill_from_slots(table, slots, slot_count, position_of, err);
    }
    free(position_of);
    return result;
}

int triple_table_thin(struct triple_table *table, const struct triple_table *whole,
                      size_t count_max, struct error *err)
{
    size_t step = whole->count / count_max + 1;
    if (take_times(table, whole->time_count, err) != 0 ||
        take_triples(table, whole->count / step + 1, err) != 0) {
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
