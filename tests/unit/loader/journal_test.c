/* journal_test.c - a journal survives any torn last record, and no other damage.
 * Room: tests. */
#include "loader/folder/journal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEYS = 5, TEXT_SIZE = 64 };

static char folder[] = "/tmp/rekindle-journal.XXXXXX";
static char path[TEXT_SIZE];
static const struct journal_begin identity = {{"0123abcd", 8}, {"redis at x, database 0", 22}};

/* What a test wrote: the oracle is this array. */
static char texts[KEYS][TEXT_SIZE];
static struct journal_intent_key keys[KEYS];
static struct journal_done_row rows[KEYS];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/journal", folder);
    for (int i = 0; i < KEYS; i++) {
        snprintf(texts[i], sizeof texts[i], "user:%d:profile", i * i * 1000);
        keys[i] = (struct journal_intent_key){.rank = (uint64_t)(i * i + 1),
                                              .key = slice_of(texts[i]),
                                              .version = slice_of(i % 2 == 0 ? "" : "2026-11-11"),
                                              .digest_high = UINT64_MAX - (uint64_t)i,
                                              .digest_low = (uint64_t)i << 60,
                                              .expire_unix = 1800000000 - i * 100000};
        rows[i] = (struct journal_done_row){.rank = (uint64_t)(i * i + 1),
                                            .outcome = (enum outcome)(i % OUTCOME_COUNT),
                                            .bytes = (uint64_t)1 << (12 * i),
                                            .expire_unix = i % 2 == 0 ? 0 : INT64_MAX - i};
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static uint64_t file_size(void)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (uint64_t)status.st_size;
}

static struct journal *must_open(struct journal_survey *survey)
{
    struct error err = {0};
    struct journal *journal = journal_open(path, &identity, survey, &err);
    if (journal == NULL) {
        fail_msg("%s", err.text);
    }
    return journal;
}

static void append_intent(struct journal *journal, size_t count)
{
    struct error err = {0};
    struct journal_buffer buffer = {0};
    assert_int_equal(journal_encode_intent(&buffer, keys, count, &err), 0);
    assert_int_equal(journal_append(journal, &buffer, &err), 0);
    journal_buffer_free(&buffer);
}

static void append_done(struct journal *journal, size_t count)
{
    struct error err = {0};
    struct journal_buffer buffer = {0};
    struct journal_done done = {.last_rank = count > 0 ? rows[count - 1].rank : 0,
                                .at_unix = 1794355200,
                                .benefit_ms = 2.5};
    assert_int_equal(journal_encode_done(&buffer, &done, rows, count, &err), 0);
    assert_int_equal(journal_append(journal, &buffer, &err), 0);
    journal_buffer_free(&buffer);
}

static void assert_keys_equal(struct slice payload, size_t count)
{
    struct journal_reader reader;
    struct journal_intent_key key;
    assert_true(journal_decode_intent(payload, &reader));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(journal_next_key(&reader, &key), 1);
        assert_int_equal(key.rank, keys[i].rank);
        assert_true(slice_is_equal(key.key, keys[i].key));
        assert_true(slice_is_equal(key.version, keys[i].version));
        assert_int_equal(key.digest_high, keys[i].digest_high);
        assert_int_equal(key.digest_low, keys[i].digest_low);
        assert_int_equal(key.expire_unix, keys[i].expire_unix);
    }
    assert_int_equal(journal_next_key(&reader, &key), 0);
}

static void assert_rows_equal(struct slice payload, size_t count)
{
    struct journal_reader reader;
    struct journal_done done;
    struct journal_done_row row;
    assert_true(journal_decode_done(payload, &reader, &done));
    assert_int_equal(done.at_unix, 1794355200);
    assert_true(done.benefit_ms > 2.4 && done.benefit_ms < 2.6);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(journal_next_row(&reader, &row), 1);
        assert_int_equal(row.rank, rows[i].rank);
        assert_int_equal(row.outcome, rows[i].outcome);
        assert_int_equal(row.bytes, rows[i].bytes);
        assert_int_equal(row.expire_unix, rows[i].expire_unix);
    }
    assert_int_equal(journal_next_row(&reader, &row), 0);
}

