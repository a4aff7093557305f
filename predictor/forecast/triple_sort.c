/* triple_sort.c - see triple_sort.h: least significant digit first, the counts of all digits taken in one pass.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/triple_sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGIT_BITS = 11, /* 2,048 counters: what a pass writes to stays in the cache */
    DIGIT_VALUES = 1 << DIGIT_BITS,
    DIGIT_COUNT = (3 * TRIPLE_FIELD_BITS + DIGIT_BITS - 1) / DIGIT_BITS
};

struct digit_counts {
    size_t of[DIGIT_COUNT][DIGIT_VALUES];
};

static size_t digit_of(uint64_t packed, size_t digit)
{
    return (size_t)(packed >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

static void count_digits(const struct triple_slot *slots, size_t count, struct digit_counts *counts)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t digit = 0; digit < DIGIT_COUNT; digit++) {
            counts->of[digit][digit_of(slots[i].packed, digit)]++;
        }
    }
}

/* Counts become the place where the first of each value goes. */
static void set_places(size_t places[DIGIT_VALUES])
{
    size_t place = 0;
    for (size_t value = 0; value < DIGIT_VALUES; value++) {
        size_t count = places[value];
        places[value] = place;
        place += count;
    }
}

static void spread(const struct triple_slot *from, struct triple_slot *to, size_t count,
                   size_t digit, size_t places[DIGIT_VALUES])
{
    set_places(places);
    for (size_t i = 0; i < count; i++) {
        to[places[digit_of(from[i].packed, digit)]++] = from[i];
    }
}

static size_t merge_equal(struct triple_slot *slots, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && slots[kept - 1].packed == slots[i].packed) {
            slots[kept - 1].weight += slots[i].weight;
        } else {
            slots[kept++] = slots[i];
        }
    }
    return kept;
}

static void sort(struct triple_slot *slots, struct triple_slot *room, size_t count,
                 struct digit_counts *counts)
{
    struct triple_slot *from = slots;
    struct triple_slot *to = room;
    count_digits(slots, count, counts);
    for (size_t digit = 0; digit < DIGIT_COUNT; digit++) {
        size_t *places = counts->of[digit];
        if (places[digit_of(slots[0].packed, digit)] == count) {
            continue; /* all agree */
        }
        spread(from, to, count, digit, places);
        struct triple_slot *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != slots) {
        memcpy(slots, from, count * sizeof *slots);
    }
}

int triple_sort(struct triple_slot *slots, size_t *count, struct error *err)
{
    if (*count < 2) {
        return 0;
    }
    struct triple_slot *room = malloc(*count * sizeof *room);
    struct digit_counts *counts = calloc(1, sizeof *counts);
    bool is_ready = room != NULL && counts != NULL;
    if (is_ready) {
        sort(slots, room, *count, counts);
        *count = merge_equal(slots, *count);
    }
    free(room);
    free(counts);
    return is_ready ? 0 : error_set_memory(err, "sorting keys that behave alike");
}
