/* key_list_test.c - lists of pins and exclusions as people write them. */
#include "predictor/rank/key_list.h"

#include "tests/unit/test_folder.h"

static struct key_list *load(void **state, const char *text)
{
    struct error err;
    struct key_list *list = key_list_new(&err);
    if (key_list_load(list, test_put_text(state, "pins.csv", text), &err) != 0) {
        fail_msg("%s", err.text);
    }
    return list;
}

static void keys_are_found(void **state)
{
    char text[200];
    struct key_list *list =
        load(state, "\xef\xbb\xbf"
                    "entity;id;why\r\nuser;a;\r\nproduct;b;vip\r\n;c;\r\nuser;'=d;\r\nuser;a;\r\n");
    assert_int_equal(key_list_count(list), 4);
    assert_int_equal(key_list_print_missing(list, text, sizeof text), 4);
    assert_string_equal(text, "a, b, c, =d");
    assert_true(key_list_find(list, ENTITY_USER, slice_of("a")));
    assert_false(key_list_find(list, ENTITY_PRODUCT, slice_of("a")));
    assert_false(key_list_find(list, ENTITY_USER, slice_of("b")));
    assert_true(key_list_find(list, ENTITY_PRODUCT, slice_of("c")));
    assert_true(key_list_find(list, ENTITY_USER, slice_of("c")));
    assert_true(key_list_find(list, ENTITY_USER, slice_of("=d")));
    assert_false(key_list_find(list, ENTITY_USER, slice_of("e")));
    assert_int_equal(key_list_print_missing(list, text, sizeof text), 1);
    assert_string_equal(text, "b");
    key_list_free(list);
}

static void ids_alone_mean_both(void **state)
{
    struct error err;
    struct key_list *list = load(state, "id\n1\n\"2,3\"\n");
    assert_int_equal(key_list_load(list, test_put_text(state, "more.csv", "id\n4\n1\n"), &err), 0);
    assert_int_equal(key_list_count(list), 3);
    assert_true(key_list_find(list, ENTITY_PRODUCT, slice_of("2,3")));
    assert_true(key_list_find(list, ENTITY_USER, slice_of("4")));
    key_list_free(list);
    key_list_free(NULL);
}

static void many_keys_are_found(void **state)
{
    enum { KEYS = 20000 };
    struct error err;
    char id[16], text[64];
    FILE *file = fopen(test_path(state, "pins.csv"), "w");
    fputs("id\n", file);
    for (int i = 0; i < KEYS; i++) {
        fprintf(file, "u%d\n", i);
    }
    fclose(file);
    struct key_list *list = key_list_new(&err);
    assert_false(key_list_find(list, ENTITY_USER, slice_of("u1")));
    assert_int_equal(key_list_load(list, test_path(state, "pins.csv"), &err), 0);
    assert_int_equal(key_list_print_missing(list, text, sizeof text), KEYS);
    assert_string_equal(text, "u0, u1, u2, u3, u4, ...");
    assert_int_equal(key_list_print_missing(list, text, 7), KEYS);
    assert_string_equal(text, "u0, u1");
    for (int i = 0; i < KEYS; i++) {
        snprintf(id, sizeof id, "u%d", i);
        assert_true(key_list_find(list, ENTITY_USER, slice_of(id)));
    }
    assert_false(key_list_find(list, ENTITY_USER, slice_of("u")));
    assert_int_equal(key_list_print_missing(list, text, sizeof text), 0);
    assert_string_equal(text, "");
    key_list_free(list);
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"u1\nu2\n",
         "pins.csv:1: the column 'id' is missing; a list of keys has the header id or entity,id"},
        {"entity,id\nusr,1\n", "pins.csv:2: entity is neither user nor product: 'usr'"},
        {"entity,id\nuser,\n", "pins.csv:2: an id has 1 to 512 bytes, this one 0"},
        {"", "pins.csv is empty: it has no header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct key_list *list = key_list_new(&err);
        assert_int_equal(key_list_load(list, test_put_text(state, "pins.csv", cases[i].text), &err),
                         -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(strchr(strstr(err.text, "rekindle-test-"), '/') + 1, cases[i].expected);
        key_list_free(list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found),
        cmocka_unit_test(ids_alone_mean_both),
        cmocka_unit_test(many_keys_are_found),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