static void test_what_goes_in_comes_out(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    struct slice payload;
    struct journal *journal = must_open(&survey);
    append_intent(journal, KEYS);
    append_done(journal, KEYS);
    journal_close(journal);
    journal_survey_free(&survey);

    assert_int_equal(journal_survey_read(path, &identity, &survey, &err), 0);
    assert_int_equal(survey.whole_size, file_size());
    assert_int_equal(survey.done_rank, rows[KEYS - 1].rank);
    assert_int_equal(outcome_tally_sum(&survey.tally), KEYS);
    assert_int_equal(survey.intent_count, 0);
    struct journal_cursor *cursor = journal_cursor_open(path, 0, survey.whole_size, &err);
    assert_non_null(cursor);
    assert_int_equal(journal_cursor_next(cursor, &payload, &err), 1);
    assert_int_equal(journal_kind_of(payload), JOURNAL_BEGIN);
    assert_int_equal(journal_cursor_next(cursor, &payload, &err), 1);
    assert_keys_equal(payload, KEYS);
    assert_int_equal(journal_cursor_next(cursor, &payload, &err), 1);
    assert_rows_equal(payload, KEYS);
    assert_int_equal(journal_cursor_next(cursor, &payload, &err), 0);
    journal_cursor_close(cursor);
    journal_survey_free(&survey);
}

/* An intent is settled by the done records that reach its last rank, in as many parts as it takes. */
static void test_intents_stay_open_until_covered(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    struct journal *journal = must_open(&survey);
    journal_survey_free(&survey);
    append_intent(journal, KEYS);
    append_intent(journal, 2);
    append_done(journal, 2);
    assert_int_equal(journal_survey_read(path, NULL, &survey, &err), 0);
    assert_int_equal(survey.intent_count, 1);
    assert_int_equal(survey.intents[0].last_rank, keys[KEYS - 1].rank);
    assert_int_equal(survey.done_rank, rows[1].rank);
    journal_survey_free(&survey);
    append_intent(journal, 3);
    append_intent(journal, KEYS);
    assert_int_equal(journal_survey_read(path, NULL, &survey, &err), 0);
    assert_int_equal(survey.intent_count, 3);
    journal_survey_free(&survey);
    journal_close(journal);
}

static void copy_start(const char *from, uint64_t size)
{
    char *bytes = malloc(size + 1);
    FILE *in = fopen(from, "rb"), *out = fopen(path, "wb");
    assert_non_null(bytes);
    assert_non_null(in);
    assert_non_null(out);
    assert_int_equal(fread(bytes, 1, size, in), size);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(in);
    fclose(out);
    free(bytes);
}

/* Cuts the file at every byte of its last record: it opens, holds what came before, and goes on. */
static void check_every_cut(const char *whole, uint64_t before, uint64_t after)
{
    for (uint64_t size = before; size < after; size++) {
        struct journal_survey survey;
        copy_start(whole, size);
        struct journal *journal = must_open(&survey);
        assert_int_equal(survey.whole_size, before);
        assert_int_equal(survey.torn_size, size - before);
        append_intent(journal, 1);
        journal_close(journal);
        journal_survey_free(&survey);
        struct error err = {0};
        assert_int_equal(journal_survey_read(path, &identity, &survey, &err), 0);
        assert_int_equal(survey.torn_size, 0);
        assert_true(survey.whole_size > before);
        journal_survey_free(&survey);
    }
}

static void test_truncated_at_every_byte(void **state)
{
    (void)state;
    char whole[TEXT_SIZE + 8];
    struct journal_survey survey;
    uint64_t sizes[5] = {0};
    struct journal *journal = must_open(&survey);
    journal_survey_free(&survey);
    sizes[1] = file_size();
    append_intent(journal, KEYS);
    sizes[2] = file_size();
    append_done(journal, KEYS);
    sizes[3] = file_size();
    journal_close(journal);
    snprintf(whole, sizeof whole, "%s.whole", path);
    assert_int_equal(rename(path, whole), 0);
    for (int i = 0; i < 3; i++) {
        check_every_cut(whole, sizes[i], sizes[i + 1]);
    }
    unlink(whole);
}

static void flip_byte(uint64_t at)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, (long)at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, (long)at, SEEK_SET);
    fputc(byte ^ 0x5a, file);
    fclose(file);
}

/* A flipped byte is refused wherever whole records follow; in the last record it is a torn tail. */
/* After a loss nothing counts as settled but what comes behind it, on every later reading too; the intent that was open
 * when it was noticed stays open until a done covers it. */
