/* governor_test.c - when it pauses, sleeps and goes on, by a script of readings.
 * Room: tests. May touch: nothing. */
#include "loader/rules/governor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TICK_US = 100000, SECOND_US = 1000000, START_US = SECOND_US };

static const struct governor_settings usual = {
    .chunks = {.rows_max = 500, .connections_max = 4, .target_us = 100000},
    .hibernate_us = 60 * (int64_t)SECOND_US,
    .limits = {
        .limits = {
            [HEALTH_THREADS_RUNNING] =
                {.is_watched = true, .soft = 25, .critical = 50, .stale_us = 5 * SECOND_US},
            [HEALTH_REPLICA_LAG_MS] = {.is_watched = true, .soft = 1500, .stale_us = 5 * SECOND_US},
            [HEALTH_REDIS_LATENCY_US] = {.is_watched = true,
                                         .soft = 10000,
                                         .stale_us = 5 * SECOND_US},
        }}};

struct scene {
    struct governor governor;
    struct governor_signs signs;
    struct governor_orders orders;
    int64_t now_us;
    double threads_running, lag_ms, redis_us;
    bool is_silent; /* the database gives no readings */
};

/* Ticks for `us`; a fast database answers one question a tick. */
static void pass(struct scene *scene, int64_t us)
{
    for (int64_t until_us = scene->now_us + us; scene->now_us < until_us;) {
        scene->now_us += TICK_US;
        if (!scene->is_silent) {
            health_read(&scene->signs.health, HEALTH_THREADS_RUNNING, scene->threads_running,
                        scene->now_us);
            health_read(&scene->signs.health, HEALTH_REPLICA_LAG_MS, scene->lag_ms, scene->now_us);
        }
        health_read(&scene->signs.health, HEALTH_REDIS_LATENCY_US, scene->redis_us, scene->now_us);
        scene->signs.written_per_second = 20000;
        for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
            scene->signs.chunks[i] = (struct chunk_sum){.count = 1, .us_total = 5000};
        }
        scene->orders = governor_tick(&scene->governor, &scene->signs, scene->now_us);
    }
}

static struct scene begin(void)
{
    struct scene scene = {.now_us = START_US, .threads_running = 3, .redis_us = 200};
    governor_init(&scene.governor, &usual, scene.now_us);
    pass(&scene, 3 * SECOND_US);
    return scene;
}

static void assert_reading_stops(const struct scene *scene)
{
    assert_int_equal(scene->orders.lanes[GOVERNOR_FETCH].connections, 0);
    assert_int_equal(scene->orders.lanes[GOVERNOR_RECHECK].connections, 1);
    assert_int_equal(scene->orders.lanes[GOVERNOR_RECHECK].rows, 50);
    assert_int_equal(scene->orders.lanes[GOVERNOR_RECHECK].rest_percent, 200);
}

static void test_in_good_health_it_opens_all(void **state)
{
    (void)state;
    struct scene scene = begin();
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        assert_int_equal(scene.orders.lanes[i].connections, 4);
        assert_int_equal(scene.orders.lanes[i].rows, 500);
        assert_int_equal(scene.orders.lanes[i].rest_percent, 0);
    }
    assert_true(scene.orders.rows_per_second <= 0);
    assert_false(scene.orders.is_source_slow);
    assert_int_equal(scene.orders.why.level, HEALTH_GOOD);
}

