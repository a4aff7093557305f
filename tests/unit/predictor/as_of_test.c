/* as_of_test.c - what is known of a key at a moment, and that nothing later is: a planted leak changes no feature. */
#include "predictor/forecast/as_of.h"
#include "predictor/forecast/key_features.h"
#include "predictor/forecast/attribute_table.h"
#include "predictor/forecast/reason_words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR = 3600 };
static const struct as_of_clock utc = {HOUR, NULL};

static struct bucket_list list(const struct active_bucket *buckets, size_t count)
{
    return (struct bucket_list){.buckets = buckets, .count = count};
}

static void a_snapshot_counts_days_before_the_moment(void **state)
{
    (void)state;
    static const struct active_bucket buckets[] = {{24, 2}, {30, 1}, {24 * 5, 1}, {24 * 9 + 23, 4}};
    struct as_of_snapshot snapshot;
    assert_false(as_of_take(&utc, list(buckets, 4), 24 * HOUR, &snapshot));
    assert_true(as_of_take(&utc, list(buckets, 4), 10 * SECONDS_PER_DAY, &snapshot));
    assert_int_equal(snapshot.active_days, 3);
    assert_int_equal(snapshot.x, 2);
    assert_int_equal(snapshot.last, 8);
    assert_int_equal(snapshot.age, 8); /* the last whole day is day 9 */
    assert_int_equal(snapshot.hits, 8);
    assert_int_equal(snapshot.last_unix, (24 * 9 + 23) * HOUR);
    assert_true(fabs(snapshot.gap_day - 1.0 / 24) < 1e-12);
    assert_true(as_of_take(&utc, list(buckets, 4), 8 * SECONDS_PER_DAY, &snapshot));
    assert_int_equal(snapshot.x, 1);
    assert_int_equal(snapshot.last, 4);
    assert_int_equal(snapshot.age, 6);
    assert_int_equal(as_of_count_hits(&utc, list(buckets, 4), 24 * HOUR, 31 * HOUR), 3);
    assert_int_equal(as_of_since(&utc, list(buckets, 4), 30 * HOUR).count, 3);
    assert_ptr_equal(as_of_since(&utc, list(buckets, 4), 30 * HOUR).buckets, &buckets[1]);
    assert_int_equal(as_of_since(&utc, list(buckets, 4), 10 * SECONDS_PER_DAY).count, 0);
    assert_int_equal(as_of_count_hits(&utc, list(buckets, 4), 25 * HOUR, 30 * HOUR), 0);
}

static void days_are_those_of_the_zone(void **state)
{
    (void)state;
    static const struct active_bucket buckets[] = {{24 * 3 + 20, 1}, {24 * 4 + 2, 1}};
    struct error err;
    struct zone *zone = zone_open("+08:00", &err);
    struct as_of_clock east = {HOUR, zone};
    struct as_of_snapshot snapshot;
    assert_true(as_of_take(&utc, list(buckets, 2), 10 * SECONDS_PER_DAY, &snapshot));
    assert_int_equal(snapshot.active_days, 2);
    assert_true(as_of_take(&east, list(buckets, 2), 10 * SECONDS_PER_DAY, &snapshot));
    assert_int_equal(snapshot.active_days, 1);
    assert_int_equal(as_of_day(&utc, -1), -1);
    zone_close(zone);
}

static bool take(const struct feature_context *context, struct bucket_list buckets, float *row)
{
    const struct feature_key key = {buckets, PARENT_NONE, 0, ATTRIBUTE_ROW_NONE};
    return key_features_take(context, &key, row);
}

static const struct feature_event events[] = {
    {{"a", "sale", 20 * SECONDS_PER_DAY, 22 * SECONDS_PER_DAY, NULL}, 2, 1, true, false},
    {{"b", "sale", 40 * SECONDS_PER_DAY, 42 * SECONDS_PER_DAY, NULL}, 2, 1, true, false},
    {{"c", "club", 60 * SECONDS_PER_DAY, 62 * SECONDS_PER_DAY, NULL}, 2, 1, false, false},
};

static const struct feature_response response = {.grades = {{.4, .2, .1, .1, .1, .08, .015, .005}},
                                                 .mbgnbd = {.8, 30, .8, 4},
                                                 .visits_per_day = 1};

static struct feature_context context_of(void)
{
    return (struct feature_context){.clock = {HOUR, NULL},
                                    .origin_unix = 100 * SECONDS_PER_DAY,
                                    .start_unix = 103 * SECONDS_PER_DAY,
                                    .end_unix = 110 * SECONDS_PER_DAY,
                                    .dormant_after_second = 30 * SECONDS_PER_DAY,
                                    .bgnbd = {.5, 20, .8, 2.5},
                                    .mbgnbd = {.8, 30, .8, 4},
                                    .p_floor = 1e-4,
                                    .events = events,
                                    .event_count = 3,
                                    .response = &response};
}