static void test_a_loss_makes_history_of_what_was_done(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey, again;
    struct journal *journal = must_open(&survey);
    append_intent(journal, 3);
    append_done(journal, 3);
    append_intent(journal, KEYS);
    journal_close(journal);
    journal_survey_free(&survey);

    journal = must_open(&survey);
    assert_int_equal(survey.done_rank, rows[2].rank);
    assert_int_equal(survey.lost_count, 0);
    assert_int_equal(journal_declare_lost(journal, &survey, 1794355200, &err), 0);
    assert_int_equal(journal_survey_read(path, NULL, &again, &err), 0);
    assert_int_equal(again.lost_count, 1);
    assert_int_equal(again.counts_from, file_size());
    assert_int_equal(survey.counts_from, again.counts_from);
    assert_int_equal(survey.whole_size, again.whole_size);
    assert_int_equal(survey.done_rank, 0);
    assert_int_equal(again.done_rank, 0);
    assert_int_equal(again.done_count, 0);
    assert_int_equal(outcome_tally_sum(&again.tally), 0);
    assert_int_equal(again.intent_count, 1);
    journal_survey_free(&again);

    append_done(journal, KEYS);
    journal_close(journal);
    journal_survey_free(&survey);
    assert_int_equal(journal_survey_read(path, NULL, &survey, &err), 0);
    assert_int_equal(survey.done_rank, rows[KEYS - 1].rank);
    assert_int_equal(outcome_tally_sum(&survey.tally), KEYS);
    assert_int_equal(survey.intent_count, 0);
    journal_survey_free(&survey);
}

static void test_a_rollback_is_remembered_until_all_begins_anew(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    struct journal_buffer buffer = {0};
    struct journal_reader reader;
    struct journal_verdict row;
    struct journal_rollback found, rollback = {.intent_offset = 77, .first = 512};
    const struct journal_verdict verdicts[] = {{3, ROLLBACK_OURS}, {9, ROLLBACK_GONE}};
    struct journal *journal = must_open(&survey);
    assert_false(survey.is_rolled_back);
    append_intent(journal, KEYS);
    append_done(journal, KEYS);
    assert_int_equal(journal_encode_rollback(&buffer, &rollback, verdicts, 2, &err), 0);
    struct slice payload = {(const char *)buffer.bytes + JOURNAL_FRAME_SIZE,
                            buffer.size - JOURNAL_FRAME_SIZE};
    assert_true(journal_decode_rollback(payload, &reader, &found));
    assert_int_equal(found.intent_offset, 77);
    assert_int_equal(found.first, 512);
    assert_int_equal(journal_next_verdict(&reader, &row), 1);
    assert_int_equal(row.rank, 3);
    assert_int_equal(row.verdict, ROLLBACK_OURS);
    assert_int_equal(journal_next_verdict(&reader, &row), 1);
    assert_int_equal(row.rank, 9);
    assert_int_equal(row.verdict, ROLLBACK_GONE);
    assert_int_equal(journal_next_verdict(&reader, &row), 0);
    assert_int_equal(journal_append(journal, &buffer, &err), 0);
    journal_buffer_free(&buffer);
    journal_close(journal);
    journal_survey_free(&survey);

    journal = must_open(&survey);
    assert_true(survey.is_rolled_back);
    assert_int_equal(survey.done_rank, rows[KEYS - 1].rank);
    assert_int_equal(journal_declare_lost(journal, &survey, 1794355200, &err), 0);
    assert_false(survey.is_rolled_back);
    journal_close(journal);
    journal_survey_free(&survey);
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    struct journal *journal = must_open(&survey);
    journal_survey_free(&survey);
    append_intent(journal, KEYS);
    uint64_t last = file_size();
    append_done(journal, KEYS);
    journal_close(journal);
    for (uint64_t at = 0; at < file_size(); at++) {
        flip_byte(at);
        int result = journal_survey_read(path, &identity, &survey, &err);
        assert_int_equal(result, at < last ? -1 : 0);
        assert_true(at < last || survey.torn_size > 0);
        journal_survey_free(&survey);
        flip_byte(at);
    }
    flip_byte(20);
    assert_int_equal(journal_survey_read(path, &identity, &survey, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s: damaged at byte 0, with whole records behind it; put back a copy of the file, or "
             "move the run's folder away to start a new run",
             path);
    assert_string_equal(err.text, expected);
    journal_survey_free(&survey);
}

/* Bytes under a right checksum that no version of this program wrote: said so, never read beyond the end. */
static void test_random_payloads(void **state)
{
    (void)state;
    enum { ROUNDS = 20000 };
    struct error err = {0};
    struct journal_buffer buffer = {0};
    unsigned random = 4711;
    assert_int_equal(journal_encode_intent(&buffer, keys, KEYS, &err), 0);
    size_t size = buffer.size - JOURNAL_FRAME_SIZE;
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1664525U + 1013904223U;
        size_t cut = size - random / 65536U % size;
        unsigned char *copy = malloc(cut);
        assert_non_null(copy);
        memcpy(copy, buffer.bytes + JOURNAL_FRAME_SIZE, cut);
        random = random * 1664525U + 1013904223U;
        copy[random / 65536U % cut] = (unsigned char)(random >> 8);
        copy[0] = (unsigned char)(JOURNAL_INTENT + round % 2);
        struct slice payload = {.bytes = (const char *)copy, .size = cut};
        struct journal_reader reader;
        struct journal_done done;
        struct journal_done_row row;
        struct journal_intent_key key;
        int more = journal_decode_intent(payload, &reader);
        while (more == 1 && (more = journal_next_key(&reader, &key)) == 1) {
            assert_true(key.key.size <= cut);
        }
        more = journal_decode_done(payload, &reader, &done);
        while (more == 1 && (more = journal_next_row(&reader, &row)) == 1) {
            assert_true(row.outcome < OUTCOME_COUNT);
        }
        free(copy);
    }
    journal_buffer_free(&buffer);
}

