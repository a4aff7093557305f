/* redis_again_test.c - what is sent again comes oldest first, and what was lost is remembered for one job.
 * Room: tests. May touch: nothing. */
#include "loader/sink/redis_again.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Against a twin that keeps all in a line: the ring goes round many times. */
static void test_first_in_first_out(void **state)
{
    (void)state;
    enum { MOST = 100, STEPS = 20000 };
    static size_t twin[STEPS];
    size_t put = 0, dropped = 0, index;
    struct redis_again again;
    struct error err;
    uint64_t seed = 88172645463325252u;
    assert_int_equal(redis_again_init(&again, MOST, &err), 0);
    assert_int_equal(redis_again_begin(&again, STEPS, &err), 0);
    assert_false(redis_again_peek(&again, &index));
    while (put < STEPS) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        if (seed % 2 == 0 && put - dropped < MOST) {
            twin[put] = (size_t)(seed % STEPS);
            redis_again_put(&again, twin[put++]);
        } else if (put > dropped) {
            assert_true(redis_again_peek(&again, &index));
            assert_int_equal(index, twin[dropped++]);
            redis_again_drop(&again);
        }
    }
    redis_again_release(&again);
}

static void test_a_new_job_begins_empty(void **state)
{
    (void)state;
    struct redis_again again;
    struct error err;
    size_t index;
    assert_int_equal(redis_again_init(&again, 4, &err), 0);
    assert_int_equal(redis_again_begin(&again, 10, &err), 0);
    redis_again_put_lost(&again, 3);
    redis_again_put(&again, 4);
    assert_int_equal(again.was_lost[3], 1);
    assert_int_equal(again.was_lost[4], 0);
    assert_int_equal(redis_again_begin(&again, 20, &err), 0);
    assert_false(redis_again_peek(&again, &index));
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(again.was_lost[i], 0);
    }
    assert_int_equal(redis_again_begin(&again, 0, &err), 0);
    redis_again_release(&again);
    redis_again_release(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_in_first_out),
        cmocka_unit_test(test_a_new_job_begins_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
