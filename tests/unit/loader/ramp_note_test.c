/* ramp_note_test.c - what a ramp has published is read as it was written; what is no note is passed over.
 * Room: tests. May touch: files in a folder of its own. */
#include "loader/folder/ramp_note.h"

#include "tests/unit/test_folder.h"

struct seen {
    struct ramp_note notes[4];
    size_t count;
};

static int take(void *context, const struct ramp_note *note, struct error *err)
{
    struct seen *seen = context;
    (void)err;
    assert_true(seen->count < sizeof seen->notes / sizeof *seen->notes);
    seen->notes[seen->count++] = *note;
    return 0;
}

static struct seen look(void **state)
{
    struct seen seen = {0};
    struct error err = {0};
    assert_int_equal(ramp_note_each(*state, take, &seen, &err), 0);
    return seen;
}

static void test_round_trip(void **state)
{
    struct error err = {0};
    struct ramp_note note = {
        .event = "a sale/../ = 50%", .share = 1250, .is_ended = true, .pid = 4711, .pid_start = 99};
    assert_int_equal(look(state).count, 0);
    assert_int_equal(ramp_note_save(*state, &note, &err), 0);
    struct seen seen = look(state);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.notes[0].event, note.event);
    assert_int_equal(seen.notes[0].share, 1250);
    assert_true(seen.notes[0].is_ended);
    assert_int_equal(seen.notes[0].pid, 4711);
    assert_int_equal(seen.notes[0].pid_start, 99);
    note.share = 0;
    note.is_ended = false;
    assert_int_equal(ramp_note_save(*state, &note, &err), 0);
    seen = look(state);
    assert_int_equal(seen.count, 1); /* the same event has one note */
    assert_int_equal(seen.notes[0].share, 0);
    assert_false(seen.notes[0].is_ended);
    ramp_note_remove(*state, &note);
    assert_int_equal(look(state).count, 0);
}

static void test_no_notes(void **state)
{
    static const char *const bad[] = {"",
                                      "event = e\n",
                                      "event = e\nshare = 10001\nended = 1\npid = 1\n",
                                      "event = e\nshare = -1\nended = 1\npid = 1\n",
                                      "event = e\nshare = x\nended = 1\npid = 1\n",
                                      "event = e\nshare = 5\npid = 1\n",
                                      "share = 5\nended = 1\npid = 1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_put_text(state, "ramp-0123456789abcdef", bad[i]);
        assert_int_equal(look(state).count, 0);
    }
    test_put_text(state, "other", "event = e\nshare = 5\nended = 1\npid = 1\n");
    assert_int_equal(look(state).count, 0);
}

static int refuse(void *context, const struct ramp_note *note, struct error *err)
{
    (void)context;
    return error_set(err, ERROR_BACKEND, "no %s", note->event);
}

static void test_visit_fails(void **state)
{
    struct error err = {0};
    struct ramp_note note = {.event = "sale"};
    assert_int_equal(ramp_note_save(*state, &note, &err), 0);
    assert_int_equal(ramp_note_each(*state, refuse, NULL, &err), -1);
    assert_string_equal(err.text, "no sale");
    assert_int_equal(ramp_note_each("/nowhere", refuse, NULL, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_no_notes, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_visit_fails, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
