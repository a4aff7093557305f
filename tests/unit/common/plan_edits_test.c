/* plan_edits_test.c - what may be written over, and what is somebody's work. */
#include "common/plan_edits.h"

#include "common/plan_columns.h"
#include "common/plan_sum.h"
#include "common/plan_writer.h"

#include "tests/unit/test_folder.h"

#define WAY_OUT "give another --out, or --replace to write over it"

static struct plan_row example_row(uint64_t rank, const char *id)
{
    return (struct plan_row){
        .rank = rank,
        .id = slice_of(id),
        .family = slice_of("profile"),
        .key = slice_of(id),
        .reason = slice_of("quiet"),
        .window_end_unix = 1794614400, /* long ago when somebody plans anew */
    };
}

/* A plan of the ids 1, 2, ... `count`, with its sum; its path. */
static const char *write_plan(void **state, uint64_t count)
{
    struct error err;
    const char *path = test_path(state, "plan.csv");
    struct plan_writer *writer = plan_writer_open(path, &err);
    assert_non_null(writer);
    for (uint64_t rank = 1; rank <= count; rank++) {
        char id[32];
        snprintf(id, sizeof id, "%d", (int)rank);
        struct plan_row row = example_row(rank, id);
        assert_int_equal(plan_writer_append(writer, &row, &err), 0);
    }
    assert_int_equal(plan_writer_close(writer, &err), 0);
    return path;
}

/* The file with `from` replaced by `to`, wherever it stands. */
static void edit(const char *path, const char *from, const char *to)
{
    char text[4096], edited[4096] = "";
    FILE *file = fopen(path, "r+");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_non_null(strstr(text, from));
    const char *rest = text;
    for (const char *found; (found = strstr(rest, from)) != NULL; rest = found + strlen(from)) {
        strncat(edited, rest, (size_t)(found - rest));
        strcat(edited, to);
    }
    strcat(edited, rest);
    rewind(file);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    fputs(edited, file);
    fclose(file);
}

/* "" when it may be replaced, else the sentence behind the folder's name. */
static const char *verdict(const char *path)
{
    static char text[ERROR_TEXT_SIZE];
    struct error err;
    error_clear(&err);
    if (plan_edits_check(path, &err) == 0) {
        return "";
    }
    assert_int_equal(err.kind, ERROR_INPUT);
    const char *folder = strstr(err.text, "rekindle-test-");
    snprintf(text, sizeof text, "%s", strchr(folder, '/') + 1);
    return text;
}

static void what_rank_wrote_may_be_replaced(void **state)
{
    assert_string_equal(verdict(write_plan(state, 3)), "");
    assert_string_equal(verdict(write_plan(state, 0)), "");
    const char *path = write_plan(state, 3);
    edit(path, ",quiet,", ",a remark that no loader reads,");
    edit(path, "\n", "\r\n");
    edit(path, ",", ";");
    assert_string_equal(verdict(path), "");
}

static void nothing_there_may_be_replaced(void **state)
{
    struct error err;
    assert_string_equal(verdict(test_path(state, "none.csv")), "");
    assert_string_equal(verdict(test_put_text(state, "empty.csv", "")), "");
    assert_int_equal(plan_edits_check("-", &err), 0);
    assert_int_equal(plan_edits_check("/dev/null", &err), 0);
}

static void edited_plans_are_kept(void **state)
{
    static const char *const edits[][2] = {
        {"user,2,profile,2,warm", "user,2,profile,2,skip"},
        {"2,user,2,profile", "7,user,2,profile"},
        {"3,user,3,profile,3", "3,user,4,profile,4"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const char *path = write_plan(state, 3);
        edit(path, edits[i][0], edits[i][1]);
        assert_string_equal(
            verdict(path),
            "plan.csv was edited after rank wrote it: actions or rows are others; " WAY_OUT);
    }
}

static void what_is_no_plan_any_more_is_kept(void **state)
{
    const char *path = write_plan(state, 3);
    edit(path, "2,profile,2,warm", "2,profile,2,perhaps");
    assert_string_equal(verdict(path),
                        "plan.csv:3: action is neither warm nor skip: 'perhaps'; so it is not as "
                        "rank wrote it: " WAY_OUT);
}

static void rows_that_are_gone_are_counted(void **state)
{
    write_plan(state, 3);
    edit(test_path(state, "plan.csv.sum"), "3,", "4,");
    assert_string_equal(
        verdict(test_path(state, "plan.csv")),
        "plan.csv was edited after rank wrote it: it has 3 rows and had 4; " WAY_OUT);
}

static void a_column_of_the_reviewers_is_kept(void **state)
{
    const char *path = write_plan(state, 1);
    edit(path, ",as_of\n", ",as_of,remark\n");
    edit(path, "Z\n", "Z,ask Ann\n");
    assert_string_equal(verdict(path), "plan.csv was edited after rank wrote it: somebody added "
                                       "the column 'remark'; " WAY_OUT);
    edit(path, ",as_of,remark\n", ",as_of,\n");
    edit(path, ",ask Ann", ",");
    assert_string_equal(verdict(path), "");
}

static void without_its_sum_nobody_can_tell(void **state)
{
    write_plan(state, 1);
    assert_int_equal(unlink(test_path(state, "plan.csv.sum")), 0);
    assert_string_equal(verdict(test_path(state, "plan.csv")),
                        "plan.csv is there already, and without its .sum nobody can tell whether "
                        "it was edited; " WAY_OUT);
    test_put_text(state, "plan.csv.sum", "nothing\n1\n");
    assert_string_equal(verdict(test_path(state, "plan.csv")),
                        "plan.csv.sum does not tell the number of rows; make a new plan, or remove "
                        "this file; or " WAY_OUT);
}

static void sums_are_read_as_they_are_written(void **state)
{
    struct error err;
    struct plan_sum sum;
    write_plan(state, 2);
    assert_int_equal(plan_sum_read(test_path(state, "plan.csv.sum"), &sum, &err), 0);
    assert_int_equal(sum.row_count, 2);
    assert_int_equal(strlen(sum.digest), PLAN_DIGEST_TEXT_SIZE - 1);
    assert_int_equal(plan_sum_read(test_put_text(state, "plan.csv.sum", "rows\n5\n"), &sum, &err),
                     0);
    assert_string_equal(sum.digest, "");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, test_folder_make, test_folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(what_rank_wrote_may_be_replaced), CASE(nothing_there_may_be_replaced),
        CASE(edited_plans_are_kept),           CASE(what_is_no_plan_any_more_is_kept),
        CASE(rows_that_are_gone_are_counted),  CASE(a_column_of_the_reviewers_is_kept),
        CASE(without_its_sum_nobody_can_tell), CASE(sums_are_read_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
