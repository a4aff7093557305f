/* rank_facts_test.c - what a history says as of a time, and nothing of what comes after. */
#include "predictor/rank/rank_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { HOUR = 3600, DAY = 86400 };

static const struct event_window past[] = {
    {"a", "", 10 * DAY, 12 * DAY, NULL},
    {"b", "", 20 * DAY, 22 * DAY, NULL},
    {"c", "", 30 * DAY, 32 * DAY, NULL},
};

static struct rank_frame frame_at(int64_t as_of_unix)
{
    return (struct rank_frame){
        .past = past, .past_count = 3, .as_of_unix = as_of_unix, .bucket_second = HOUR};
}

static struct key_history history_of(const struct active_bucket *buckets, size_t count)
{
    return (struct key_history){.entity = ENTITY_USER, .buckets = buckets, .bucket_count = count};
}

static void events_and_days_are_counted(void **state)
{
    (void)state;
    const struct active_bucket buckets[] = {{15 * 24, 1},     {15 * 24 + 1, 2}, {20 * 24 - 1, 1},
                                            {22 * 24 - 1, 5}, {32 * 24, 1},     {50 * 24 + 6, 1},
                                            {60 * 24, 9}};
    struct key_history history = history_of(buckets, 7);
    struct rank_frame frame = frame_at(60 * DAY);
    struct rank_facts facts;
    assert_true(rank_facts_from_history(&frame, &history, &facts));
    assert_int_equal(facts.last_seen_unix, 50 * DAY + 6 * HOUR);
    assert_int_equal(facts.active_days, 5);
    assert_int_equal(facts.events_seen, 2);     /* it did not exist before the first */
    assert_int_equal(facts.events_returned, 1); /* the third ended an hour too early */
    assert_true(facts.size_bytes == 0 && facts.cost_ms == 0);
}

static void the_future_is_not_seen(void **state)
{
    (void)state;
    const struct active_bucket buckets[] = {{10 * 24, 1}, {11 * 24, 1}};
    struct key_history history = history_of(buckets, 2);
    struct rank_frame frame = frame_at(10 * DAY);
    struct rank_facts facts;
    assert_false(rank_facts_from_history(&frame, &history, &facts));
    frame.as_of_unix = 10 * DAY + 1;
    assert_true(rank_facts_from_history(&frame, &history, &facts));
    assert_int_equal(facts.last_seen_unix, 10 * DAY);
    assert_int_equal(facts.active_days, 1);
}

static void one_who_came_with_an_event_did_not_return(void **state)
{
    (void)state;
    const struct active_bucket buckets[] = {{10 * 24, 1}, {20 * 24, 1}};
    struct key_history history = history_of(buckets, 2);
    struct rank_frame frame = frame_at(60 * DAY);
    struct rank_facts facts;
    assert_true(rank_facts_from_history(&frame, &history, &facts));
    assert_int_equal(facts.events_seen, 2);
    assert_int_equal(facts.events_returned, 1);
}

static void days_are_of_the_zone(void **state)
{
    (void)state;
    struct error err;
    const struct active_bucket buckets[] = {{-3, 1}, {22, 1}, {23, 1}};
    struct key_history history = history_of(buckets, 3);
    struct rank_frame frame = frame_at(60 * DAY);
    struct rank_facts facts;
    assert_true(rank_facts_from_history(&frame, &history, &facts));
    assert_int_equal(facts.active_days, 2);
    struct zone *zone = zone_open("+01:00", &err);
    frame.zone = zone;
    assert_true(rank_facts_from_history(&frame, &history, &facts));
    assert_int_equal(facts.active_days, 3);
    zone_close(zone);
}

static void means_are_of_what_was_known(void **state)
{
    (void)state;
    const struct active_bucket buckets[] = {{1, 1}};
    struct key_history history = history_of(buckets, 1);
    struct rank_frame frame = frame_at(60 * DAY);
    struct rank_facts facts;
    history.size_bytes_sum = 300;
    history.size_count = 2;
    history.cost_us_sum = 9000;
    history.cost_count = 4;
    assert_true(rank_facts_from_history(&frame, &history, &facts));
    assert_true(facts.size_bytes == 150 && facts.cost_ms == 2.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_and_days_are_counted),
        cmocka_unit_test(the_future_is_not_seen),
        cmocka_unit_test(one_who_came_with_an_event_did_not_return),
        cmocka_unit_test(days_are_of_the_zone),
        cmocka_unit_test(means_are_of_what_was_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
