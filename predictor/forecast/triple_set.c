/* triple_set.c - see triple_set.h: open addressing with linear probing, at most three quarters full.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/triple_set.h"

#include <stdlib.h>

enum { SLOTS_AT_FIRST = 1024 };

static uint64_t mix(uint64_t packed)
{
    const uint64_t odd = 0x9e3779b97f4a7c15U; /* 2^64 divided by the golden ratio */
    uint64_t mixed = packed * odd;
    return mixed ^ (mixed >> 32);
}

/* The slot of `packed`, or the free one where it belongs. */
static struct triple_slot *find_slot(struct triple_slot *slots, size_t slot_count, uint64_t packed)
{
    size_t at = (size_t)mix(packed) & (slot_count - 1);
    while (slots[at].weight > 0 && slots[at].packed != packed) {
        at = (at + 1) & (slot_count - 1);
    }
    return &slots[at];
}

static int grow(struct triple_set *set, struct error *err)
{
    size_t slot_count = set->slot_count == 0 ? SLOTS_AT_FIRST : set->slot_count * 2;
    struct triple_slot *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return error_set_memory(err, "counting keys that behave alike");
    }
    for (size_t i = 0; i < set->slot_count; i++) {
        if (set->slots[i].weight > 0) {
            *find_slot(slots, slot_count, set->slots[i].packed) = set->slots[i];
        }
    }
    free(set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
    return 0;
}

static uint64_t cut(uint32_t field)
{
    return field > TRIPLE_FIELD_MAX ? TRIPLE_FIELD_MAX : field;
}

uint64_t triple_set_pack(const uint32_t triple[3])
{
    return (cut(triple[0]) << (2 * TRIPLE_FIELD_BITS)) | (cut(triple[1]) << TRIPLE_FIELD_BITS) |
           cut(triple[2]);
}

size_t triple_set_find(const struct triple_set *set, const uint32_t triple[3])
{
    if (set->slot_count == 0) {
        return SIZE_MAX;
    }
    const struct triple_slot *slot =
        find_slot(set->slots, set->slot_count, triple_set_pack(triple));
    return slot->weight > 0 ? (size_t)(slot - set->slots) : SIZE_MAX;
}

int triple_set_add(struct triple_set *set, const uint32_t triple[3], double weight,
                   struct error *err)
{
    if (set->count >= set->slot_count / 4 * 3 && grow(set, err) != 0) {
        return -1;
    }
    uint64_t packed = triple_set_pack(triple);
    struct triple_slot *slot = find_slot(set->slots, set->slot_count, packed);
    set->count += slot->weight > 0 ? 0 : 1;
    slot->packed = packed;
    slot->weight += weight;
    return 0;
}

void triple_set_free(struct triple_set *set)
{
    free(set->slots);
    *set = (struct triple_set){0};
}
