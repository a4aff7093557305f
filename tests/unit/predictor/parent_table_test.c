/* parent_table_test.c - attributes from a CSV, and each way it can be wrong. */
#include "predictor/forecast/parent_table.h"

#include "tests/unit/test_folder.h"

static uint32_t parent_of(const struct parent_table *table, const char *id)
{
    return parent_table_find(table, parent_table_hash(slice_of(id)));
}

static void parents_are_found(void **state)
{
    struct error err;
    const char *path =
        test_put_text(state, "a.csv",
                      "\xef\xbb\xbfparent,colour,id\r\nG1,red,\"A \"\"1\"\"\"\r\nG2,blue,B\r\n"
                      "G1,,C\r\n,red,D\r\nG2,green,E\r\nG1,x,B");
    struct parent_table *table = parent_table_load(path, &err);
    assert_non_null(table);
    assert_int_equal(parent_table_count(table), 2);
    assert_int_equal(parent_of(table, "A \"1\""), 0);
    assert_int_equal(parent_of(table, "B"), 0); /* the last row counts */
    assert_int_equal(parent_of(table, "C"), 0);
    assert_int_equal(parent_of(table, "E"), 1);
    assert_true(parent_of(table, "D") == PARENT_NONE);
    assert_true(parent_of(table, "b") == PARENT_NONE);
    parent_table_free(table);
    assert_true(parent_table_find(NULL, 1) == PARENT_NONE);
    parent_table_free(NULL);
}

static void many_ids_are_kept_apart(void **state)
{
    enum { IDS = 5000 };
    struct error err;
    char *text = malloc(IDS * 32);
    size_t size = (size_t)sprintf(text, "id,parent\n");
    for (int i = 0; i < IDS; i++) {
        size += (size_t)sprintf(text + size, "P%d,G%d\n", i, i % 700);
    }
    struct parent_table *table = parent_table_load(test_put_text(state, "a.csv", text), &err);
    free(text);
    assert_non_null(table);
    assert_int_equal(parent_table_count(table), 700);
    for (int i = 0; i < IDS; i++) {
        char id[16];
        snprintf(id, sizeof id, "P%d", i);
        assert_int_equal(parent_of(table, id), i % 700);
    }
    parent_table_free(table);
}

static void bad_tables_are_explained(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "a.csv is empty"},
        {"parent,x\nG,1\n", "a.csv:1: the header has no column id"},
        {"id,x\nG,1\n", "a.csv:1: the header has no column parent"},
        {"id,parent\nA,G\n,G\n", "a.csv:3: the row has no id"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(parent_table_load(test_put_text(state, "a.csv", cases[i].text), &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(strstr(err.text, "a.csv"), cases[i].message);
    }
    assert_null(parent_table_load(test_path(state, "absent.csv"), &err));
    assert_non_null(strstr(err.text, "absent.csv: No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parents_are_found, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(many_ids_are_kept_apart, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(bad_tables_are_explained, test_folder_make,
                                        test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
