/* triple_sort_test.c - the radix sort beside the C library's, and equals becoming one. */
#include "predictor/forecast/triple_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SLOTS = 5000 };

static int compare(const void *left, const void *right)
{
    const struct triple_slot *a = left;
    const struct triple_slot *b = right;
    return (a->packed > b->packed) - (a->packed < b->packed);
}

static uint64_t dice = 5;

static uint64_t roll(void)
{
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    return dice >> 1;
}

/* Slots whose packed numbers differ only where `mask` has ones. */
static void assert_sorts(uint64_t mask)
{
    static struct triple_slot slots[SLOTS];
    static struct triple_slot twin[SLOTS];
    struct error err;
    size_t count = SLOTS;
    const uint64_t fixed = roll() & ~mask;
    for (size_t i = 0; i < SLOTS; i++) {
        twin[i] = slots[i] = (struct triple_slot){fixed | (roll() & mask), (double)(1 + i % 7)};
    }
    assert_int_equal(triple_sort(slots, &count, &err), 0);
    qsort(twin, SLOTS, sizeof *twin, compare);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        double weight = 0;
        for (; at < SLOTS && twin[at].packed == slots[i].packed; at++) {
            weight += twin[at].weight;
        }
        assert_true(weight > 0 && weight == slots[i].weight);
    }
    assert_int_equal(at, SLOTS);
}

static void it_sorts_as_the_library_does(void **state)
{
    (void)state;
    static const uint64_t masks[] = {0,      1,          0xff,           0x7ff,
                                     0x8000, UINT64_MAX, (1U << 21) - 1, UINT64_C(0x7f) << 56};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        assert_sorts(masks[i] >> 1);
    }
}

static void none_and_one_are_sorted(void **state)
{
    (void)state;
    struct error err;
    struct triple_slot slot = {9, 2};
    size_t count = 0;
    assert_int_equal(triple_sort(NULL, &count, &err), 0);
    count = 1;
    assert_int_equal(triple_sort(&slot, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(slot.packed, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_sorts_as_the_library_does),
        cmocka_unit_test(none_and_one_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
