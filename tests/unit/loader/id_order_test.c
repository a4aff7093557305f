/* id_order_test.c - which ids are whole numbers, and the order of all others.
 * Room: tests. May touch: nothing. */
#include "loader/source/id_order.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_integers_as_databases_print_them(void **state)
{
    (void)state;
    static const char *const integers[] = {"0", "7", "-7", "18446744073709551615",
                                           "-9223372036854775808"};
    static const char *const others[] = {"",
                                         "-",
                                         "-0",
                                         "+1",
                                         "01",
                                         "1 ",
                                         " 1",
                                         "1.0",
                                         "1e1",
                                         "a",
                                         "--1",
                                         "18446744073709551616",
                                         "-9223372036854775809"};
    bool is_negative;
    uint64_t magnitude;
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        assert_true(id_order_parse_integer(slice_of(integers[i]), &is_negative, &magnitude));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(id_order_parse_integer(slice_of(others[i]), &is_negative, &magnitude));
    }
}

static void test_order_of_ids(void **state)
{
    (void)state;
    static const char *const sorted[] = {"-10", "-9",  "0",  "9", "10", "100",
                                         "",    "007", "1x", "A", "a"};
    enum { COUNT = sizeof sorted / sizeof sorted[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++) {
            int order = id_order_compare(slice_of(sorted[i]), slice_of(sorted[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

enum { MANY = 5003, TEXT_SIZE = 24 };

/* Sorts MANY ids and compares the result with what id_order_compare says of neighbours, places breaking ties. */
static void check_sort(void (*write_id)(char text[TEXT_SIZE], size_t i))
{
    static char texts[MANY][TEXT_SIZE];
    static struct slice ids[MANY];
    static size_t order[MANY];
    static struct id_order_entry scratch[2 * MANY];
    static bool is_seen[MANY];
    memset(is_seen, 0, sizeof is_seen);
    for (size_t i = 0; i < MANY; i++) {
        write_id(texts[i], i);
        ids[i] = slice_of(texts[i]);
    }
    id_order_sort(ids, MANY, order, scratch);
    for (size_t i = 0; i < MANY; i++) {
        assert_false(is_seen[order[i]]);
        is_seen[order[i]] = true;
        if (i > 0) {
            int compared = id_order_compare(ids[order[i - 1]], ids[order[i]]);
            assert_true(compared < 0 || (compared == 0 && order[i - 1] < order[i]));
        }
    }
    id_order_sort(ids, 0, order, scratch);
    id_order_sort(ids, 1, order, scratch);
    assert_int_equal(order[0], 0);
}

static void write_mixed(char text[TEXT_SIZE], size_t i)
{
    snprintf(text, TEXT_SIZE, i % 3 == 0 ? "%zu" : "x%zu", i * 7919 % 2003);
}

static void write_small(char text[TEXT_SIZE], size_t i)
{
    snprintf(text, TEXT_SIZE, "%zu", i * 7919 % 2003);
}

static void write_wide(char text[TEXT_SIZE], size_t i)
{
    snprintf(text, TEXT_SIZE, "%" PRIu64, (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

static void write_one_negative(char text[TEXT_SIZE], size_t i)
{
    snprintf(text, TEXT_SIZE, "%s%zu", i == MANY - 1 ? "-" : "", i * 7919 % 2003);
}

static void test_sort_of_many_ids(void **state)
{
    (void)state;
    check_sort(write_mixed);
    check_sort(write_small);
    check_sort(write_wide);
    check_sort(write_one_negative);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_as_databases_print_them),
        cmocka_unit_test(test_order_of_ids),
        cmocka_unit_test(test_sort_of_many_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
