/* key_set_test.c - who is in a set, by list and by column, and what is refused. */
#include "common/key_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char folder[] = "/tmp/rekindle-key-set-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static int open_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    put("list.csv", "id,entity\nu1,user\np1,product\nboth,\nboth,\n");
    put("styles.csv", "id,parent,category\np1,a,toys\np2,a,toys\n'=p3,b,tools\n");
    put("none.csv", "name\nx\n");
    put("cuts.csv", "id;category;cut\np1;toys;20%\np2;Home & Garden;7,5\np3;a|b;30\np4;x;\n");
    put("odd.csv", "id,entity\nu1,shop\n");
    return 0;
}

static int close_folder(void **state)
{
    static const char *const names[] = {"list.csv", "styles.csv", "none.csv", "odd.csv",
                                        "cuts.csv"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return remove(folder);
}

static struct key_set *load(const char *words)
{
    struct error err;
    struct key_set *set = key_set_load(slice_of(words), folder, &err);
    if (set == NULL) {
        fail_msg("%s", err.text);
    }
    return set;
}

static bool has(const struct key_set *set, enum entity entity, const char *id)
{
    return key_set_has(set, entity, key_set_hash(slice_of(id)));
}

static void a_list_says_who(void **state)
{
    (void)state;
    struct key_set *set = load("list.csv");
    assert_true(has(set, ENTITY_USER, "u1") && !has(set, ENTITY_PRODUCT, "u1"));
    assert_true(has(set, ENTITY_PRODUCT, "p1") && !has(set, ENTITY_USER, "p1"));
    assert_true(has(set, ENTITY_USER, "both") && has(set, ENTITY_PRODUCT, "both"));
    assert_false(has(set, ENTITY_USER, "u2"));
    assert_int_equal(key_set_count(set, ENTITY_USER), 2);
    key_set_free(set);
    set = load("user=list.csv");
    assert_int_equal(key_set_count(set, ENTITY_USER), 2);
    assert_int_equal(key_set_count(set, ENTITY_PRODUCT), 0);
    key_set_free(set);
    key_set_free(NULL);
}

static void a_column_says_who(void **state)
{
    (void)state;
    struct key_set *set = load("product=styles.csv:category=toys");
    assert_true(has(set, ENTITY_PRODUCT, "p1") && has(set, ENTITY_PRODUCT, "p2"));
    assert_false(has(set, ENTITY_PRODUCT, "=p3") || has(set, ENTITY_USER, "p1"));
    key_set_free(set);
    set = load("styles.csv:category=tools");
    assert_true(has(set, ENTITY_PRODUCT, "=p3") && has(set, ENTITY_USER, "=p3"));
    key_set_free(set);
    set = load("styles.csv:category=none of them");
    assert_int_equal(key_set_count(set, ENTITY_PRODUCT), 0);
    key_set_free(set);
}

static void a_column_says_which_values(void **state)
{
    (void)state;
    struct key_set *set = load("product=cuts.csv:category=toys|Home & Garden");
    assert_true(has(set, ENTITY_PRODUCT, "p1") && has(set, ENTITY_PRODUCT, "p2"));
    assert_int_equal(key_set_count(set, ENTITY_PRODUCT), 2);
    key_set_free(set);
    set = load("product=cuts.csv:category=a|b");
    assert_true(has(set, ENTITY_PRODUCT, "p3") && key_set_count(set, ENTITY_PRODUCT) == 1);
    key_set_free(set);
    set = load("product=cuts.csv:cut>=20");
    assert_true(has(set, ENTITY_PRODUCT, "p1") && has(set, ENTITY_PRODUCT, "p3"));
    assert_int_equal(key_set_count(set, ENTITY_PRODUCT), 2);
    key_set_free(set);
    set = load("product=cuts.csv:cut<=7.5%");
    assert_true(has(set, ENTITY_PRODUCT, "p2") && key_set_count(set, ENTITY_PRODUCT) == 1);
    key_set_free(set);
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *words, *says;
    } cases[] = {
        {"", "'' names no file"},
        {"user=", "'' names no file"},
        {"styles.csv:=toys", "'styles.csv:=toys' is not FILE:COLUMN=VALUE"},
        {"styles.csv:cut>=many",
         "'styles.csv:cut>=many' is not FILE:COLUMN>=NUMBER, as price_cut>=20"},
        {"styles.csv:category>=3", "styles.csv:2: category: 'toys' is no number, and one is asked "
                                   "for; an empty cell is fine"},
        {"nowhere.csv", "nowhere.csv"},
        {"none.csv", "none.csv:1: the column 'id' is missing"},
        {"styles.csv:colour=red", "styles.csv:1: the column 'colour' is missing"},
        {"odd.csv", "odd.csv:2: entity is neither user nor product: 'shop'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        assert_null(key_set_load(slice_of(cases[i].words), folder, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("'%s': %s", cases[i].words, err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_says_who),
        cmocka_unit_test(a_column_says_who),
        cmocka_unit_test(a_column_says_which_values),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
