/* options_test.c - command lines in, values or one sentence out. */
#include "common/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct values {
    bool is_quiet;
    const char *out;
    uint64_t budget_bytes, top;
    int64_t age_second;
    double share, strength;
    struct option_list pins;
};

static const struct option_row common_rows[] = {
    {"quiet", OPTION_FLAG, offsetof(struct values, is_quiet), NULL, "say nothing"},
    {NULL, OPTION_FLAG, 0, NULL, NULL},
};

static const struct option_row rank_rows[] = {
    {"out", OPTION_TEXT, offsetof(struct values, out), "FILE", "where the plan goes"},
    {"budget", OPTION_BYTES_SOME, offsetof(struct values, budget_bytes), "BYTES",
     "memory for the plan"},
    {"top", OPTION_COUNT_SOME, offsetof(struct values, top), "N", "at most so many rows"},
    {"max-age", OPTION_DURATION_SECOND, offsetof(struct values, age_second), "TIME", "age"},
    {"share", OPTION_SHARE, offsetof(struct values, share), "SHARE", "share"},
    {"event-strength", OPTION_NUMBER, offsetof(struct values, strength), "X", "strength"},
    {"pins", OPTION_LIST, offsetof(struct values, pins), "FILE", "pins"},
    {NULL, OPTION_FLAG, 0, NULL, NULL},
};

static const struct command commands[] = {
    {"rank", "Ranks", {rank_rows, common_rows}, NULL, {"a", "b"}},
    {"ingest", "Reads", {common_rows}, "FILE...", {"a", "b"}},
    {NULL, NULL, {NULL}, NULL, {NULL, NULL}},
};

static const struct program program = {"prog", "Does things.", commands, {"x", "y"}, NULL};

static int parse(const char *line, struct values *values, struct command_line *found,
                 struct error *err)
{
    enum { WORDS_MAX = 32 };
    static char copy[512];
    static char *words[WORDS_MAX];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    words[count] = NULL;
    *values = (struct values){.top = 7};
    return options_parse(&program, count, words, values, found, err);
}

static void values_are_stored(void **state)
{
    (void)state;
    struct error err;
    struct values values;
    struct command_line line;
    assert_int_equal(parse("prog rank --out p.csv --budget=2GiB --max-age 2d --share 20% --pins a "
                           "--event-strength 1.3 --quiet --pins b",
                           &values, &line, &err),
                     0);
    assert_ptr_equal(line.command, &commands[0]);
    assert_string_equal(values.out, "p.csv");
    assert_true(values.budget_bytes == 2147483648u);
    assert_int_equal(values.top, 7);
    assert_int_equal(values.age_second, 172800);
    assert_true(values.is_quiet);
    assert_int_equal(values.pins.count, 2);
    assert_string_equal(values.pins.values[1], "b");
    assert_int_equal(parse("prog ingest one --quiet two -", &values, &line, &err), 0);
    assert_int_equal(line.argument_count, 3);
    assert_string_equal(line.arguments[2], "-");
}

static void bad_lines_are_one_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"prog", "which command? see prog --help"},
        {"prog rnak", "there is no command 'rnak'; did you mean rank?"},
        {"prog help rnak", "there is no command 'rnak'; did you mean rank?"},
        {"prog ing", "there is no command 'ing'; did you mean ingest?"},
        {"prog warm-up", "there is no command 'warm-up'; see prog --help"},
        {"prog rank --budgit 3", "there is no option --budgit; did you mean --budget?"},
        {"prog rank --zzzzzzz", "there is no option --zzzzzzz; see prog rank --help"},
        {"prog rank -x", "'-x' is not an option; see prog rank --help"},
        {"prog rank --quiet=3", "--quiet takes no value"},
        {"prog rank --out", "--out needs a value: --out FILE"},
        {"prog rank --budget much", "--budget: 'much' is not a size; write 512, 64KiB or 2GiB"},
        {"prog rank --top 0", "--top: 0 is too little; give 1 or more, or leave the option out"},
        {"prog rank --budget 0",
         "--budget: 0 is too little; give 1 or more, or leave the option out"},
        {"prog rank p.csv", "rank takes no 'p.csv'; see prog rank --help"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct values values;
        struct command_line line;
        assert_int_equal(parse(cases[i].line, &values, &line, &err), -1);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(err.kind, ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_stored),
        cmocka_unit_test(bad_lines_are_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
