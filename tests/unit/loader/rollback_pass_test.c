/* rollback_pass_test.c - what a journal says was written is taken back where it is still ours, also in several attempts.
 * Room: tests. May touch: a journal in a folder of its own. Redis is a stand-in: one letter a key. */
#include "loader/run/rollback_pass.h"

#include "common/monotonic.h"
#include "loader/folder/value_digest.h"
#include "tests/unit/test_folder.h"

enum { KEYS = 300, KEYS_AN_INTENT = 100, EXPIRY = 2000000000, KEY_SIZE = 16 };

/* By rank: 'o' as the run wrote it, 'r' refilled with the same bytes, 'c' changed, '-' gone, 'f' ours until it is removed. */
static char held[KEYS + 1];
static unsigned remove_count, beat_count, failing_beat; /* 0: none fails */

static size_t rank_of(struct slice key)
{
    size_t rank = 0;
    for (size_t i = 1; i < key.size; i++) {
        rank = rank * 10 + (size_t)(key.bytes[i] - '0');
    }
    return rank;
}

int sink_look(struct sink *sink, enum sink_look_content content, struct sink_look looks[],
              size_t count, struct error *err)
{
    (void)sink, (void)err;
    assert_int_equal(content, SINK_LOOK_VALUE);
    for (size_t i = 0; i < count; i++) {
        char letter = held[rank_of(looks[i].key)];
        looks[i].is_present = letter != '-';
        looks[i].is_other_kind = false;
        looks[i].value = slice_of(letter == 'c' ? "else" : "value");
        looks[i].expire_unix_ms = (EXPIRY + (int64_t)(letter == 'r')) * MS_PER_SECOND;
    }
    return 0;
}

int sink_remove(struct sink *sink, struct sink_item items[], size_t count, struct error *err)
{
    (void)sink, (void)err;
    for (size_t i = 0; i < count; i++) {
        char *letter = &held[rank_of(items[i].key)];
        assert_true(*letter == 'o' || *letter == 'f');
        items[i].result = *letter == 'f' ? SINK_KEPT : SINK_DONE;
        *letter = *letter == 'f' ? 'c' : '-';
        remove_count++;
    }
    return 0;
}

static int beat(void *context, size_t key_count, struct error *err)
{
    (void)context;
    assert_true(key_count > 0);
    return ++beat_count == failing_beat ? error_set(err, ERROR_STOPPED, "stopped by hand") : 0;
}

/* Three intents of a hundred keys; all but the last one's are settled. */
static struct run_folder make_run(void **state)
{
    static struct journal_intent_key keys[KEYS_AN_INTENT];
    static struct journal_done_row rows[KEYS_AN_INTENT];
    static char names[KEYS_AN_INTENT][KEY_SIZE];
    struct run_folder folder = {.manifest = {.plan_digest = "plan", .target = "target"}};
    char path[RUN_PATH_SIZE];
    struct journal_survey survey = {0};
    struct journal_buffer buffer = {0};
    struct error err = {0};
    const struct journal_begin begin = {slice_of("plan"), slice_of("target")};
    struct value_digest digest = value_digest_of(slice_of("value"));
    snprintf(folder.path, sizeof folder.path, "%s", (const char *)*state);
    struct journal *journal =
        journal_open(run_folder_file(&folder, "journal", path), &begin, &survey, &err);
    assert_non_null(journal);
    for (uint64_t first = 1; first <= KEYS; first += KEYS_AN_INTENT) {
        for (uint64_t i = 0; i < KEYS_AN_INTENT; i++) {
            int size = snprintf(names[i], KEY_SIZE, "k%d", (int)(first + i));
            keys[i] = (struct journal_intent_key){.rank = first + i,
                                                  .key = {names[i], (size_t)size},
                                                  .digest_high = digest.high,
                                                  .digest_low = digest.low,
                                                  .expire_unix = EXPIRY};
            rows[i] = (struct journal_done_row){.rank = first + i, .outcome = OUTCOME_WARMED};
        }
        assert_int_equal(journal_encode_intent(&buffer, keys, KEYS_AN_INTENT, &err), 0);
        assert_int_equal(journal_append(journal, &buffer, &err), 0);
        const struct journal_done done = {.last_rank = first + KEYS_AN_INTENT - 1};
        if (done.last_rank < KEYS) {
            assert_int_equal(journal_encode_done(&buffer, &done, rows, KEYS_AN_INTENT, &err), 0);
            assert_int_equal(journal_append(journal, &buffer, &err), 0);
        }
    }
    journal_buffer_free(&buffer);
    journal_close(journal);
    journal_survey_free(&survey);
    memset(held, 'o', sizeof held);
    remove_count = beat_count = failing_beat = 0;
    return folder;
}

