/* triple_table_test.c - counting triples against a plain array, sorting, groups, thinning. */
#include "predictor/forecast/triple_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SIDE = 13, ROUNDS = 20000 };

static void triples_are_counted(void **state)
{
    (void)state;
    static double twin[SIDE][SIDE][SIDE];
    struct triple_set set = {0};
    struct error err;
    size_t distinct = 0;
    uint64_t dice = 7;
    for (int i = 0; i < ROUNDS; i++) {
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        const uint32_t triple[3] = {(uint32_t)(dice >> 33) % SIDE, (uint32_t)(dice >> 40) % SIDE,
                                    (uint32_t)(dice >> 47) % SIDE};
        distinct += twin[triple[0]][triple[1]][triple[2]] == 0;
        twin[triple[0]][triple[1]][triple[2]] += 1;
        assert_int_equal(triple_set_add(&set, triple, 1, &err), 0);
    }
    assert_int_equal(set.count, distinct);
    struct triple_table table;
    assert_int_equal(triple_table_from_ticks(&table, &set, 0.5, &err), 0);
    assert_int_equal(table.count, distinct);
    assert_int_equal(table.group_count, SIDE);
    assert_true(table.weight_sum == ROUNDS);
    assert_int_equal(table.time_count, SIDE);
    assert_true(table.times[SIDE - 1] == 0.5 * (SIDE - 1));
    for (size_t i = 0; i < table.count; i++) {
        const struct triple *triple = &table.triples[i];
        assert_true(triple->weight == twin[triple->x][triple->last][triple->age]);
        if (i > 0) {
            const struct triple *before = triple - 1;
            assert_true(before->x < triple->x ||
                        (before->x == triple->x &&
                         (before->age < triple->age ||
                          (before->age == triple->age && before->last > triple->last))));
        }
    }
    struct triple_table thin;
    assert_int_equal(triple_table_thin(&thin, &table, 100, &err), 0);
    assert_in_range(thin.count, 50, 101);
    triple_table_free(&thin);
    triple_table_free(&table);
    triple_set_free(&set);
}

static void nothing_is_a_table_too(void **state)
{
    (void)state;
    struct triple_set set = {0};
    struct triple_table table;
    struct error err;
    assert_int_equal(triple_table_from_ticks(&table, &set, 1, &err), 0);
    assert_int_equal(table.count, 0);
    assert_int_equal(table.group_count, 0);
    triple_table_free(&table);
    const uint32_t far[3] = {1U << 30, 1U << 30, UINT32_MAX};
    assert_int_equal(triple_set_add(&set, far, 1, &err), 0);
    assert_int_equal(triple_table_from_ticks(&table, &set, 1, &err), 0);
    assert_int_equal(table.triples[0].x, TRIPLE_FIELD_MAX);
    assert_int_equal(table.triples[0].age, TRIPLE_FIELD_MAX);
    triple_table_free(&table);
    triple_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triples_are_counted),
        cmocka_unit_test(nothing_is_a_table_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