static void a_planted_leak_changes_no_feature(void **state)
{
    (void)state;
    struct active_bucket buckets[] = {{24 * 3, 1},   {24 * 41, 2},  {24 * 60, 5}, {24 * 100, 9},
                                      {24 * 104, 9}, {24 * 105, 9}, {24 * 109, 9}};
    struct feature_context context = context_of();
    float honest[FEATURE_COUNT];
    float leaking[FEATURE_COUNT];
    assert_true(take(&context, list(buckets, 3), honest));
    assert_true(take(&context, list(buckets, 7), leaking));
    assert_memory_equal(honest, leaking, sizeof honest);
    context.origin_unix = 105 * SECONDS_PER_DAY; /* the test can tell: later, they count */
    assert_true(take(&context, list(buckets, 7), leaking));
    assert_true(memcmp(honest, leaking, sizeof honest) != 0);
    assert_false(take(&context, list(&buckets[5], 2), leaking));
}

static void features_say_what_they_mean(void **state)
{
    (void)state;
    /* days 3, 41, 60: gaps of 38 and 19 days, 40 since; came to b and c, was there for all three events */
    static const struct active_bucket buckets[] = {{24 * 3, 1}, {24 * 41, 2}, {24 * 60, 4}};
    struct feature_context context = context_of();
    float row[FEATURE_COUNT];
    assert_true(take(&context, list(buckets, 3), row));
    assert_true(fabs((double)row[FEATURE_GAP] - log(41)) < 1e-5);
    assert_true(fabs((double)row[FEATURE_DAYS] - log(3)) < 1e-5);
    assert_true(fabs((double)row[FEATURE_TENURE] - log(97)) < 1e-5);
    assert_true(fabs((double)row[FEATURE_MEAN_GAP] - log(1 + 28.5)) < 1e-5);
    assert_true(fabs((double)row[FEATURE_WOKEN] - log(2)) < 1e-5);
    assert_true(row[FEATURE_WOKEN_LATE] == 0);
    struct grade_chances all = key_features_chances(&context, list(buckets, 3), false, true);
    struct grade_chances same = key_features_chances(&context, list(buckets, 3), true, true);
    double promised = log(event_response_ratio(&response.grades, &all));
    double by_kind = log(event_response_ratio(&response.grades, &same)) - promised;
    double shape = event_response_shape(&response.grades, &all);
    assert_true(promised > 0.1 && by_kind < -0.1); /* it came to the club, too */
    assert_true(fabs((double)row[FEATURE_EVENT_RESPONSE] - promised) < 1e-5);
    assert_true(fabs((double)row[FEATURE_EVENT_KIND] - by_kind) < 1e-5);
    assert_true(fabs((double)row[FEATURE_EVENT_SHAPE] - log(shape)) < 1e-5);
    assert_true(take(&context, list(buckets, 1), row)); /* seen before all three, came to none */
    assert_true(row[FEATURE_EVENT_RESPONSE] < -0.1F && row[FEATURE_EVENT_KIND] > 0.1F);
    assert_true(take(&context, list(&buckets[2], 1), row)); /* the last one brought it */
    assert_true(row[FEATURE_EVENT_RESPONSE] > 0.1F && row[FEATURE_EVENT_SEEN] == 0);
    assert_true(row[FEATURE_EVENT_BORN] == 1 && row[FEATURE_EVENT_END] == 1);
    assert_true(take(&context, list(buckets, 3), row));
    assert_true(row[FEATURE_EVENT_BORN] == 0 && row[FEATURE_ONCE] == 0);
}

static void any_key_has_finite_features(void **state)
{
    (void)state;
    static const struct active_bucket once[] = {{24 * 99 + 23, UINT32_MAX}};
    struct active_bucket many[2000];
    struct feature_context context = context_of();
    float row[FEATURE_COUNT];
    for (int32_t i = 0; i < 2000; i++) {
        many[i] = (struct active_bucket){i, 1 + (uint32_t)i};
    }
    for (size_t count = 0; count <= 2000; count = count * 2 + 1) {
        assert_int_equal(take(&context, list(many, count), row), count > 0);
        for (int i = 0; count > 0 && i < FEATURE_COUNT; i++) {
            assert_true(isfinite(row[i]));
        }
    }
    assert_true(take(&context, list(once, 1), row));
    for (int i = 0; i < FEATURE_COUNT; i++) {
        assert_true(isfinite(row[i]));
        assert_true(strlen(key_features_name((enum key_feature)i)) > 0);
        assert_true(strlen(key_features_words((enum key_feature)i, true)) > 0);
        const char *low = key_features_words((enum key_feature)i, false);
        assert_true(low == NULL || strlen(low) > 0);
    }
}

