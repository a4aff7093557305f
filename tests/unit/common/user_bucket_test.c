/* user_bucket_test.c - the same bucket as everybody else's CRC-32 gives, and as many users in each.
 * Room: tests. */
#include "common/user_bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_known_buckets(void **state)
{
    (void)state;
    /* by Python: zlib.crc32(id.encode()) % 10000 */
    assert_int_equal(user_bucket_of(slice_of("123456789")), 262);
    assert_int_equal(user_bucket_of(slice_of("u1")), 4422);
    assert_int_equal(user_bucket_of(slice_of("42")), 5288);
    assert_int_equal(user_bucket_of(slice_of("user:7")), 6215);
    assert_int_equal(user_bucket_of(slice_of("Zo\xc3\xab")), 2378);
    assert_int_equal(user_bucket_of((struct slice){NULL, 0}), 0);
}

static void test_each_percent_gets_its_share(void **state)
{
    enum { USERS = 200000, PERCENTS = 100, TEXT_SIZE = 16 };
    unsigned counts[PERCENTS] = {0};
    (void)state;
    for (int user = 1; user <= USERS; user++) {
        char id[TEXT_SIZE];
        snprintf(id, sizeof id, "%d", user);
        counts[user_bucket_of(slice_of(id)) / USER_BUCKETS_A_PERCENT]++;
    }
    for (int i = 0; i < PERCENTS; i++) {
        assert_in_range(counts[i], USERS / PERCENTS * 85 / 100, USERS / PERCENTS * 115 / 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_buckets),
        cmocka_unit_test(test_each_percent_gets_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