static int run(struct rollback_pass pass, struct rollback_verdicts *verdicts, struct error *err)
{
    *verdicts = (struct rollback_verdicts){0};
    *err = (struct error){0};
    pass.beat = beat;
    return rollback_pass_run(&pass, verdicts, err);
}

static void assert_counts(struct rollback_verdicts *verdicts, unsigned ours, unsigned rewritten,
                          unsigned gone)
{
    assert_int_equal(verdicts->counts[ROLLBACK_OURS], ours);
    assert_int_equal(verdicts->counts[ROLLBACK_REWRITTEN], rewritten);
    assert_int_equal(verdicts->counts[ROLLBACK_GONE], gone);
    rollback_verdicts_free(verdicts);
}

static void test_only_what_is_ours_goes(void **state)
{
    struct rollback_verdicts verdicts;
    struct error err;
    struct run_folder folder = make_run(state);
    held[1] = '-';
    held[2] = 'r';
    held[3] = 'c';
    held[4] = 'f';   /* the application is faster than the removal */
    held[250] = '-'; /* of an intent without a done: nobody knows whether it was ever there */
    assert_int_equal(run((struct rollback_pass){.folder = &folder}, &verdicts, &err), 0);
    assert_int_equal(verdicts.of_rank[1], ROLLBACK_GONE);
    assert_int_equal(verdicts.of_rank[4], ROLLBACK_REWRITTEN);
    assert_int_equal(verdicts.of_rank[5], ROLLBACK_OURS);
    assert_int_equal(verdicts.of_rank[250], ROLLBACK_NONE);
    assert_counts(&verdicts, KEYS - 5, 3, 1);
    assert_int_equal(held[2], 'r');
    assert_int_equal(held[5], '-');
}

static void test_a_dry_one_changes_nothing(void **state)
{
    struct rollback_verdicts verdicts;
    struct error err;
    struct run_folder folder = make_run(state);
    assert_int_equal(
        run((struct rollback_pass){.folder = &folder, .is_dry = true}, &verdicts, &err), 0);
    assert_counts(&verdicts, KEYS, 0, 0);
    assert_int_equal(remove_count, 0);
    assert_int_equal(run((struct rollback_pass){.folder = &folder}, &verdicts, &err), 0);
    assert_counts(&verdicts, KEYS, 0, 0); /* it was not taken for a beginning */
}

/* What the first attempt has removed is not what the application did. */
static void test_the_same_call_goes_on(void **state)
{
    struct rollback_verdicts verdicts;
    struct error err;
    struct run_folder folder = make_run(state);
    failing_beat = 2;
    assert_int_equal(run((struct rollback_pass){.folder = &folder}, &verdicts, &err), -1);
    assert_string_equal(err.text, "stopped by hand");
    assert_counts(&verdicts, KEYS_AN_INTENT, 0, 0);
    assert_int_equal(run((struct rollback_pass){.folder = &folder}, &verdicts, &err), 0);
    assert_counts(&verdicts, KEYS, 0, 0);
    assert_int_equal(remove_count, KEYS);
}

static void test_one_wave(void **state)
{
    struct rollback_verdicts verdicts;
    struct error err;
    struct run_folder folder = make_run(state);
    const struct rollback_pass wave = {.folder = &folder, .after_rank = 10, .until_rank = 110};
    assert_int_equal(run(wave, &verdicts, &err), 0);
    assert_counts(&verdicts, 100, 0, 0);
    assert_true(held[10] == 'o' && held[11] == '-' && held[110] == '-' && held[111] == 'o');
    assert_int_equal(run((struct rollback_pass){.folder = &folder}, &verdicts, &err), 0);
    assert_counts(&verdicts, KEYS, 0, 0); /* the wave's counted as ours */
}

static void test_another_plan(void **state)
{
    char path[RUN_PATH_SIZE], text[2 * RUN_PATH_SIZE];
    struct rollback_verdicts verdicts;
    struct error err;
    struct run_folder folder = make_run(state);
    snprintf(folder.manifest.plan_digest, sizeof folder.manifest.plan_digest, "other");
    assert_int_equal(run((struct rollback_pass){.folder = &folder}, &verdicts, &err), -1);
    snprintf(text, sizeof text, "%s belongs to another plan: leave --run out, or name a new folder",
             run_folder_file(&folder, "journal", path));
    assert_string_equal(err.text, text);
    assert_counts(&verdicts, 0, 0, 0);
    assert_int_equal(remove_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_what_is_ours_goes, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_a_dry_one_changes_nothing, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_the_same_call_goes_on, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_one_wave, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_another_plan, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
