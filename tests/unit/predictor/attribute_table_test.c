/* attribute_table_test.c - attributes from a CSV, what they make groups of, and each way they can be wrong. */
#include "predictor/forecast/attribute_table.h"

#include "tests/unit/test_folder.h"

#include <stdlib.h>

static uint32_t row_of(const struct attribute_table *table, const char *id)
{
    return attribute_table_find(table, attribute_table_hash(slice_of(id)));
}

static uint32_t parent_of(const struct attribute_table *table, const char *id)
{
    return attribute_table_parent(table, row_of(table, id));
}

/* The group of an id by one grouping, in words. */
static const char *group_of(const struct attribute_table *table, size_t grouping, const char *id)
{
    static char text[ATTRIBUTE_TEXT_SIZE];
    return attribute_table_print(table, grouping,
                                 attribute_table_level(table, grouping, row_of(table, id)), text);
}

static struct attribute_table *load(void **state, const char *text)
{
    struct error err;
    struct attribute_table *table = attribute_table_load(test_put_text(state, "a.csv", text), &err);
    assert_non_null(table);
    return table;
}

static void parents_are_found(void **state)
{
    struct attribute_table *table =
        load(state, "\xef\xbb\xbfparent,colour,id\r\nG1,red,\"A \"\"1\"\"\"\r\nG2,blue,B\r\n"
                    "G1,,C\r\n,red,D\r\nG2,green,E\r\nG1,x,B");
    assert_int_equal(attribute_table_parent_count(table), 2);
    assert_int_equal(parent_of(table, "A \"1\""), 0);
    assert_int_equal(parent_of(table, "B"), 0); /* the last row counts */
    assert_int_equal(parent_of(table, "C"), 0);
    assert_int_equal(parent_of(table, "E"), 1);
    assert_true(parent_of(table, "D") == PARENT_NONE);
    assert_true(parent_of(table, "b") == PARENT_NONE);
    attribute_table_free(table);
    assert_true(attribute_table_find(NULL, 1) == ATTRIBUTE_ROW_NONE);
    assert_true(attribute_table_parent(NULL, 0) == PARENT_NONE);
    attribute_table_free(NULL);
}

static void many_ids_are_kept_apart(void **state)
{
    enum { IDS = 5000 };
    char *text = malloc(IDS * 40);
    size_t size = (size_t)sprintf(text, "id,parent,price\n");
    for (int i = 0; i < IDS; i++) {
        size += (size_t)sprintf(text + size, "P%d,G%d,%d.5\n", i, i % 700, i);
    }
    struct attribute_table *table = load(state, text);
    free(text);
    assert_int_equal(attribute_table_parent_count(table), 700);
    for (int i = 0; i < IDS; i++) {
        char id[16];
        snprintf(id, sizeof id, "P%d", i);
        assert_int_equal(parent_of(table, id), i % 700);
        assert_int_equal(attribute_table_level(table, 0, row_of(table, id)), i / 500 + 1);
    }
    assert_string_equal(group_of(table, 0, "P777"), "price 500.5 to 999.5");
    attribute_table_free(table);
}

/* Six keys of two categories, with and without, known and unknown. */
static void groups_are_named(void **state)
{
    struct attribute_table *table =
        load(state, "id;category;size;note\nA;shoes;1;u\nB;shoes;2;v\nC;shirts;1;w\nD;shirts;1;x\n"
                    "E;shoes;2;y\nF;;1;z\nG;shoes;;a\nH;shirts;2;b\n");
    assert_int_equal(attribute_table_grouping_count(table), 2);
    assert_string_equal(attribute_table_name(table, 0), "category");
    assert_int_equal(attribute_table_level_count(table, 0), 2);
    assert_string_equal(group_of(table, 0, "B"), "category shoes");
    assert_string_equal(group_of(table, 0, "D"), "category shirts");
    assert_string_equal(group_of(table, 0, "F"), "");
    assert_string_equal(group_of(table, 0, "unknown"), "");
    assert_string_equal(group_of(table, 1, "B"), "size 2");
    assert_true(parent_of(table, "A") == PARENT_NONE);
    assert_string_equal(attribute_table_note(table, 0),
                        "the column 'note' is left out: hardly two of its values are alike");
    assert_null(attribute_table_note(table, 1));
    attribute_table_free(table);
}

