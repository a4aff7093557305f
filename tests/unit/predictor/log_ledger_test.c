/* log_ledger_test.c - logs are recognised by their beginnings, the longest first, and replaced when they grow. */
#include "predictor/history/log_ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LOG_SIZE = 9000 };

static struct log_mark mark_of(const char *bytes, size_t size)
{
    size_t head_size = size < LOG_HEAD_SIZE ? size : LOG_HEAD_SIZE;
    return (struct log_mark){.size = size,
                             .head_size = head_size,
                             .digest = log_digest_of(bytes, size),
                             .head = log_digest_of(bytes, head_size)};
}

static void put(struct log_ledger *ledger, const struct log_entry *replaced, const char *name,
                const char *bytes, size_t complete_size, size_t whole_size)
{
    struct error err;
    struct log_entry entry = {.name = slice_of(name),
                              .complete = mark_of(bytes, complete_size),
                              .whole = mark_of(bytes, whole_size)};
    assert_int_equal(log_ledger_put(ledger, replaced, &entry, &err), 0);
}

static void finds_by_head_longest_first(void **state)
{
    (void)state;
    struct log_ledger ledger = {0};
    char *log = malloc(LOG_SIZE);
    for (int i = 0; i < LOG_SIZE; i++) {
        log[i] = (char)(i * 7 % 253);
    }
    assert_null(log_ledger_next_candidate(&ledger, log, LOG_HEAD_SIZE, NULL));
    put(&ledger, NULL, "short", log, 100, 120);
    put(&ledger, NULL, "long", log, 8000, 8000);
    put(&ledger, NULL, "longest", log, 8500, 9000);
    put(&ledger, NULL, "other", log + 1, 8000, 8000);
    put(&ledger, NULL, "no newline yet", log, 0, 50);
    assert_int_equal(ledger.entry_count, 5);
    static const char *const expected[] = {"longest", "long", "short", "no newline yet"};
    const struct log_entry *candidate = NULL;
    for (size_t i = 0; i < 4; i++) {
        candidate = log_ledger_next_candidate(&ledger, log, LOG_HEAD_SIZE, candidate);
        assert_non_null(candidate);
        assert_true(slice_is_equal(candidate->name, slice_of(expected[i])));
    }
    assert_null(log_ledger_next_candidate(&ledger, log, LOG_HEAD_SIZE, candidate));
    candidate = log_ledger_next_candidate(&ledger, log, 110, NULL);
    assert_true(slice_is_equal(candidate->name, slice_of("short")));
    candidate = log_ledger_next_candidate(&ledger, log, 99, NULL);
    assert_true(slice_is_equal(candidate->name, slice_of("no newline yet")));
    assert_null(log_ledger_next_candidate(&ledger, log, 49, NULL));
    log_ledger_free(&ledger);
    free(log);
}

static void replaces(void **state)
{
    (void)state;
    struct log_ledger ledger = {0};
    const char *log = "a line\nanother line\nand one more\n";
    put(&ledger, NULL, "empty", log, 0, 0);
    assert_int_equal(ledger.entry_count, 0);
    put(&ledger, NULL, "first", log, 7, 9);
    put(&ledger, NULL, "renamed", log, 7, 9);
    assert_int_equal(ledger.entry_count, 1);
    assert_true(slice_is_equal(ledger.entries[0].name, slice_of("renamed")));
    put(&ledger, NULL, "stranger", log + 1, 10, 10);
    const struct log_entry *known = log_ledger_next_candidate(&ledger, log, 33, NULL);
    put(&ledger, known, "grown", log, 33, 33);
    assert_int_equal(ledger.entry_count, 2);
    assert_true(slice_is_equal(ledger.entries[0].name, slice_of("grown")));
    assert_true(slice_is_equal(ledger.entries[1].name, slice_of("stranger")));
    log_ledger_free(&ledger);
}

/* What was put may vanish afterwards; what is put may come from the ledger itself. */
static void keeps_copies(void **state)
{
    (void)state;
    struct log_ledger ledger = {0};
    struct error err;
    char name[] = "name", id[] = "u1";
    struct access_event tail = {.id = {id, 2}, .at_unix = 5};
    struct log_entry entry = {
        .name = {name, 4}, .whole = mark_of("ab", 2), .tail_events = &tail, .tail_event_count = 1};
    assert_int_equal(log_ledger_put(&ledger, NULL, &entry, &err), 0);
    name[0] = id[0] = 'x';
    struct log_entry again = ledger.entries[0];
    assert_int_equal(log_ledger_put(&ledger, &ledger.entries[0], &again, &err), 0);
    assert_int_equal(ledger.entry_count, 1);
    assert_true(slice_is_equal(ledger.entries[0].name, slice_of("name")));
    assert_true(slice_is_equal(ledger.entries[0].tail_events[0].id, slice_of("u1")));
    log_ledger_free(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_head_longest_first),
        cmocka_unit_test(replaces),
        cmocka_unit_test(keeps_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
