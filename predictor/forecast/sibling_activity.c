/* sibling_activity.c - see sibling_activity.h.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/sibling_activity.h"

#include <stdlib.h>

static int no_memory(struct error *err)
{
    return error_set_memory(err, "adding up what siblings do");
}

int sibling_activity_add(struct sibling_activity *activity, uint32_t parent, int64_t day,
                         struct error *err)
{
    const uint32_t triple[3] = {parent, day < 0 ? 0 : (uint32_t)day, 0};
    return triple_set_add(&activity->days, triple, 1, err);
}

int sibling_activity_count_key(struct sibling_activity *activity, size_t parent_count,
                               uint32_t parent, struct error *err)
{
    if (activity->sizes == NULL) {
        activity->sizes = calloc(parent_count + 1, sizeof *activity->sizes);
        activity->parent_count = parent_count;
        if (activity->sizes == NULL) {
            return no_memory(err);
        }
    }
    activity->sizes[parent]++;
    return 0;
}

static int compare_slots(const void *left, const void *right)
{
    const struct triple_slot *a = left;
    const struct triple_slot *b = right;
    return (a->packed > b->packed) - (a->packed < b->packed);
}

/* Moves the used slots to the front, by parent and day; returns how many there are. The set is no set any more. */
static size_t sort_slots(struct triple_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->slot_count; i++) {
        if (set->slots[i].weight > 0) {
            set->slots[count++] = set->slots[i];
        }
    }
    if (count > 0) {
        qsort(set->slots, count, sizeof *set->slots, compare_slots);
    }
    return count;
}

int sibling_activity_finish(struct sibling_activity *activity, struct error *err)
{
    size_t count = sort_slots(&activity->days);
    activity->sorted = malloc((count + 1) * sizeof *activity->sorted);
    activity->begins = calloc(activity->parent_count + 2, sizeof *activity->begins);
    if (activity->sorted == NULL || activity->begins == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct triple_slot *slot = &activity->days.slots[i];
        uint32_t parent = triple_set_x(slot->packed);
        bool is_first = i == 0 || triple_set_x(slot[-1].packed) != parent;
        activity->sorted[i] = (struct sibling_day){
            .day = (int32_t)triple_set_last(slot->packed),
            .total = slot->weight + (is_first ? 0 : activity->sorted[i - 1].total)};
        activity->begins[parent + 1] = i + 1;
    }
    for (size_t i = 1; i <= activity->parent_count; i++) {
        if (activity->begins[i] < activity->begins[i - 1]) {
            activity->begins[i] = activity->begins[i - 1];
        }
    }
    triple_set_free(&activity->days);
    return 0;
}

/* The total over the days before `day`. */
static double total_before(const struct sibling_activity *activity, uint32_t parent, int64_t day)
{
    size_t begin = activity->begins[parent];
    size_t low = begin;
    size_t high = activity->begins[parent + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (activity->sorted[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == begin ? 0 : activity->sorted[low - 1].total;
}

double sibling_activity_sum(const struct sibling_activity *activity, uint32_t parent, int64_t from,
                            int64_t to)
{
    if (activity->begins == NULL || parent >= activity->parent_count) {
        return 0;
    }
    return total_before(activity, parent, to) - total_before(activity, parent, from);
}

double sibling_activity_size(const struct sibling_activity *activity, uint32_t parent)
{
    if (activity->sizes == NULL || parent >= activity->parent_count ||
        activity->sizes[parent] == 0) {
        return 1;
    }
    return activity->sizes[parent];
}

void sibling_activity_free(struct sibling_activity *activity)
{
    triple_set_free(&activity->days);
    free(activity->sorted);
    free(activity->begins);
    free(activity->sizes);
    *activity = (struct sibling_activity){0};
}
