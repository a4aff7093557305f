/* second_look_test.c - what is stale goes, what is young is looked at twice, and a stop takes the young away.
 * Room: tests. Source and sink are stand-ins. */
#include "loader/warm/second_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/monotonic.h"
#include "loader/live/run_switch.h"

enum { ROWS = 6, KEY_SIZE = 8 };

static enum recheck_verdict verdicts[2][ROWS]; /* by look and row */
static int look_count;
static char removed[ROWS * KEY_SIZE]; /* keys, in order */
static const char *refusal;           /* of every removal; NULL: none */

int recheck_judge(struct recheck *recheck, struct recheck_row rows[], size_t count, int64_t read_us,
                  struct error *err)
{
    (void)recheck, (void)read_us, (void)err;
    assert_true(look_count < 2);
    for (size_t i = 0; i < count; i++) {
        rows[i].verdict = verdicts[look_count][rows[i].id.bytes[0] - '0'];
    }
    look_count++;
    return 0;
}

int sink_remove(struct sink *sink, struct sink_item items[], size_t count, struct error *err)
{
    (void)sink, (void)err;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].result, SINK_NOT_SENT);
        strncat(removed, items[i].key.bytes, items[i].key.size);
        items[i].result = refusal == NULL ? SINK_DONE : SINK_FAILED;
        items[i].reason = refusal;
    }
    return 0;
}

int sink_secure(struct sink *sink, const struct sink_item items[], size_t count, struct error *err)
{
    (void)sink, (void)items, (void)count, (void)err;
    return 0;
}

static struct window_row window_rows[ROWS];
static struct write_batch batch;
static struct pulse pulse;

static int begin_anew(void **state)
{
    static const char ids[] = "012345";
    struct error err = {0};
    (void)state;
    look_count = 0;
    removed[0] = '\0';
    refusal = NULL;
    memset(verdicts, 0, sizeof verdicts);
    pulse = (struct pulse){.warm_count = ROWS};
    assert_int_equal(write_batch_reserve(&batch, ROWS, &err), 0);
    batch.window_rows = window_rows;
    batch.row_count = ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        struct slice id = {&ids[i], 1};
        struct record record = {.kind = RECORD_STRING, .value = id};
        struct write_terms terms = {.expire_unix = 2000000000};
        window_rows[i] = (struct window_row){.rank = i + 1, .id = id, .key = id};
        batch.rows[i] = (struct journal_done_row){.rank = i + 1, .outcome = OUTCOME_WARMED};
        write_batch_add(&batch, &window_rows[i], i, &record, &terms);
        batch.items[i].result = SINK_DONE;
    }
    return 0;
}

static int take(int64_t read_us, struct error *err)
{
    struct second_look look = {.batch = &batch, .pulse = &pulse};
    return second_look_take(&look, ROWS, read_us, err);
}

static int64_t long_ago(void)
{
    return monotonic_us() - (int64_t)RECHECK_YOUNG_US;
}

static void test_only_the_stale_goes(void **state)
{
    (void)state;
    struct error err = {0};
    verdicts[0][1] = verdicts[0][4] = RECHECK_STALE;
    verdicts[0][5] = RECHECK_STALE;
    batch.items[5].result = SINK_KEPT; /* the application's own: not looked at */
    assert_int_equal(take(long_ago(), &err), 0);
    assert_int_equal(look_count, 1);
    assert_string_equal(removed, "14");
    for (size_t i = 0; i < ROWS; i++) {
        bool is_gone = i == 1 || i == 4;
        assert_int_equal(batch.rows[i].outcome, is_gone ? OUTCOME_STALE_REMOVED : OUTCOME_WARMED);
        assert_int_equal(batch.rows[i].rank, i + 1);
    }
}

static void test_the_young_are_looked_at_twice(void **state)
{
    (void)state;
    struct error err = {0};
    verdicts[0][2] = verdicts[0][3] = RECHECK_YOUNG;
    verdicts[1][3] = RECHECK_STALE;
    verdicts[1][2] = RECHECK_FRESH;
    assert_int_equal(take(long_ago(), &err), 0);
    assert_int_equal(look_count, 2);
    assert_string_equal(removed, "3");
    assert_int_equal(batch.rows[2].outcome, OUTCOME_WARMED);
    assert_int_equal(batch.rows[3].outcome, OUTCOME_STALE_REMOVED);
}

static void test_a_stop_takes_the_young_away(void **state)
{
    (void)state;
    struct error err = {0};
    verdicts[0][0] = RECHECK_STALE;
    verdicts[0][2] = RECHECK_YOUNG;
    run_switch_raise_stop();
    int64_t before_us = monotonic_us();
    assert_int_equal(take(monotonic_us(), &err), 0);
    assert_true(monotonic_us() - before_us < (int64_t)RECHECK_YOUNG_US);
    run_switch_reset();
    assert_int_equal(look_count, 1);
    assert_string_equal(removed, "02");
    assert_int_equal(batch.rows[2].outcome, OUTCOME_STALE_REMOVED);
}

static void test_what_cannot_be_removed_is_an_error(void **state)
{
    (void)state;
    struct error err = {0};
    verdicts[0][2] = RECHECK_STALE;
    refusal = "NOPERM no DEL";
    assert_int_equal(take(long_ago(), &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_string_equal(err.text, "cannot remove a value that became stale: NOPERM no DEL");
    assert_int_equal(batch.rows[2].outcome, OUTCOME_WARMED);
}

static int free_batch(void **state)
{
    (void)state;
    write_batch_free(&batch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_only_the_stale_goes, begin_anew),
        cmocka_unit_test_setup(test_the_young_are_looked_at_twice, begin_anew),
        cmocka_unit_test_setup(test_a_stop_takes_the_young_away, begin_anew),
        cmocka_unit_test_setup(test_what_cannot_be_removed_is_an_error, begin_anew),
    };
    return cmocka_run_group_tests(tests, NULL, free_batch);
}
