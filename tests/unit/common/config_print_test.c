/* config_print_test.c - the printed config names every key, and is itself a config that says nothing.
 * Room: tests. May touch: a scratch folder. */
#include "common/config_print.h"

#include "common/config.h"
#include "common/config_rows.h"

#include "tests/unit/test_folder.h"

static char *printed(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    config_print(out);
    fclose(out);
    return text;
}

static void every_key_is_there(void **state)
{
    (void)state;
    char *text = printed();
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        char line[128];
        snprintf(line, sizeof line, "\n#%s =%s%s\n", row->key, row->default_text == NULL ? "" : " ",
                 row->default_text == NULL ? "" : row->default_text);
        assert_non_null(strstr(text, line));
    }
    free(text);
}

static void it_is_a_config(void **state)
{
    struct config *config = NULL;
    struct error err = {0};
    char *text = printed();
    assert_int_equal(config_load(test_put_text(state, "all.conf", text), &config, &err), 0);
    config_free(config);
    free(text);
}

static void no_line_is_wider_than_a_terminal(void **state)
{
    (void)state;
    char *text = printed();
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
        assert_true(strlen(line) <= 80);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_there),
        cmocka_unit_test(it_is_a_config),
        cmocka_unit_test(no_line_is_wider_than_a_terminal),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
