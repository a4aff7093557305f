/* ramp_rule_test.c - the gray release climbs while all is well, steps back by itself, and lets nobody in for a lost key.
 * Room: tests. May touch: nothing. */
#include "loader/rules/ramp_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND_US = 1000000, TICK_US = 10 * SECOND_US, ONE_PERCENT = 100 };

static struct ramp_settings settings;
static struct ramp_state state;
static int64_t now_us;

static int set_up(void **unused)
{
    struct error err = {0};
    (void)unused;
    settings = (struct ramp_settings){.soak_us = 2 * TICK_US,
                                      .give_up_us = 6 * TICK_US,
                                      .min_hit_ratio = 0.8,
                                      .min_read_count = 100};
    assert_int_equal(ramp_rule_parse_steps("1,5,20,100", &settings, &err), 0);
    now_us = 0;
    ramp_rule_begin(&state, RAMP_KEY_LOST, now_us);
    return 0;
}

/* A tick later, with the key as it was published. */
static struct ramp_decision tick(uint64_t read_count, uint64_t miss_count, const char *trouble)
{
    struct ramp_signs signs = {.is_cache_known = true,
                               .read_count = read_count,
                               .miss_count = miss_count,
                               .trouble = trouble,
                               .found_share = state.share};
    now_us += TICK_US;
    return ramp_rule_tick(&state, &settings, &signs, now_us);
}

static void assert_decision(struct ramp_decision decision, enum ramp_move move, int share,
                            const char *why)
{
    assert_string_equal(decision.why, why);
    assert_string_equal(ramp_rule_move_name(decision.move), ramp_rule_move_name(move));
    assert_int_equal(decision.move, move);
    assert_int_equal(decision.share, share);
    assert_int_equal(state.share, share);
}

static void climb_to(int share)
{
    for (int i = 0; state.share < share && i < 100; i++) {
        tick(1000, 10, NULL);
    }
    assert_int_equal(state.share, share);
}

static void test_climbs_to_the_end(void **unused)
{
    (void)unused;
    assert_decision(tick(0, 0, NULL), RAMP_RAISE, ONE_PERCENT,
                    "the source is well: the first step");
    assert_decision(tick(1000, 10, NULL), RAMP_HOLD, ONE_PERCENT, "soaking for 10 s more");
    assert_decision(tick(1000, 10, NULL), RAMP_RAISE, 5 * ONE_PERCENT,
                    "hit ratio 99.0%, the source is well");
    climb_to(RAMP_SHARE_FULL);
    tick(1000, 10, NULL);
    assert_decision(tick(1000, 10, NULL), RAMP_END_FULL, RAMP_SHARE_FULL,
                    "all users are in, and all is well");
}

static void test_holds_until_it_has_evidence(void **unused)
{
    (void)unused;
    climb_to(ONE_PERCENT);
    tick(10, 0, NULL);
    assert_decision(tick(20, 0, NULL), RAMP_HOLD, ONE_PERCENT, "30 reads seen, 100 needed");
    assert_decision(tick(1000, 300, NULL), RAMP_HOLD, ONE_PERCENT, "hit ratio 70.0%, 80.0% needed");
    assert_decision(tick(1000, 100, NULL), RAMP_RAISE, 5 * ONE_PERCENT,
                    "hit ratio 90.0%, the source is well");
}

static void test_steps_back_at_once_and_climbs_again(void **unused)
{
    (void)unused;
    climb_to(20 * ONE_PERCENT);
    struct ramp_decision decision = tick(1000, 10, "Threads_running 31, limit 25");
    assert_decision(decision, RAMP_BACK, 5 * ONE_PERCENT, "Threads_running 31, limit 25");
    assert_true(decision.is_degraded);
    assert_decision(tick(0, 0, "slow"), RAMP_BACK, ONE_PERCENT, "slow");
    assert_decision(tick(0, 0, "slow"), RAMP_BACK, 0, "slow");
    assert_decision(tick(0, 0, "slow"), RAMP_HOLD, 0, "slow");
    decision = tick(0, 0, NULL);
    assert_decision(decision, RAMP_RAISE, ONE_PERCENT,
                    "the source has been well again: the first step");
    assert_false(decision.is_degraded);
    climb_to(RAMP_SHARE_FULL);
}

