/* redis_wait_test.c - a wait ends when the socket is ready, when its time is over, or soon after a stop.
 * Room: tests. May touch: pipes. */
#include "loader/sink/redis_wait.h"

#include "common/monotonic.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { HOUR_MS = 3600 * 1000, SHORT_MS = 30 };

static void test_waits(void **state)
{
    (void)state;
    int ends[2];
    atomic_int stop = 0;
    assert_int_equal(pipe(ends), 0);
    struct redis_wait wait = redis_wait_begin(SHORT_MS, NULL);
    int64_t before_ms = monotonic_ms();
    assert_int_equal(redis_wait_on(&wait, ends[0], POLLIN), REDIS_TIME_OVER);
    assert_true(monotonic_ms() - before_ms >= SHORT_MS);
    assert_int_equal(redis_wait_on(&wait, ends[0], POLLIN), REDIS_TIME_OVER);
    wait = redis_wait_begin(HOUR_MS, &stop);
    assert_int_equal(redis_wait_on(&wait, ends[1], POLLOUT), REDIS_READY);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(redis_wait_on(&wait, ends[0], POLLIN), REDIS_READY);
    close(ends[1]);
    close(ends[0]);
}

/* What arrives in the grace after a stop is still taken; after it the wait is over for good. */
static void test_a_stop_leaves_a_grace(void **state)
{
    (void)state;
    int ends[2];
    atomic_int stop = 1;
    assert_true(redis_wait_is_stop(&stop));
    assert_false(redis_wait_is_stop(NULL));
    assert_int_equal(pipe(ends), 0);
    struct redis_wait wait = redis_wait_begin(HOUR_MS, &stop);
    assert_int_equal(redis_wait_on(&wait, ends[1], POLLOUT), REDIS_READY);
    int64_t before_ms = monotonic_ms();
    assert_int_equal(redis_wait_on(&wait, ends[0], POLLIN), REDIS_STOP_WISHED);
    assert_true(monotonic_ms() - before_ms <= HOUR_MS / 2);
    wait = redis_wait_begin(0, &stop);
    assert_int_equal(redis_wait_on(&wait, ends[0], POLLIN), REDIS_STOP_WISHED);
    close(ends[1]);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_a_stop_leaves_a_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
