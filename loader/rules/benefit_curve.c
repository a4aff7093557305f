/* benefit_curve.c - see benefit_curve.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/benefit_curve.h"

#include <string.h>

void benefit_curve_init(struct benefit_curve *curve)
{
    *curve = (struct benefit_curve){.ranks_per_slot = 1};
}

/* Two slots become one. */
static void widen(struct benefit_curve *curve)
{
    enum { HALF = BENEFIT_CURVE_SLOTS / 2 };
    for (int i = 0; i < HALF; i++) {
        const struct benefit_slot *pair = &curve->slots[2 * i];
        curve->slots[i] =
            (struct benefit_slot){.row_count = pair[0].row_count + pair[1].row_count,
                                  .benefit_ms = pair[0].benefit_ms + pair[1].benefit_ms};
    }
    memset(&curve->slots[HALF], 0, HALF * sizeof *curve->slots);
    curve->ranks_per_slot *= 2;
}

void benefit_curve_add(struct benefit_curve *curve, uint64_t rank, double benefit_ms)
{
    uint64_t place = rank > 0 ? rank - 1 : 0;
    while (place / curve->ranks_per_slot >= BENEFIT_CURVE_SLOTS) {
        widen(curve);
    }
    struct benefit_slot *slot = &curve->slots[place / curve->ranks_per_slot];
    slot->row_count++;
    slot->benefit_ms += benefit_ms;
}

void benefit_curve_join(struct benefit_curve *curve, const struct benefit_curve *other)
{
    while (curve->ranks_per_slot < other->ranks_per_slot) {
        widen(curve);
    }
    uint64_t slots_per_slot = curve->ranks_per_slot / other->ranks_per_slot;
    for (uint64_t i = 0; i < BENEFIT_CURVE_SLOTS; i++) {
        struct benefit_slot *slot = &curve->slots[i / slots_per_slot];
        slot->row_count += other->slots[i].row_count;
        slot->benefit_ms += other->slots[i].benefit_ms;
    }
}

double benefit_curve_share(const struct benefit_curve *curve, uint64_t row_count)
{
    double first = 0, all = 0;
    uint64_t left = row_count;
    for (int i = 0; i < BENEFIT_CURVE_SLOTS; i++) {
        const struct benefit_slot *slot = &curve->slots[i];
        uint64_t taken = left < slot->row_count ? left : slot->row_count;
        if (taken > 0) {
            first += slot->benefit_ms * (double)taken / (double)slot->row_count;
        }
        all += slot->benefit_ms;
        left -= taken;
    }
    return all > 0 ? first / all : 1;
}
