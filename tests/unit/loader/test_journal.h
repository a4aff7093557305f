/* test_journal.h - writes intents and dones to a journal, and stands in for the sink that their keys are looked for in.
 * Room: tests. May touch: a journal in the test's folder. For one test program each. */
#ifndef REKINDLE_TESTS_TEST_JOURNAL_H
#define REKINDLE_TESTS_TEST_JOURNAL_H

#include "loader/folder/journal.h"
#include "loader/sink/sink.h"
#include "tests/unit/test_folder.h"

enum { TEST_KEY_SIZE = 16, TEST_BATCH_MAX = 6000 };

static char test_keys[TEST_BATCH_MAX][TEST_KEY_SIZE];
static struct journal_intent_key test_intents[TEST_BATCH_MAX];
static struct journal_done_row test_rows[TEST_BATCH_MAX];

/* In place of the sink: a key that ends in 7 is gone. */
int sink_look(struct sink *sink, enum sink_look_content content, struct sink_look looks[],
              size_t count, struct error *err)
{
    (void)sink;
    (void)err;
    assert_int_equal(content, SINK_LOOK_PRESENCE);
    for (size_t i = 0; i < count; i++) {
        looks[i].is_present = looks[i].key.bytes[looks[i].key.size - 1] != '7';
    }
    return 0;
}

/* A new journal in the test's folder; its path goes to `path` [TEST_PATH_SIZE * 2]. */
static inline struct journal *test_journal_open(void **state, char *path,
                                                struct journal_survey *survey)
{
    struct error err;
    const struct journal_begin begin = {slice_of("plan"), slice_of("target")};
    *survey = (struct journal_survey){0};
    snprintf(path, TEST_PATH_SIZE * 2, "%s/journal", (const char *)*state);
    struct journal *journal = journal_open(path, &begin, survey, &err);
    assert_non_null(journal);
    return journal;
}

static inline void append_intent(struct journal *journal, uint64_t from, size_t count)
{
    struct journal_buffer buffer = {0};
    struct error err;
    for (size_t i = 0; i < count; i++) {
        int size = snprintf(test_keys[i], TEST_KEY_SIZE, "k%d", (int)(from + i));
        test_intents[i] = (struct journal_intent_key){
            .rank = from + i, .key = {test_keys[i], (size_t)size}, .expire_unix = 2000000000};
    }
    assert_int_equal(journal_encode_intent(&buffer, test_intents, count, &err), 0);
    assert_int_equal(journal_append(journal, &buffer, &err), 0);
    journal_buffer_free(&buffer);
}

/* All were warmed, but every tenth has the outcome `tenth`. */
static inline void append_done_with(struct journal *journal, uint64_t from, size_t count,
                                    enum outcome tenth)
{
    struct journal_buffer buffer = {0};
    struct error err;
    const struct journal_done done = {.last_rank = from + count - 1};
    for (size_t i = 0; i < count; i++) {
        uint64_t rank = from + i;
        test_rows[i] = (struct journal_done_row){
            .rank = rank, .outcome = rank % 10 == 0 ? tenth : OUTCOME_WARMED};
    }
    assert_int_equal(journal_encode_done(&buffer, &done, test_rows, count, &err), 0);
    assert_int_equal(journal_append_soon(journal, &buffer, &err), 0);
    journal_buffer_free(&buffer);
}

#endif