static void siblings_are_counted_up_to_yesterday(void **state)
{
    (void)state;
    static const struct active_bucket buckets[] = {{24 * 3, 1}};
    struct sibling_activity siblings = {0};
    struct feature_context context = context_of();
    struct feature_key key = {list(buckets, 1), 1, 0, ATTRIBUTE_ROW_NONE};
    struct error err;
    float row[FEATURE_COUNT];
    for (int64_t day = 60; day < 110; day++) {
        assert_int_equal(sibling_activity_add(&siblings, 1, day, &err), 0);
        assert_int_equal(sibling_activity_add(&siblings, 1, day, &err), 0);
        assert_int_equal(sibling_activity_add(&siblings, 0, day, &err), 0);
    }
    for (uint32_t parent = 0; parent < 2; parent++) {
        assert_int_equal(sibling_activity_count_key(&siblings, 3, parent, &err), 0);
    }
    assert_int_equal(sibling_activity_finish(&siblings, &err), 0);
    context.siblings = &siblings;
    assert_true(key_features_take(&context, &key, row));
    assert_true(fabs((double)row[FEATURE_SIBLINGS_7] - log(15)) < 1e-5); /* days 93..99 */
    assert_true(fabs((double)row[FEATURE_SIBLINGS_30] - log(61)) < 1e-5);
    assert_true(fabs((double)row[FEATURE_SIBLING_SHARE] - log(60.5)) < 1e-5);
    assert_true(row[FEATURE_HAS_PARENT] == 1);
    key.parent = 2; /* nobody was ever active */
    assert_true(key_features_take(&context, &key, row));
    assert_true(row[FEATURE_SIBLINGS_7] == 0);
    key.parent = PARENT_NONE;
    assert_true(key_features_take(&context, &key, row));
    assert_true(row[FEATURE_HAS_PARENT] == 0 && row[FEATURE_SIBLING_SHARE] == 0);
    sibling_activity_free(&siblings);
}

static void reasons_name_the_strongest(void **state)
{
    (void)state;
    struct contribution contributions[FEATURE_COUNT] = {
        [FEATURE_GAP] = {-0.5, true},           [FEATURE_OVERDUE] = {-0.2, true},
        [FEATURE_EVENT_RESPONSE] = {0.9, true}, [FEATURE_EVENT_KIND] = {-0.3, false},
        [FEATURE_LAST_HITS] = {0.3, true},      [FEATURE_TENURE] = {0.2, false},
        [FEATURE_SIBLINGS_7] = {0.05, false},
    };
    const struct reason_subject nobody = {NULL, ATTRIBUTE_ROW_NONE};
    char reason[160] = "seen on 3 days, last 41 days ago";
    reason_words_append(reason, sizeof reason, contributions, &nobody);
    assert_string_equal(
        reason, "seen on 3 days, last 41 days ago; for: comes to events, heavy use when last seen; "
                "against: not seen for long");
    char narrow[60] = "seen on 3 days, last 41 days ago";
    reason_words_append(narrow, sizeof narrow, contributions, &nobody);
    assert_string_equal(narrow, "seen on 3 days, last 41 days ago; for: comes to events");
    memset(contributions, 0, sizeof contributions);
    reason_words_append(narrow, sizeof narrow, contributions, &nobody);
    assert_string_equal(narrow, "seen on 3 days, last 41 days ago; for: comes to events");
    /* "its rhythm says it is due" speaks for a return, whatever its weight; then another of its theme is named, or none */
    contributions[FEATURE_MBGNBD] = (struct contribution){-0.9, true};
    contributions[FEATURE_RATE] = (struct contribution){-0.2, false};
    contributions[FEATURE_LAST_HITS] = (struct contribution){-0.5, true};
    char turned[120] = "seen";
    reason_words_append(turned, sizeof turned, contributions, &nobody);
    assert_string_equal(turned, "seen; against: comes rarely");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_counts_days_before_the_moment),
        cmocka_unit_test(days_are_those_of_the_zone),
        cmocka_unit_test(a_planted_leak_changes_no_feature),
        cmocka_unit_test(features_say_what_they_mean),
        cmocka_unit_test(any_key_has_finite_features),
        cmocka_unit_test(siblings_are_counted_up_to_yesterday),
        cmocka_unit_test(reasons_name_the_strongest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