static void test_gives_up_at_zero(void **unused)
{
    (void)unused;
    climb_to(ONE_PERCENT);
    tick(1000, 0, "slow");
    for (int i = 0; i < 4; i++) {
        assert_decision(tick(0, 0, "slow"), RAMP_HOLD, 0, "slow");
    }
    assert_decision(tick(0, 0, "slow"), RAMP_END_ZERO, 0, "given up after 60 s at 0: slow");
}

static void test_a_ratio_that_held_and_fell_steps_back(void **unused)
{
    (void)unused;
    climb_to(5 * ONE_PERCENT);
    assert_decision(tick(1000, 500, NULL), RAMP_HOLD, 5 * ONE_PERCENT, "soaking for 10 s more");
    settings.soak_us = 10 * TICK_US;
    tick(1000, 10, NULL);
    assert_decision(tick(1000, 500, NULL), RAMP_BACK, ONE_PERCENT,
                    "the hit ratio fell to 50.0%, 80.0% needed");
}

/* 1000 reads a tick at 1 % are 1 read a second and bucket: 40 misses a second allow 30 - 1 more buckets. */
static void test_never_more_newcomers_than_the_source_bears(void **unused)
{
    (void)unused;
    settings.max_miss_per_second = 40;
    climb_to(ONE_PERCENT);
    tick(1000, 10, NULL);
    assert_decision(tick(1000, 10, NULL), RAMP_RAISE, ONE_PERCENT + 29,
                    "as far to 5% as newcomers who miss can be borne");
    assert_decision(tick(1290, 290, NULL), RAMP_HOLD, ONE_PERCENT + 29,
                    "hit ratio 77.5%, 80.0% needed");
    assert_decision(tick(1290, 13, NULL), RAMP_RAISE, ONE_PERCENT + 57,
                    "as far to 5% as newcomers who miss can be borne");
    settings.min_hit_ratio = 0.1;
    assert_decision(tick(1570, 350, NULL), RAMP_HOLD, ONE_PERCENT + 57,
                    "no room for newcomers who miss: 35.0 of 40.0/s");
    struct ramp_decision decision = tick(1570, 500, NULL);
    assert_decision(decision, RAMP_BACK, ONE_PERCENT, "50.0 misses/s, limit 40.0");
    assert_true(decision.is_degraded);
}

static void test_a_lost_key_lets_nobody_in_and_begins_again(void **unused)
{
    (void)unused;
    climb_to(20 * ONE_PERCENT);
    struct ramp_signs signs = {
        .is_cache_known = true, .read_count = 1000, .found_share = RAMP_KEY_LOST};
    now_us += TICK_US;
    assert_decision(ramp_rule_tick(&state, &settings, &signs, now_us), RAMP_LOST, 0,
                    "the key was gone: evicted, or Redis came back empty");
    assert_decision(tick(0, 0, NULL), RAMP_HOLD, 0, "soaking for 10 s more");
    assert_decision(tick(0, 0, NULL), RAMP_RAISE, ONE_PERCENT,
                    "the source has been well again: the first step");
}

static void test_a_person_overrules(void **unused)
{
    (void)unused;
    climb_to(20 * ONE_PERCENT);
    struct ramp_signs signs = {.is_cache_known = true, .found_share = 300};
    assert_decision(ramp_rule_tick(&state, &settings, &signs, now_us), RAMP_OVERRULE, 300,
                    "somebody set the key to 3");
    signs.found_share = 5000;
    assert_decision(ramp_rule_tick(&state, &settings, &signs, now_us), RAMP_OVERRULE, 300,
                    "somebody set the key to 50");
    signs.found_share = 0;
    assert_decision(ramp_rule_tick(&state, &settings, &signs, now_us), RAMP_END_ZERO, 0,
                    "somebody set the key to 0");
}

