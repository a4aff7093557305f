/* terminal_test.c - where lines are folded, and where they are not. */
#include "common/terminal.h"

#include "common/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void assert_folded(const char *text, size_t columns, const char *wanted)
{
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    terminal_fold(out, text, columns);
    fclose(out);
    assert_string_equal(got, wanted);
    free(got);
}

static void lines_are_folded_between_words(void **state)
{
    (void)state;
    assert_folded("short", 40, "short\n");
    assert_folded("", 40, "\n");
    assert_folded("a line of thirty-nine columns, which fit", 41,
                  "a line of thirty-nine columns, which fit\n");
    assert_folded("a line of thirty-nine columns, which fit", 40,
                  "a line of thirty-nine columns, which\n  fit\n");
    assert_folded("  an indented line that is too long for its terminal", 40,
                  "  an indented line that is too long for\n    its terminal\n");
    assert_folded("kept  as it is,  where it  fits,  and here  too", 40,
                  "kept  as it is,  where it  fits,  and\n  here  too\n");
    assert_folded("an /unbreakable/path/that/is/wider/than/the/terminal ends here", 40,
                  "an\n  /unbreakable/path/that/is/wider/than/the/terminal\n  ends here\n");
    assert_folded(
        "twice as many bytes: \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 fit, as they should", 50,
        "twice as many bytes: \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 fit, as they should\n");
}

static void lines_of_a_text_are_folded_by_themselves(void **state)
{
    (void)state;
    assert_folded("first\n  second, which is a little longer than forty\nthird\n", 40,
                  "first\n  second, which is a little longer than\n    forty\nthird\n");
}

static void commands_stay_whole(void **state)
{
    (void)state;
    assert_folded("nothing is known of it: call `redis-cli set key 0` first", 40,
                  "nothing is known of it: call\n  `redis-cli set key 0` first\n");
    assert_folded("call `a command that is wider than any line of this terminal`, then", 40,
                  "call `a command that is wider than any\n  line of this terminal`, then\n");
    assert_folded("a ` that nothing closes, in a line that is long", 40,
                  "a ` that nothing closes, in a line that\n  is long\n");
}

static void no_terminal_no_fold(void **state)
{
    (void)state;
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    struct message message = {.out = out, .verbosity = VERBOSITY_NORMAL};
    struct error err;
    assert_int_equal(terminal_columns(out), 0);
    assert_folded("a text as long as this one, which has more than eighty columns, in one line "
                  "of a file, for grep",
                  0,
                  "a text as long as this one, which has more than eighty columns, in one line "
                  "of a file, for grep\n");
    message_note(&message, "%0100d", 1);
    message_warn(&message, "%0100d", 1);
    error_set(&err, ERROR_INPUT, "%0100d", 1);
    message_error(out, "prog", &err);
    fflush(out);
    assert_int_equal(size, 3 * 101 + strlen("warning: ") + strlen("prog: "));
    fprintf(out, "%03000d", 1);
    message_warn(&message, "%03000d", 1);
    fclose(out);
    assert_int_equal(size, 3 * 101 + strlen("warning: ") * 2 + strlen("prog: ") + 6001);
    free(got);
}

static void lines_are_cut_between_characters(void **state)
{
    (void)state;
    assert_int_equal(terminal_fit("abc", 0), 3);
    assert_int_equal(terminal_fit("abc", 3), 3);
    assert_int_equal(terminal_fit("abc", 2), 2);
    assert_int_equal(terminal_fit("\xc3\xa4\xc3\xa4", 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_folded_between_words),
        cmocka_unit_test(lines_of_a_text_are_folded_by_themselves),
        cmocka_unit_test(commands_stay_whole),
        cmocka_unit_test(no_terminal_no_fold),
        cmocka_unit_test(lines_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
