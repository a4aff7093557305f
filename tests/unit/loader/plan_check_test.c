/* plan_check_test.c - a row that does not mean what the config says is refused with line and both values.
 * Room: tests. */
#include "loader/rules/plan_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/config.h"
#include "common/plan_row.h"

static struct family families[2];
static struct config config = {.path = "rekindle.conf", .families = families, .family_count = 2};

static int set_up(void **state)
{
    (void)state;
    struct error err = {0};
    families[0] = (struct family){.name = "profile", .entity = ENTITY_USER};
    families[1] = (struct family){.name = "page", .entity = ENTITY_PRODUCT};
    return key_template_parse("user:{id}:p", &families[0].key, &err) == 0 &&
                   key_template_parse("{p:{id}}", &families[1].key, &err) == 0
               ? 0
               : -1;
}

static struct plan_row row_of(const char *family, enum entity entity, const char *id,
                              const char *key)
{
    return (struct plan_row){.rank = 1,
                             .entity = entity,
                             .family = slice_of(family),
                             .id = slice_of(id),
                             .key = slice_of(key)};
}

static void test_verdicts(void **state)
{
    (void)state;
    char long_id[KEY_SIZE_MAX + 1];
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    static const struct {
        const char *family;
        enum entity entity;
        const char *id, *key, *expected; /* NULL: fine */
        size_t family_index;
    } rows[] = {
        {"profile", ENTITY_USER, "0012", "user:0012:p", NULL, 0},
        {"page", ENTITY_PRODUCT, "85123A", "{p:85123A}", NULL, 1},
        {"profile", ENTITY_USER, "0012", "user:12:p",
         "plan.csv:7: the key is 'user:12:p', but family profile makes 'user:0012:p' of id "
         "'0012'; was the plan edited, did a spreadsheet take the id for a number (import "
         "that column as text), or was it made with another config?",
         0},
        {"page", ENTITY_PRODUCT, "85123a", "{p:85123A}",
         "plan.csv:7: the key is '{p:85123A}', but family page makes '{p:85123a}' of id '85123a'; "
         "was the plan edited, did a spreadsheet take the id for a number (import "
         "that column as text), or was it made with another config?",
         0},
        {"profile", ENTITY_USER, "12", "user:12:p ",
         "plan.csv:7: the key is 'user:12:p ', but family profile makes 'user:12:p' of id '12'; "
         "was the plan edited, did a spreadsheet take the id for a number (import "
         "that column as text), or was it made with another config?",
         0},
        {"profiles", ENTITY_USER, "12", "user:12:p",
         "plan.csv:7: family 'profiles' has no section [family profiles] in rekindle.conf; "
         "did you mean profile?",
         0},
        {"page", ENTITY_USER, "12", "{p:12}",
         "plan.csv:7: the row is of a user, but family page is of the entity product", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        size_t family_index = 99;
        struct plan_row row = row_of(rows[i].family, rows[i].entity, rows[i].id, rows[i].key);
        int result = plan_check_row(&config, &row, "plan.csv", 7, &family_index, &err);
        assert_int_equal(result, rows[i].expected == NULL ? 0 : -1);
        if (rows[i].expected != NULL) {
            assert_int_equal(err.kind, ERROR_INPUT);
            assert_string_equal(err.text, rows[i].expected);
        } else {
            assert_int_equal(family_index, rows[i].family_index);
        }
    }
    struct error err = {0};
    size_t family_index;
    struct plan_row row = row_of("profile", ENTITY_USER, long_id, "user:x:p");
    assert_int_equal(plan_check_row(&config, &row, "plan.csv", 7, &family_index, &err), -1);
    assert_non_null(strstr(err.text, "would be longer than 1024 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdicts)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
