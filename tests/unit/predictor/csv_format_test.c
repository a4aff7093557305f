/* csv_format_test.c - delimiters, headers, and rows against libcsv as the judge of the fast walk. */
#include "predictor/ingest/csv_format.h"

#include "predictor/ingest/csv_quotes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char scratch_bytes[SCRATCH_SIZE];

struct setting {
    struct csv_format format;
    struct field_map map;
    struct parse_scratch scratch;
    struct log_fields fields;
    size_t column;
};

static void set_up(struct setting *setting, const char *columns, const char *delimiter,
                   const char *header)
{
    struct error err;
    memset(setting, 0, sizeof *setting);
    setting->scratch.bytes = scratch_bytes;
    field_map_init(&setting->map);
    assert_int_equal(csv_format_init(&setting->format, delimiter, &err), 0);
    assert_int_equal(field_map_parse_columns(&setting->map, columns, &err), 0);
    assert_int_equal(csv_format_bind(&setting->format, &setting->map, &err), 0);
    if (header != NULL) {
        assert_true(setting->format.has_header);
        assert_int_equal(csv_format_read_header(&setting->format, &setting->map, slice_of(header),
                                                "a.csv", &err),
                         0);
    }
}

static void tear_down(struct setting *setting)
{
    csv_quotes_free(&setting->scratch);
    field_map_free(&setting->map);
}

static enum line_fate read_row(struct setting *setting, const char *row)
{
    setting->scratch.used = 0;
    return csv_format_parse(&setting->format, slice_of(row), &setting->scratch, &setting->fields,
                            &setting->column);
}

static void assert_field(const struct setting *setting, enum field_role role, const char *value)
{
    struct slice field = setting->fields.of[setting->map.slots[role]];
    assert_int_equal(field.size, strlen(value));
    assert_memory_equal(field.bytes, value, field.size);
}

static void rows_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *row, *time, *user;
    } cases[] = {
        {"1,a,u", "1", "u"},
        {"1,,", "1", ""},
        {" 1 ,a, u ", " 1 ", " u "},
        {"\"1\",\"a\",\"u\"", "1", "u"},
        {"\"1\",\"a,b\",\"\"", "1", ""},
        {"1,\"a \"\"b\"\"\",\"u\"\"\"", "1", "u\""},
        {"1,\xF0\x9F\x98\x80,\xF0\x9F\x98\x80", "1", "\xF0\x9F\x98\x80"},
    };
    struct setting setting;
    set_up(&setting, "time=ts,user=user id", NULL, "\xEF\xBB\xBFts,\"x\", user id ");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_row(&setting, cases[i].row), LINE_WITH_EVENT);
        assert_field(&setting, ROLE_TIME, cases[i].time);
        assert_field(&setting, ROLE_USER, cases[i].user);
    }
    tear_down(&setting);
}

static void broken_rows_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        enum line_fate fate;
        size_t column;
    } cases[] = {
        {"1,a", LINE_BAD_COLUMN_COUNT, 4},         {"1,a,u,x", LINE_BAD_COLUMN_COUNT, 8},
        {"\"1\",\"a\"", LINE_BAD_COLUMN_COUNT, 8}, {"1,a\"b,u", LINE_BAD_QUOTES, 4},
        {"1,\"a\"b,u", LINE_BAD_QUOTES, 6},        {"1,\"a,u", LINE_BAD_QUOTES, 7},
        {"1,\"a\"\",u", LINE_BAD_QUOTES, 9},
    };
    struct setting setting;
    set_up(&setting, "time=ts,user=user", ",", "ts,x,user");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_row(&setting, cases[i].row), cases[i].fate);
        assert_int_equal(setting.column, cases[i].column);
        assert_int_equal(read_row(&setting, "1,a,u"), LINE_WITH_EVENT); /* nothing sticks */
    }
    tear_down(&setting);
}

static void columns_by_number_need_no_header(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting, "time=1,user=3", "\\x01", NULL);
    assert_false(setting.format.has_header);
    assert_int_equal(read_row(&setting, "1\x01"
                                        "b\x01u\x01more"),
                     LINE_WITH_EVENT);
    assert_field(&setting, ROLE_USER, "u");
    assert_int_equal(read_row(&setting, "1\x01"
                                        "b"),
                     LINE_BAD_COLUMN_COUNT);
    tear_down(&setting);
}