static void test_other_identity_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    struct journal_begin other = identity;
    journal_close(must_open(&survey));
    journal_survey_free(&survey);
    other.plan_digest = slice_of("ffff");
    assert_null(journal_open(path, &other, &survey, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "belongs to another plan"));
    journal_survey_free(&survey);
    other = identity;
    other.target = slice_of("redis at y, database 0");
    assert_null(journal_open(path, &other, &survey, &err));
    assert_non_null(strstr(err.text, "belongs to another target, redis at x, database 0"));
    journal_survey_free(&survey);
}

static void test_other_file_is_left_alone(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < 10000; i++) {
        fputs("not a journal", file);
    }
    fclose(file);
    assert_null(journal_open(path, &identity, &survey, &err));
    assert_non_null(strstr(err.text, "is not a journal"));
    assert_int_equal(file_size(), 130000);
    journal_survey_free(&survey);
}

/* A full disk: /dev/full takes no byte, and says so as ERROR_RESOURCE. */
static void test_full_disk(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_survey survey;
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    assert_null(journal_open("/dev/full", &identity, &survey, &err));
    assert_true(err.kind == ERROR_RESOURCE || err.kind == ERROR_BACKEND);
    journal_survey_free(&survey);
}

/* A disk that becomes full in the middle: whoever appends next, from whatever thread, hears the cause; what was written
 * before is whole. */
static void test_a_disk_that_becomes_full(void **state)
{
    (void)state;
    struct error err = {0}, again = {0};
    struct journal_survey survey;
    struct journal_buffer buffer = {0};
    struct rlimit before, full;
    struct stat status;
    struct journal *journal = journal_open(path, &identity, &survey, &err);
    assert_non_null(journal);
    journal_survey_free(&survey);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(journal_encode_intent(&buffer, keys, KEYS, &err), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = (struct rlimit){.rlim_cur = (rlim_t)status.st_size + 10, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    assert_int_equal(journal_append(journal, &buffer, &err), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(err.kind, ERROR_RESOURCE);
    assert_int_equal(journal_append_soon(journal, &buffer, &again), -1);
    assert_int_equal(again.kind, ERROR_RESOURCE);
    assert_string_equal(again.text, err.text);
    journal_close(journal);
    error_clear(&err);
    assert_int_equal(journal_survey_read(path, &identity, &survey, &err), 0);
    assert_int_equal(survey.whole_size, status.st_size);
    assert_int_equal(survey.torn_size, 0);
    journal_survey_free(&survey);
    journal_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_goes_in_comes_out, remove_file),
        cmocka_unit_test_teardown(test_intents_stay_open_until_covered, remove_file),
        cmocka_unit_test_teardown(test_truncated_at_every_byte, remove_file),
        cmocka_unit_test_teardown(test_a_loss_makes_history_of_what_was_done, remove_file),
        cmocka_unit_test_teardown(test_a_rollback_is_remembered_until_all_begins_anew, remove_file),
        cmocka_unit_test_teardown(test_damage_is_refused, remove_file),
        cmocka_unit_test(test_random_payloads),
        cmocka_unit_test_teardown(test_other_identity_is_refused, remove_file),
        cmocka_unit_test_teardown(test_other_file_is_left_alone, remove_file),
        cmocka_unit_test_teardown(test_full_disk, remove_file),
        cmocka_unit_test_teardown(test_a_disk_that_becomes_full, remove_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
