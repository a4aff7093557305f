/* progress_test.c - what is printed, and that silence is silent. */
#include "common/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *text;
static size_t size;

static struct progress start(FILE *out, double seconds_ago)
{
    struct progress progress;
    progress_init(&progress, out, "load", "keys", PROGRESS_COUNT, 1000000);
    progress.started -= seconds_ago;
    progress.printed -= seconds_ago;
    return progress;
}

static void a_line_has_rate_and_time_left(void **state)
{
    (void)state;
    FILE *out = open_memstream(&text, &size);
    struct progress progress = start(out, 100);
    progress_update(&progress, 250000, "waiting: replica lag");
    fclose(out);
    assert_string_equal(text, "load: 250k of 1.0M keys (25%), 2500/s, 5 min 00 s left; "
                              "waiting: replica lag\n");
    free(text);
}

static void plain_lines_are_rare(void **state)
{
    (void)state;
    FILE *out = open_memstream(&text, &size);
    struct progress progress = start(out, 10);
    progress_update(&progress, 1, NULL);
    progress_clear(&progress);
    fclose(out);
    assert_string_equal(text, "");
    free(text);
}

static void a_terminal_line_is_rewritten_and_wiped(void **state)
{
    (void)state;
    FILE *out = open_memstream(&text, &size);
    struct progress progress = start(out, 10);
    progress.is_terminal = true;
    progress_update(&progress, 500000, NULL);
    progress_clear(&progress);
    progress_clear(&progress);
    fclose(out);
    assert_string_equal(text,
                        "\r\033[Kload: 500k of 1.0M keys (50%), 50.0k/s, 10.0 s left\r\033[K");
    free(text);
}

static void quiet_is_quiet(void **state)
{
    (void)state;
    struct progress progress = start(NULL, 100);
    progress_update(&progress, 1, NULL);
    progress_clear(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_rate_and_time_left),
        cmocka_unit_test(plain_lines_are_rare),
        cmocka_unit_test(a_terminal_line_is_rewritten_and_wiped),
        cmocka_unit_test(quiet_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
