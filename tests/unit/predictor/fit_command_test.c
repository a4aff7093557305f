/* fit_command_test.c - the command `fit` from file to printed table, and each way a summary can be wrong. */
#include "predictor/forecast/fit_command.h"

#include "tests/unit/test_folder.h"

static char *run(void **state, const char *model, const char *text)
{
    struct error err;
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    int result = fit_command_run(model, test_put_text(state, "summary.csv", text), out, &err);
    fclose(out);
    if (result != 0) {
        assert_int_equal(size, 0);
        free(printed);
        printed = strdup(err.text);
    }
    return printed;
}

static void parameters_are_printed(void **state)
{
    static const char donations[] = "\"x\",\"t.x\",\"n.cal\",\"custs\"\n"
                                    "6,6,6,1203\n5,6,6,728\n4,6,6,512\n3,6,6,357\n2,6,6,234\n"
                                    "1,6,6,129\n5,5,6,335\n4,5,6,284\n3,5,6,225\n2,5,6,173\n"
                                    "1,5,6,119\n4,4,6,240\n3,4,6,181\n2,4,6,155\n1,4,6,78\n"
                                    "3,3,6,322\n2,3,6,255\n1,3,6,129\n2,2,6,613\n1,2,6,277\n"
                                    "1,1,6,1091\n0,0,6,3464\n";
    char *printed = run(state, "bgbb", donations);
    static const char *const parts[] = {"model,parameter,value,standard_error\nbgbb,alpha,1.2035",
                                        "\nbgbb,beta,0.7497",
                                        "\nbgbb,gamma,0.6567",
                                        "\nbgbb,delta,2.783",
                                        "\nbgbb,log_likelihood,-33225.5812",
                                        "\nbgbb,keys,11104,\nbgbb,rows,22,\n"
                                        "bgbb,keys_0_repeats,3464,\n"
                                        "bgbb,expected_keys_0_repeats,3454.9,\n",
                                        "\nbgbb,expected_keys_6_repeats,1253.1,\n"
                                        "bgbb,keys_7_or_more_repeats,0,\n"
                                        "bgbb,expected_keys_7_or_more_repeats,0.0,\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(printed, parts[i]) == NULL) {
            fail_msg("%s is not in:\n%s", parts[i], printed);
        }
    }
    free(printed);
}

static void bad_summaries_are_explained(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "summary.csv is empty: it has no header"},
        {"frequency,recency,T\n", "summary.csv has no rows"},
        {"frequency,T\n1,2\n",
         "summary.csv:1: the header has no column recency; needed are frequency (or x), recency "
         "(or t.x) and T (or n.cal)"},
        {"x,t.x,n.cal\n1,abc,3\n", "summary.csv:2: recency: 'abc' is not a number"},
        {"x,t.x,n.cal\n1,1,3\n1.5,1,3\n", "summary.csv:3: frequency is not a count: 1.5"},
        {"x,t.x,n.cal\n-1,1,3\n", "summary.csv:2: frequency is not a count: -1"},
        {"x,t.x,n.cal\n1,4,3\n", "summary.csv:2: recency 4 is not within 0 and T = 3"},
        {"x,t.x,n.cal\n1,0,3\n",
         "summary.csv:2: frequency is 1 but recency is 0: repeats come after the first access"},
        {"x,t.x,n.cal,custs\n1,1,3,0\n", "summary.csv:2: custs is not positive: 0"},
        {"x,t.x,n.cal\n1,1\n", "summary.csv:2: T: '' is not a number"},
        {"x,t.x,n.cal\n\n1,1,3\n1,1,3,4\n", "summary.csv:4: the record has 4 cells, the header 3"},
        {"x;t.x;n.cal\n1;1.5;3\n", "summary.csv:2: recency: '1.5' is not a number"},
        {"x,t.x,n.cal\n0,0,3\n",
         "summary.csv: bgbb cannot be fitted: not one of 1 keys was seen a second time"},
        {"x,t.x,n.cal\n3,3,3\n3,2,3\n",
         "summary.csv: bgbb counts opportunities, but of the first 2 someone used 3"},
        {"x,t.x,n.cal\n1,1.5,3\n",
         "summary.csv: bgbb counts whole opportunities, but there is a time of 1.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *message = run(state, "bgbb", cases[i].text);
        const char *file = strstr(message, "summary.csv");
        if (file == NULL || strncmp(file, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("'%s' gives '%s'", cases[i].text, message);
        }
        free(message);
    }
}

static void unknown_names_are_explained(void **state)
{
    struct error err;
    assert_int_equal(fit_command_run("gamma", "-", stdout, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(
        err.text, "--model: there is no model 'gamma' to fit; there are bgnbd, mbgnbd, paretonbd, "
                  "bgbb");
    const char *absent = test_path(state, "absent.csv");
    assert_int_equal(fit_command_run("bgnbd", absent, stdout, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "absent.csv: No such file or directory"));
}

static void a_spreadsheet_may_have_touched_it(void **state)
{
    char *printed = run(
        state, "bgnbd",
        "\xef\xbb\xbf"
        "ID,frequency,recency,T\r\n\"a\"\"b\",2,30.43,38.86\r\n1,1,1.71,38.86\r\n"
        "2,0,0.0,38.86\r\n3,0,0,38.86\r\n4,5,20,38.86\r\n5,1,33,38.86\r\n6,0,0,30\r\n7,9,30,31");
    if (strstr(printed, "bgnbd,rows,8,") == NULL && strstr(printed, "summary.csv: ") == NULL) {
        fail_msg("%s", printed);
    }
    free(printed);
}

/* The same keys in another order, each time written otherwise, some counted in a column: the same parameters. */
static void order_and_spelling_do_not_matter(void **state)
{
    char *plain = run(state, "mbgnbd",
                      "frequency,recency,T\n2,30.5,38\n1,1.5,38\n0,0,38\n0,0,38\n5,20,38\n1,33,38\n"
                      "0,0,30\n9,30,31\n0,0,38\n3,4,36\n");
    char *other =
        run(state, "mbgnbd",
            "T;weight;x;name;t_x\n36;1;3;a;4\n31;1;9;b;3e1\n38,0;3;0;c;12,5\n30;1;0;d;-0\n"
            "38;1;1;e;33\n\n38;1;5;f;20,00\n38;1;1;g;1,5\n38;1;2;h;30,5\n");
    char *rows = strstr(other, "\nmbgnbd,rows,8,");
    assert_non_null(rows);
    assert_non_null(strstr(plain, ",keys,10,\nmbgnbd,rows,10,\n"));
    assert_memory_equal(plain, other, (size_t)(rows - other));
    free(plain);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parameters_are_printed, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(bad_summaries_are_explained, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(unknown_names_are_explained, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(order_and_spelling_do_not_matter, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(a_spreadsheet_may_have_touched_it, test_folder_make,
                                        test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