/* Numbers, by decimal comma and with per cent signs: names while they are few, ranges when they are many. */
static void numbers_make_ranges(void **state)
{
    char text[8192] = "id;cut;brand\n";
    for (int i = 0; i < 200; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%d;%d,5%%;%d\n", i, i % 40, i % 5);
    }
    struct attribute_table *table = load(state, text);
    assert_int_equal(attribute_table_grouping_count(table), 3);
    assert_int_equal(attribute_table_level_count(table, 0), 40); /* 5 of each: names, too */
    assert_int_equal(attribute_table_level_count(table, 1), ATTRIBUTE_RANGES);
    assert_string_equal(group_of(table, 1, "3"), "cut 0.5 to 3.5");
    assert_string_equal(group_of(table, 1, "39"), "cut 36.5 to 39.5");
    assert_int_equal(attribute_table_level_count(table, 2), 5); /* few: no ranges */
    attribute_table_free(table);
}

/* Half of a column is one number: the ranges are fewer, and each holds what it says. */
static void ties_stay_together(void **state)
{
    char text[8192] = "id,cut\n";
    for (int i = 0; i < 200; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%d,%d\n", i, i < 100 ? 0 : i);
    }
    struct attribute_table *table = load(state, text);
    assert_int_equal(attribute_table_grouping_count(table), 1);
    assert_int_equal(attribute_table_level_count(table, 0), 6);
    assert_string_equal(group_of(table, 0, "7"), "cut 0 to 0");
    assert_string_equal(group_of(table, 0, "100"), "cut 100 to 119");
    attribute_table_free(table);
}

static void what_cannot_group_is_said(void **state)
{
    char *text = malloc(4000000);
    size_t size = (size_t)sprintf(text, "id,word,same\n");
    for (int i = 0; i < 2 * (ATTRIBUTE_LEVELS_MAX + 2); i++) {
        size += (size_t)sprintf(text + size, "%d,w%d,x\n", i, i / 2);
    }
    struct attribute_table *table = load(state, text);
    free(text);
    assert_int_equal(attribute_table_grouping_count(table), 0);
    assert_string_equal(attribute_table_note(table, 0),
                        "the column 'word' is left out: it has too many different values");
    assert_string_equal(attribute_table_note(table, 1),
                        "the column 'same' is left out: all of its values are alike");
    attribute_table_free(table);
    table = load(state, "id,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,one too many,x\n");
    assert_string_equal(attribute_table_note(table, 0),
                        "the column 'one too many' and those right of it are left out: up to 16 "
                        "are used beside id and parent");
    attribute_table_free(table);
}

static void bad_tables_are_explained(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "a.csv is empty: it has no header"},
        {"parent,x\nG,1\n", "a.csv:1: the header has no column id"},
        {"id\nG\n", "a.csv:1: the header has no column beside id, as parent or category"},
        {"id,parent\nA,G\n,G\n", "a.csv:3: id: an id has 1 to 512 bytes, this one 0"},
        {"id,colour\nA,red\nB,red,blue\n", "a.csv:3: the record has 3 cells, the header 2"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(attribute_table_load(test_put_text(state, "a.csv", cases[i].text), &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(strstr(err.text, "a.csv"), cases[i].message);
    }
    assert_null(attribute_table_load(test_path(state, "absent.csv"), &err));
    assert_non_null(strstr(err.text, "absent.csv: No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)
        TEST(parents_are_found),        TEST(many_ids_are_kept_apart),
        TEST(groups_are_named),         TEST(numbers_make_ranges),
        TEST(ties_stay_together),       TEST(what_cannot_group_is_said),
        TEST(bad_tables_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