static void delimiters_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char delimiter; /* 0: refused */
    } cases[] = {
        {"tab", '\t'}, {"\\t", '\t'}, {"\t", '\t'},   {";", ';'},   {"semicolon", ';'},
        {"|", '|'},    {"pipe", '|'}, {"comma", ','}, {"\\x01", 1}, {"\\x1F", 0x1F},
        {"", 0},       {"\"", 0},     {"ab", 0},      {"\\x0", 0},  {"\\x00", 0},
        {"\n", 0},     {"\\xZZ", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct csv_format format;
        int status = csv_format_init(&format, cases[i].text, &err);
        assert_int_equal(status, cases[i].delimiter == 0 ? -1 : 0);
        if (status == 0) {
            assert_int_equal(format.delimiter, cases[i].delimiter);
        }
    }
}

static void headers_that_do_not_fit_teach(void **state)
{
    (void)state;
    static const struct {
        const char *header, *message;
    } cases[] = {
        {"ts,user", "a.csv:1: no column 'item' in the header 'ts,user'; a file without a header "
                    "needs columns by number, as time=1,user=2"},
        {"ts;item;user", "a.csv:1: no column 'ts' in the header 'ts;item;user'; it would be there "
                         "with --delimiter semicolon"},
        {"t\x1B[2J\xFF", "a.csv:1: no column 'ts' in the header 't\\x1B[2J\\xFF'; a file without a "
                         "header needs columns by number, as time=1,user=2"},
        {"ts,item,user,item", "a.csv:1: the column 'item' stands twice in the header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct setting setting;
        struct error err;
        set_up(&setting, "time=ts,user=user,product=item", NULL, NULL);
        assert_int_equal(csv_format_read_header(&setting.format, &setting.map,
                                                slice_of(cases[i].header), "a.csv", &err),
                         -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.text, cases[i].message);
        tear_down(&setting);
    }
}

static void column_maps_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *message;
    } cases[] = {
        {"time=ts,user", "--columns: 'user' is not role=column; write time=ts,user=user_id"},
        {"time=ts,time=t", "--columns: 'time' stands twice"},
        {"user=u", "--columns: 'user=u' names no time column; write time=ts,user=user_id"},
        {"tim=ts", "--columns: nothing is made of 'tim'; there are time, user, product, size, "
                   "cost, status, agent, request, args and cookie"},
        {"time=ts,user=2",
         "--columns: either all columns are named or all are numbered (1 to 1024)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct field_map map;
        struct csv_format format;
        field_map_init(&map);
        assert_int_equal(csv_format_init(&format, NULL, &err), 0);
        bool is_fine = field_map_parse_columns(&map, cases[i].columns, &err) == 0 &&
                       csv_format_bind(&format, &map, &err) == 0;
        assert_false(is_fine);
        assert_string_equal(err.text, cases[i].message);
        field_map_free(&map);
    }
}

struct kept {
    char bytes[256];
    size_t size, count;
};

static void keep_third(void *self, size_t index, struct slice field)
{
    struct kept *kept = self;
    if (index == 2) {
        kept->size = field.size;
        memcpy(kept->bytes, field.bytes, field.size);
    }
}

/* Random rows of an alphabet that hurts: the fast walk must say what libcsv says. */
static void the_walk_agrees_with_libcsv(void **state)
{
    (void)state;
    static const char alphabet[] = "\"\"\",,,ab \xC3";
    struct setting setting;
    struct parse_scratch judge = {.bytes = NULL};
    set_up(&setting, "time=1,user=2,product=3", NULL, NULL);
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 200000; round++) {
        char row[16];
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t bits = random;
        size_t size = bits % 14;
        for (size_t i = 0; i < size; i++) {
            bits = bits * 6364136223846793005u + 1442695040888963407u;
            row[i] = alphabet[(bits >> 33) % (sizeof alphabet - 1)];
        }
        row[size] = '\0';
        struct kept kept = {.size = 0};
        size_t column;
        kept.count = csv_quotes_split(&judge, slice_of(row), ',', keep_third, &kept, &column);
        bool is_good = read_row(&setting, row) == LINE_WITH_EVENT;
        if (size > 0 && is_good != (kept.count >= 3)) {
            fail_msg("'%s': the walk and libcsv differ", row);
        }
        if (is_good) {
            struct slice field = setting.fields.of[setting.map.slots[ROLE_PRODUCT]];
            assert_int_equal(field.size, kept.size);
            assert_memory_equal(field.bytes, kept.bytes, kept.size);
        }
    }
    csv_quotes_free(&judge);
    tear_down(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(broken_rows_say_why),
        cmocka_unit_test(columns_by_number_need_no_header),
        cmocka_unit_test(delimiters_are_named),
        cmocka_unit_test(headers_that_do_not_fit_teach),
        cmocka_unit_test(column_maps_that_cannot_be_are_refused),
        cmocka_unit_test(the_walk_agrees_with_libcsv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