static void test_over_the_soft_limit_it_pauses_at_once_and_goes_on_soon(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.threads_running = 26;
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    assert_int_equal(scene.orders.why.gauge, HEALTH_THREADS_RUNNING);
    assert_reading_stops(&scene);
    pass(&scene, 600 * (int64_t)SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    scene.threads_running = 25;
    pass(&scene, SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
    assert_in_range(scene.orders.lanes[GOVERNOR_FETCH].connections, 1, 2);
    assert_int_equal(scene.orders.lanes[GOVERNOR_FETCH].rows, 500);
    assert_int_equal(scene.orders.why.level, HEALTH_GOOD);
}

static void test_flicker_does_not_let_it_go_on(void **state)
{
    (void)state;
    struct scene scene = begin();
    for (int i = 0; i < 50; i++) {
        scene.threads_running = 26;
        pass(&scene, TICK_US);
        scene.threads_running = 20;
        pass(&scene, SECOND_US / 2);
        assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    }
}

static void test_one_critical_spike_is_only_a_pause(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.threads_running = 51;
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_SECOND_LOOK);
    assert_reading_stops(&scene);
    scene.threads_running = 3;
    pass(&scene, SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    pass(&scene, SECOND_US + 2 * TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
}

static void test_a_critical_load_that_lasts_makes_it_sleep(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.threads_running = 80;
    pass(&scene, TICK_US + SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_HIBERNATING);
    assert_int_equal(scene.orders.why.level, HEALTH_CRITICAL);
    scene.threads_running = 3; /* it sleeps all the same */
    pass(&scene, 59 * (int64_t)SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_HIBERNATING);
    assert_int_equal((int)scene.orders.why.value, 80);
    assert_reading_stops(&scene);
    pass(&scene, 4 * (int64_t)SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
}

static void test_it_sleeps_again_and_lives(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.threads_running = 80;
    int asleep = 0;
    for (int i = 0; i < 3600; i++) {
        pass(&scene, SECOND_US);
        asleep += scene.orders.state == GOVERNOR_HIBERNATING;
        assert_int_not_equal(scene.orders.state, GOVERNOR_RUNNING);
    }
    assert_in_range(asleep, 3400, 3600);
}

static void test_without_hibernation_it_only_pauses(void **state)
{
    (void)state;
    struct scene scene = begin();
    struct governor_settings settings = usual;
    settings.hibernate_us = 0;
    governor_change(&scene.governor, &settings);
    scene.threads_running = 80;
    for (int i = 0; i < 100; i++) {
        pass(&scene, SECOND_US / 2);
        assert_int_not_equal(scene.orders.state, GOVERNOR_HIBERNATING);
        assert_int_not_equal(scene.orders.state, GOVERNOR_RUNNING);
    }
}

static void test_lag_pauses_and_so_does_silence(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.lag_ms = 1501;
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    assert_int_equal(scene.orders.why.gauge, HEALTH_REPLICA_LAG_MS);
    scene.lag_ms = 0;
    pass(&scene, 2 * SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
    scene.is_silent = true;
    pass(&scene, 5 * SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    assert_true(scene.orders.why.is_stale);
    scene.is_silent = false;
    pass(&scene, 2 * SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
}

static void test_a_second_look_needs_a_new_reading(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.threads_running = 80;
    pass(&scene, TICK_US);
    scene.is_silent = true;
    pass(&scene, 4 * SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_SECOND_LOOK);
    scene.is_silent = false;
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_HIBERNATING);
}

static void test_a_slow_redis_slows_writing_only(void **state)
{
    (void)state;
    struct scene scene = begin();
    scene.redis_us = 10001;
    pass(&scene, SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
    assert_int_equal(scene.orders.lanes[GOVERNOR_FETCH].connections, 4);
    assert_in_range((int)scene.orders.rows_per_second, 200, 10000);
    scene.redis_us = 300;
    pass(&scene, 30 * SECOND_US);
    assert_true(scene.orders.rows_per_second <= 0);
}

static void test_limits_change_while_it_works(void **state)
{
    (void)state;
    struct scene scene = begin();
    struct governor_settings settings = usual;
    settings.limits.limits[HEALTH_THREADS_RUNNING].soft = 2;
    settings.chunks.connections_max = 2;
    governor_change(&scene.governor, &settings);
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.state, GOVERNOR_PAUSED);
    settings.limits.limits[HEALTH_THREADS_RUNNING].soft = 3;
    governor_change(&scene.governor, &settings);
    pass(&scene, 4 * SECOND_US);
    assert_int_equal(scene.orders.state, GOVERNOR_RUNNING);
    assert_int_equal(scene.orders.lanes[GOVERNOR_FETCH].connections, 2);
}

static void test_what_is_asked_keeps_step_with_what_may_be_written(void **state)
{
    (void)state;
    struct scene scene = begin();
    struct governor_settings settings = usual;
    assert_int_equal(scene.orders.lanes[GOVERNOR_FETCH].rows_per_second, 0);
    settings.rows_per_second = 20000;
    governor_change(&scene.governor, &settings);
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.lanes[GOVERNOR_FETCH].rows_per_second, 25000);
    assert_int_equal(scene.orders.lanes[GOVERNOR_RECHECK].rows_per_second, 100000);
    settings.rows_per_second = INT64_MAX;
    governor_change(&scene.governor, &settings);
    pass(&scene, TICK_US);
    assert_int_equal(scene.orders.lanes[GOVERNOR_FETCH].rows_per_second, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_good_health_it_opens_all),
        cmocka_unit_test(test_over_the_soft_limit_it_pauses_at_once_and_goes_on_soon),
        cmocka_unit_test(test_flicker_does_not_let_it_go_on),
        cmocka_unit_test(test_one_critical_spike_is_only_a_pause),
        cmocka_unit_test(test_a_critical_load_that_lasts_makes_it_sleep),
        cmocka_unit_test(test_it_sleeps_again_and_lives),
        cmocka_unit_test(test_without_hibernation_it_only_pauses),
        cmocka_unit_test(test_lag_pauses_and_so_does_silence),
        cmocka_unit_test(test_a_second_look_needs_a_new_reading),
        cmocka_unit_test(test_a_slow_redis_slows_writing_only),
        cmocka_unit_test(test_limits_change_while_it_works),
        cmocka_unit_test(test_what_is_asked_keeps_step_with_what_may_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