static void test_what_is_not_known_is_not_good(void **unused)
{
    (void)unused;
    climb_to(ONE_PERCENT);
    struct ramp_signs signs = {.found_share = RAMP_KEY_UNKNOWN};
    now_us += 100 * TICK_US;
    assert_decision(ramp_rule_tick(&state, &settings, &signs, now_us), RAMP_HOLD, ONE_PERCENT,
                    "Redis does not answer");
}

static void test_goes_on_from_an_earlier_controller(void **unused)
{
    (void)unused;
    ramp_rule_begin(&state, 5 * ONE_PERCENT, now_us);
    assert_decision(tick(1000, 0, NULL), RAMP_HOLD, 5 * ONE_PERCENT, "soaking for 10 s more");
    assert_decision(tick(1000, 0, NULL), RAMP_RAISE, 20 * ONE_PERCENT,
                    "hit ratio 100.0%, the source is well");
}

static void test_shares_as_text(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        int share;
    } cases[] = {
        {"0", 0},      {"1", 100},         {"12.5", 1250}, {"0.07", 7}, {"100", RAMP_SHARE_FULL},
        {"101", -1},   {"", -1},           {"-1", -1},     {"5x", -1},  {"100.01", -1},
        {"1.234", -1}, {"99999999999", -1}};
    char text[RAMP_SHARE_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ramp_rule_parse_share(cases[i].text), cases[i].share);
        if (cases[i].share >= 0) {
            assert_string_equal(ramp_rule_print_share(text, cases[i].share), cases[i].text);
        }
    }
}

static void test_steps_that_are_none(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"5,1,100", "--steps '5,1,100' are not rising shares in percent, as 1,5,20,50,100"},
        {"1,,100", "--steps '1,,100' are not rising shares in percent, as 1,5,20,50,100"},
        {"1,200", "--steps '1,200' are not rising shares in percent, as 1,5,20,50,100"},
        {"0,100", "--steps '0,100' are not rising shares in percent, as 1,5,20,50,100"},
        {"", "--steps '' are not rising shares in percent, as 1,5,20,50,100"},
        {"1,50", "--steps '1,50' do not end at 100"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        assert_int_equal(ramp_rule_parse_steps(cases[i].text, &settings, &err), -1);
        assert_string_equal(err.text, cases[i].wanted);
        assert_int_equal(err.kind, ERROR_USAGE);
    }
    struct error err = {0};
    assert_int_equal(ramp_rule_parse_steps("0.5%,20%,100%", &settings, &err), 0);
    assert_int_equal(settings.step_count, 3);
    assert_int_equal(settings.steps[0], 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_climbs_to_the_end, set_up),
        cmocka_unit_test_setup(test_holds_until_it_has_evidence, set_up),
        cmocka_unit_test_setup(test_steps_back_at_once_and_climbs_again, set_up),
        cmocka_unit_test_setup(test_gives_up_at_zero, set_up),
        cmocka_unit_test_setup(test_a_ratio_that_held_and_fell_steps_back, set_up),
        cmocka_unit_test_setup(test_never_more_newcomers_than_the_source_bears, set_up),
        cmocka_unit_test_setup(test_a_lost_key_lets_nobody_in_and_begins_again, set_up),
        cmocka_unit_test_setup(test_a_person_overrules, set_up),
        cmocka_unit_test_setup(test_what_is_not_known_is_not_good, set_up),
        cmocka_unit_test_setup(test_goes_on_from_an_earlier_controller, set_up),
        cmocka_unit_test_setup(test_shares_as_text, set_up),
        cmocka_unit_test_setup(test_steps_that_are_none, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
