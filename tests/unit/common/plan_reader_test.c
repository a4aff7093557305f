/* plan_reader_test.c - what plan_writer writes comes back, what people and spreadsheets do to it is borne, and
 * what must not be loaded is refused. */
#include "common/plan_reader.h"

#include "common/plan_writer.h"

#include "tests/unit/test_folder.h"

#define HEADER PLAN_COLUMNS "\n"
/* A row with the given beginning and end. */
#define MIDDLE                "0.5,0.4,0.6,1.5,6,600,41.5,2026-10-01T05:00:00Z,3,1,2,came back"
#define ENDING                "sale,2026-11-11T00:00:00Z,2026-11-14T00:00:00Z,2026-11-10T00:00:00Z\n"
#define ROW(rank, id, action) rank ",user," id ",profile,user:" id "," action "," MIDDLE "," ENDING

enum { NOW = 1794268800 + 3600, DAY = 86400 }; /* 2026-11-10T01:00:00Z */

static const struct plan_limits limits = {.now_unix = NOW, .max_plan_age_second = 3 * DAY};

/* `1 a warm\n2 b skip\n` in the order handed out, or the error's text behind its folder. */
static const char *read_plan(const char *path, struct plan_identity *identity)
{
    static char text[4096];
    struct error err;
    size_t used = 0;
    text[0] = '\0';
    error_clear(&err);
    struct plan_reader *reader = plan_reader_open(path, &limits, identity, &err);
    struct plan_row row;
    while (reader != NULL && plan_reader_next(reader, &row, &err) > 0) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d %.*s %s\n", (int)row.rank,
                                 (int)row.id.size, row.id.bytes, plan_action_name(row.action));
    }
    plan_reader_close(reader);
    if (err.kind != ERROR_NONE) {
        assert_int_equal(err.kind, ERROR_INPUT);
        const char *folder = strstr(err.text, "rekindle-test-");
        const char *name = folder == NULL ? NULL : strchr(folder, '/');
        snprintf(text, sizeof text, "%s", name == NULL ? err.text : name + 1);
    }
    return text;
}

static const char *read_text(void **state, const char *text)
{
    struct plan_identity identity;
    return read_plan(test_put_text(state, "plan.csv", text), &identity);
}

static struct plan_row example_row(uint64_t rank, const char *id)
{
    return (struct plan_row){
        .rank = rank,
        .entity = rank % 2 == 0 ? ENTITY_PRODUCT : ENTITY_USER,
        .id = slice_of(id),
        .family = slice_of("profile"),
        .key = slice_of(id),
        .action = rank == 3 ? PLAN_SKIP : PLAN_WARM,
        .p_return = 0.123456,
        .p_low = 0.1,
        .p_high = 0.2,
        .expected_hits = 2.5,
        .benefit_ms = 12.25,
        .size_bytes = 700,
        .days_dormant = 41.25,
        .last_seen_unix = 1790000000,
        .active_days = 17,
        .events_returned = 2,
        .events_seen = 3,
        .reason = slice_of("came back in 2 of 3 past events; last seen 41 days ago, \"quiet\""),
        .event = slice_of("sale, \"big\""),
        .window_start_unix = 1794355200,
        .window_end_unix = 1794614400,
        .as_of_unix = 1794268800,
    };
}

static const char *const odd_ids[] = {
    "12", "=1+2", "'-3", "a,b", "q\"q", "new\nline", " blank ", "0012", "\xf0\x9f\x98\x80",
    "@",  "--"};
enum { ODD_COUNT = sizeof odd_ids / sizeof *odd_ids };

static void write_example(const char *path)
{
    struct error err;
    struct plan_writer *writer = plan_writer_open(path, &err);
    assert_non_null(writer);
    for (uint64_t rank = 1; rank <= ODD_COUNT; rank++) {
        struct plan_row row = example_row(rank, odd_ids[rank - 1]);
        assert_int_equal(plan_writer_append(writer, &row, &err), 0);
    }
    assert_int_equal(plan_writer_close(writer, &err), 0);
}

static void what_is_written_is_read(void **state)
{
    struct error err;
    struct plan_identity identity;
    const char *path = test_path(state, "plan.csv");
    write_example(path);
    struct plan_reader *reader = plan_reader_open(path, &limits, &identity, &err);
    assert_non_null(reader);
    for (int pass = 0; pass < 2; pass++) {
        struct plan_row row;
        for (uint64_t rank = 1; rank <= ODD_COUNT; rank++) {
            struct plan_row expected = example_row(rank, odd_ids[rank - 1]);
            assert_int_equal(plan_reader_next(reader, &row, &err), 1);
            assert_int_equal(row.rank, rank);
            assert_int_equal(row.entity, expected.entity);
            assert_int_equal(row.action, expected.action);
            assert_true(slice_is_equal(row.id, expected.id));
            assert_true(slice_is_equal(row.key, expected.key));
            assert_true(slice_is_equal(row.reason, expected.reason));
            assert_true(slice_is_equal(row.event, expected.event));
            assert_true(row.p_return == expected.p_return && row.benefit_ms == expected.benefit_ms);
            assert_true(row.days_dormant == expected.days_dormant);
            assert_int_equal(row.last_seen_unix, expected.last_seen_unix);
            assert_int_equal(row.window_end_unix, expected.window_end_unix);
        }
        assert_int_equal(plan_reader_next(reader, &row, &err), 0);
        assert_int_equal(plan_reader_rewind(reader, &err), 0);
    }
    plan_reader_close(reader);
    assert_int_equal(identity.row_count, ODD_COUNT);
    assert_int_equal(identity.warm_count, ODD_COUNT - 1);
    assert_int_equal(identity.deleted_count, 0);
    assert_int_equal(identity.last_rank, ODD_COUNT);
    assert_int_equal(identity.size_bytes, 700 * (ODD_COUNT - 1));
    assert_true(identity.benefit_ms == 12.25 * (ODD_COUNT - 1));
    assert_string_equal(identity.event, "sale, \"big\"");
    assert_int_equal(identity.as_of_unix, 1794268800);
}

static void spreadsheets_are_understood(void **state)
{
    static const char sheet[] =
        "\xef\xbb\xbf"
        "action;rank;entity;id;family;key;p_return;p_low;p_high;expected_hits;benefit_ms;"
        "size_bytes;days_dormant;last_seen;active_days;events_returned;events_seen;reason;event;"
        "window_start;window_end;as_of\r\n"
        "SKIP ;2;user;b;profile;user:b;5E-01;0,4;0,6;1,5;6;600;41,5;2026-10-01 05:00:00;3;1;2;"
        "\"a; b\";sale;2026-11-11;2026-11-14T00:00:00Z;2026-11-10T00:00:00Z\r\n"
        ";;;;;;;;;;;;;;;;;;;;;\r\n"
        "Warm;1;user;a;profile;user:a;0,5;0,4;0,6;1,5;6;600;41,5;2026-10-01T05:00:00Z;3;1;2;"
        "\"a\nb\";sale;2026-11-11T00:00:00Z;2026-11-14T00:00:00Z;2026-11-10T00:00:00Z\r\n";
    assert_string_equal(read_text(state, sheet), "1 a warm\n2 b skip\n");
}

/* The times of all rows are the same ones as rank wrote, in other words. */
static void times_of_sheets_are_understood(void **state)
{
    static const char *const starts[] = {"2026/11/11", "2026/11/11 0:00", "2026/11/11 00:00:00",
                                         "2026-11-11 00:00:00", "2026-11-11"};
    static const char *const others[] = {
        "11/11/2026",  "2026/11/11 00",    "2026/11/11 00:00:00x", "2026/13/11",
        "2026/11/11 ", "2026/11/11 24:61", "2026/-1/11 0:00",      "2026/11/11T0:00"};
    char text[2048];
    struct plan_identity identity;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        snprintf(text, sizeof text,
                 HEADER ROW("1", "a", "warm") "2,user,b,profile,user:b,skip," MIDDLE
                                              ",sale,%s,2026/11/14,2026/11/10 0:00:00\n",
                 starts[i]);
        assert_string_equal(read_plan(test_put_text(state, "plan.csv", text), &identity),
                            "1 a warm\n2 b skip\n");
        assert_int_equal(identity.window_start_unix, 1794355200);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(text, sizeof text,
                 HEADER "1,user,a,profile,user:a,warm," MIDDLE ",sale,%s,2026-11-14,2026-11-10\n",
                 others[i]);
        assert_non_null(strstr(read_text(state, text), "window_start is not a time as"));
    }
}

/* Remarks, a formula, a column without a name that a sheet leaves; and points where it took numbers for text. */
static void what_reviewers_add_is_left_alone(void **state)
{
    assert_string_equal(read_text(state, "remark," PLAN_COLUMNS
                                         ",approved,,\nwhy not,1,user,a,f,k,warm," MIDDLE
                                         ",sale,2026-11-11,2026-11-14,2026-11-10,=1+1,,\n"),
                        "1 a warm\n");
    assert_string_equal(
        read_text(state,
                  "rank;entity;id;family;key;action;p_return;p_low;p_high;expected_hits;benefit_ms;"
                  "size_bytes;days_dormant;last_seen;active_days;events_returned;events_seen;"
                  "reason;event;window_start;window_end;as_of;remark\n"
                  "1;user;a;f;k;skip;0.477546;0,4;0.6;1;6.25;600;41;2026-10-01;3;1;2;why;sale;"
                  "2026-11-11;2026-11-14;2026-11-10;no\n"),
        "1 a skip\n");
}

static void the_order_of_lines_does_not_matter(void **state)
{
    static const char *const orders[] = {
        HEADER ROW("1", "a", "warm") ROW("2", "b", "warm") ROW("7", "c", "skip"),
        HEADER ROW("7", "c", "skip") ROW("2", "b", "warm") ROW("1", "a", "warm"),
        HEADER ROW("2", "b", "warm") ROW("7", "c", "skip") ROW("1", "a", "warm"),
    };
    struct plan_identity first, identity;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const char *path = test_put_text(state, "plan.csv", orders[i]);
        assert_string_equal(read_plan(path, &identity), "1 a warm\n2 b warm\n7 c skip\n");
        first = i == 0 ? identity : first;
        assert_string_equal(identity.digest, first.digest);
        assert_int_equal(identity.last_rank, 7);
        assert_int_equal(identity.warm_count, 2);
    }
    static const char *const others[] = {
        HEADER ROW("1", "a", "warm") ROW("2", "b", "warm") ROW("7", "c", "warm"),
        HEADER ROW("1", "b", "warm") ROW("2", "a", "warm") ROW("7", "c", "skip"),
        HEADER ROW("1", "a", "warm") ROW("2", "b", "warm"),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        read_plan(test_put_text(state, "plan.csv", others[i]), &identity);
        assert_string_not_equal(identity.digest, first.digest);
    }
}

static void broken_plans_are_refused(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "plan.csv is empty: it has no header"},
        {HEADER, "plan.csv has no rows"},
        {"rank,id\n1,2\n", "plan.csv:1: the column 'entity' is missing"},
        {PLAN_COLUMNS ",id\n", "plan.csv:1: the column 'id' stands twice"},
        {HEADER ROW("", "a", "warm"), "plan.csv:2: rank is empty"},
        {HEADER ROW("x", "a", "warm"), "plan.csv:2: rank is not a whole number: 'x'"},
        {HEADER ROW("1.5", "a", "warm"), "plan.csv:2: rank is not a whole number: '1.5'"},
        {HEADER ROW("0", "a", "warm"), "plan.csv:2: rank is not between 1 and 2147483647: '0'"},
        {HEADER ROW("4294967297", "a", "warm"),
         "plan.csv:2: rank is not between 1 and 2147483647: '4294967297'"},
        {HEADER ROW("1", "a", "warm") ROW("1", "b", "warm"),
         "plan.csv:3: the rank 1 stands in line 2 already"},
        {HEADER ROW("3", "a", "warm") ROW("1", "b", "warm") ROW("2", "c", "warm")
             ROW("1", "d", "warm"),
         "plan.csv:5: the rank 1 stands in line 3 already"},
        {HEADER ROW("1", "a", "cool"), "plan.csv:2: action is neither warm nor skip: 'cool'"},
        {HEADER ROW("1", "a", ""), "plan.csv:2: action is empty"},
        {HEADER "1,usr,a,f,k,warm," MIDDLE "," ENDING,
         "plan.csv:2: entity is neither user nor product: 'usr'"},
        {HEADER "1,user,,f,k,warm," MIDDLE "," ENDING, "plan.csv:2: id is empty"},
        {HEADER "1,user,a,,k,warm," MIDDLE "," ENDING, "plan.csv:2: family is empty"},
        {HEADER "1,user,a,f,,warm," MIDDLE "," ENDING, "plan.csv:2: key is empty"},
        {HEADER "1,user,a,f,k,warm,\"0,5\",0.4,0.6,1,6,600,41,2026-10-01,3,1,2,why," ENDING,
         "plan.csv:2: p_return is not a number of 0 or more: '0,5'"},
        {HEADER "1,user,a,f,k,warm,often,0.4,0.6,1,6,600,41,2026-10-01,3,1,2,why," ENDING,
         "plan.csv:2: p_return is not a number of 0 or more: 'often'"},
        {HEADER "1,user,a,f,k,warm,-0.1,0.4,0.6,1,6,600,41,2026-10-01,3,1,2,why," ENDING,
         "plan.csv:2: p_return is not a number of 0 or more: '-0.1'"},
        {HEADER "1,user,a,f,k,warm,1.1,0.4,0.6,1,6,600,41,2026-10-01,3,1,2,why," ENDING,
         "plan.csv:2: p_return, p_low or p_high is above 1"},
        {HEADER "1,user,a,f,k,warm,1,0.4,0.6,1,6,6e2,41,2026-10-01,3,1,2,why," ENDING,
         "plan.csv:2: size_bytes is not a whole number: '6e2'"},
        {HEADER "1,user,a,f,k,warm,1,0.4,0.6,1,6,600,41,01/10/2026,3,1,2,why," ENDING,
         "plan.csv:2: last_seen is not a time as 2026-11-11T08:00:00Z (where a spreadsheet "
         "made this of it, import the column as text): '01/10/2026'"},
        {HEADER ROW("1", "a", "warm") "2,user,b,f,k,warm," MIDDLE
                                      ",other,2026-11-11,2026-11-14,2026-11-10\n",
         "plan.csv:3: event is 'other', which differs from line 2: a plan is made for one event at "
         "one time"},
        {HEADER ROW("1", "a", "warm") "2,user,b,f,k,warm," MIDDLE
                                      ",sale,2026-11-11,2026-11-15,2026-11-10\n",
         "plan.csv:3: window_end is '2026-11-15', which differs from line 2: a plan is made for "
         "one event at "
         "one time"},
        {HEADER ROW("1", "a", "warm") "2,user,b,f,k,wa",
         "plan.csv:3: action is neither warm nor skip: 'wa'"},
        {HEADER ROW("1", "a", "warm") "2,user,b,f,k,warm,0.5\n", "plan.csv:3: p_low is empty"},
        {HEADER ROW("1", "a", "warm") "2,user,\"b,f\n",
         "plan.csv:3: a quote that opens in this record is never closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(read_text(state, cases[i].text), cases[i].expected);
    }
}

static void old_plans_are_refused(void **state)
{
    struct error err;
    struct plan_identity identity;
    const char *path = test_put_text(state, "plan.csv", HEADER ROW("1", "a", "warm"));
    struct plan_limits late = {.now_unix = NOW + 5 * DAY};
    assert_null(plan_reader_open(path, &late, &identity, &err));
    assert_non_null(strstr(
        err.text,
        "plan.csv is a plan for a window that ended at 2026-11-14T00:00:00Z; make a new plan"));
    struct plan_limits strict = {.now_unix = NOW + DAY + 11 * 3600, .max_plan_age_second = DAY};
    assert_null(plan_reader_open(path, &strict, &identity, &err));
    assert_non_null(strstr(err.text,
                           "plan.csv was made as of 2026-11-10T00:00:00Z, 1.5 days ago, which is "
                           "more than 1.0 days; make a new plan, or raise --max-plan-age"));
    strict.now_unix = NOW + DAY - 3600;
    struct plan_reader *reader = plan_reader_open(path, &strict, &identity, &err);
    assert_non_null(reader);
    plan_reader_close(reader);
}

static void put_rows(void **state, size_t count)
{
    FILE *file = fopen(test_path(state, "plan.csv"), "w");
    fputs(HEADER, file);
    for (size_t rank = 1; rank <= count; rank++) {
        fprintf(file, "%zu,user,a%zu,profile,k,warm," MIDDLE "," ENDING, rank, rank);
    }
    fclose(file);
}

static void deleted_rows_are_counted(void **state)
{
    struct plan_identity identity;
    struct error err;
    put_rows(state, 8);
    test_put_text(state, "plan.csv.sum", "rows,digest\n10,0123\n");
    const char *path = test_path(state, "plan.csv");
    assert_non_null(strstr(read_plan(path, &identity), "8 a8 warm\n"));
    assert_int_equal(identity.deleted_count, 2);
    put_rows(state, 7);
    assert_string_equal(
        read_plan(path, &identity),
        "plan.csv has 7 of the 10 rows it was written with; more than 20% are gone: give "
        "--allow-removed if that is meant");
    struct plan_limits allowed = limits;
    allowed.is_removal_allowed = true;
    struct plan_reader *reader = plan_reader_open(path, &allowed, &identity, &err);
    assert_non_null(reader);
    assert_int_equal(identity.deleted_count, 3);
    plan_reader_close(reader);
    put_rows(state, 65535);
    test_put_text(state, "plan.csv.sum", "rows,digest\n65536,0123\n");
    assert_string_equal(
        read_plan(test_path(state, "plan.csv"), &identity),
        "plan.csv has 65535 of the 65536 rows it was written with, which is all that a "
        "spreadsheet holds; edit it by other means, or give --allow-removed");
    test_put_text(state, "plan.csv.sum", "rows,digest\nmany,0123\n");
    assert_string_equal(
        read_plan(test_path(state, "plan.csv"), &identity),
        "plan.csv.sum does not tell the number of rows; make a new plan, or remove this file");
    unlink(test_path(state, "plan.csv.sum"));
}

static void the_sum_tells_the_digest(void **state)
{
    struct plan_identity identity;
    char written[200], expected[200];
    write_example(test_path(state, "plan.csv"));
    read_plan(test_path(state, "plan.csv"), &identity);
    FILE *file = fopen(test_path(state, "plan.csv.sum"), "r");
    written[fread(written, 1, sizeof written - 1, file)] = '\0';
    fclose(file);
    snprintf(expected, sizeof expected, "rows,digest\n%d,%s\n", (int)ODD_COUNT, identity.digest);
    assert_string_equal(written, expected);
    unlink(test_path(state, "plan.csv.sum"));
}

static void an_abandoned_plan_leaves_the_old_one(void **state)
{
    struct error err;
    struct plan_identity identity;
    const char *path = test_put_text(state, "plan.csv", HEADER ROW("1", "a", "warm"));
    struct plan_writer *writer = plan_writer_open(path, &err);
    plan_writer_abandon(writer);
    plan_writer_abandon(NULL);
    assert_string_equal(read_plan(test_path(state, "plan.csv"), &identity), "1 a warm\n");
    assert_int_equal(access(test_path(state, "plan.csv.sum"), F_OK), -1);
}

static void long_ids_are_not_written(void **state)
{
    struct error err;
    char id[ENTITY_ID_SIZE_MAX + 2];
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    struct plan_writer *writer = plan_writer_open(test_path(state, "plan.csv"), &err);
    struct plan_row row = example_row(1, id);
    assert_int_equal(plan_writer_append(writer, &row, &err), -1);
    assert_string_equal(err.text,
                        "the plan's row 1: id is longer than 512 bytes: "
                        "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'");
    plan_writer_abandon(writer);
}

/* Refuses the id `b`; counts what it is shown. */
static int refuse_b(void *context, const struct plan_row *row, uint64_t line, struct error *err)
{
    size_t *shown = context;
    ++*shown;
    return slice_is_equal(row->id, slice_of("b"))
               ? error_set(err, ERROR_INPUT, "line %d has a b", (int)line)
               : 0;
}

static void a_watcher_sees_every_row_and_may_refuse(void **state)
{
    struct error err;
    struct plan_identity identity;
    size_t shown = 0;
    struct plan_limits watched = limits;
    watched.watch = refuse_b;
    watched.watch_context = &shown;
    const char *path =
        test_put_text(state, "plan.csv", HEADER ROW("1", "a", "warm") ROW("2", "c", "skip"));
    struct plan_reader *reader = plan_reader_open(path, &watched, &identity, &err);
    assert_non_null(reader);
    plan_reader_close(reader);
    assert_int_equal(shown, 2);
    path = test_put_text(state, "plan.csv", HEADER ROW("1", "a", "warm") ROW("2", "b", "warm"));
    assert_null(plan_reader_open(path, &watched, &identity, &err));
    assert_string_equal(err.text, "line 3 has a b");
    /* What is wrong with the file itself is said first. */
    path = test_put_text(state, "plan.csv", HEADER ROW("1", "b", "warm") ROW("1", "c", "warm"));
    assert_null(plan_reader_open(path, &watched, &identity, &err));
    assert_non_null(strstr(err.text, "the rank 1 stands in line 2 already"));
}

static void narrow_rows_hold_what_the_loader_needs(void **state)
{
    struct error err;
    struct plan_identity identity;
    struct plan_row row;
    struct plan_limits narrow = limits;
    narrow.is_narrow = true;
    const char *path = test_put_text(state, "plan.csv", HEADER ROW("7", "a", "warm"));
    struct plan_reader *reader = plan_reader_open(path, &narrow, &identity, &err);
    assert_int_equal(plan_reader_next(reader, &row, &err), 1);
    assert_int_equal(row.rank, 7);
    assert_true(slice_is_equal(row.id, slice_of("a")));
    assert_true(slice_is_equal(row.family, slice_of("profile")));
    assert_true(slice_is_equal(row.key, slice_of("user:a")));
    assert_true(row.benefit_ms == 6);
    assert_int_equal(row.size_bytes, 600);
    assert_true(row.p_return == 0);
    assert_int_equal(row.reason.size, 0);
    assert_int_equal(plan_reader_next(reader, &row, &err), 0);
    plan_reader_close(reader);
    assert_true(identity.benefit_ms == 6);
}

/* ---- two threads, each a half: the same verdict as one, whatever stands in the file */

enum { TWIN_ROWS = 40, TWIN_LINE_SIZE = 300 };

struct twin_watch {
    uint64_t row_count, rank_sum;
};

static int count_twin(void *context, const struct plan_row *row, uint64_t line, struct error *err)
{
    struct twin_watch *watch = context;
    watch->row_count++;
    watch->rank_sum += row->rank;
    return slice_is_equal(row->id, slice_of("bad"))
               ? error_set(err, ERROR_INPUT, "line %d is bad", (int)line)
               : 0;
}

static void *fork_twin(void *context)
{
    (void)context;
    return calloc(1, sizeof(struct twin_watch));
}

static void join_twin(void *context, void *forked, bool is_kept)
{
    struct twin_watch *watch = context;
    const struct twin_watch *other = forked;
    watch->row_count += is_kept ? other->row_count : 0;
    watch->rank_sum += is_kept ? other->rank_sum : 0;
    free(forked);
}

/* One line of a plan, wrong in one of many ways when `oddity` says so. */
static void put_twin_line(char *text, size_t line, unsigned oddity)
{
    char rank[16], id[48];
    snprintf(rank, sizeof rank, "%zu", line + 1);
    snprintf(id, sizeof id, "u%zu", line);
    static const char *const ids[] = {"\"with\nnewline\"", "\"a \"\"b\"\"\"", "bad", "x,y", ""};
    enum { ID_COUNT = sizeof ids / sizeof *ids };
    char row[TWIN_LINE_SIZE];
    if (oddity < ID_COUNT) {
        snprintf(id, sizeof id, "%s", ids[oddity]);
    } else if (oddity == ID_COUNT) {
        snprintf(rank, sizeof rank, "1"); /* twice, or not rising */
    } else if (oddity == ID_COUNT + 1) {
        snprintf(rank, sizeof rank, "none");
    }
    const char *day = oddity == ID_COUNT + 2 ? "12" : "11"; /* another window */
    snprintf(row, sizeof row,
             "%s,user,%s,profile,k,%s," MIDDLE
             ",sale,2026-11-%sT00:00:00Z,2026-11-14T00:00:00Z,2026-11-10T00:00:00Z\n",
             rank, id, line % 7 == 0 ? "skip" : "warm", day);
    strcat(text, oddity == ID_COUNT + 3 ? "\n" : row);
}

static void assert_twins(const char *path, uint64_t *kept_halves)
{
    struct plan_identity one, two;
    struct error one_err = {0}, two_err = {0};
    struct twin_watch one_watch = {0}, two_watch = {0};
    struct plan_limits alone = limits, halves = limits;
    alone.watch = halves.watch = count_twin;
    alone.watch_context = &one_watch;
    halves.watch_context = &two_watch;
    halves.fork = fork_twin;
    halves.join = join_twin;
    halves.split_from_bytes = 1;
    struct plan_reader *first = plan_reader_open(path, &alone, &one, &one_err);
    struct plan_reader *second = plan_reader_open(path, &halves, &two, &two_err);
    assert_int_equal(first == NULL, second == NULL);
    assert_string_equal(one_err.text, two_err.text);
    if (first != NULL) {
        assert_int_equal(one.row_count, two.row_count);
        assert_int_equal(one.warm_count, two.warm_count);
        assert_int_equal(one.last_rank, two.last_rank);
        assert_int_equal(one.size_bytes, two.size_bytes);
        assert_true(one.benefit_ms == two.benefit_ms); /* of whole numbers */
        assert_string_equal(one.digest, two.digest);
        assert_true(two_watch.row_count >= one.row_count); /* rows may be seen again */
        *kept_halves += two_watch.row_count == one.row_count;
    }
    plan_reader_close(first);
    plan_reader_close(second);
}

static void two_threads_find_what_one_finds(void **state)
{
    static char text[(TWIN_ROWS + 1) * TWIN_LINE_SIZE];
    enum { ODDITY_COUNT = 9 };
    uint64_t kept_halves = 0;
    for (size_t line = 0; line < TWIN_ROWS; line++) {
        for (unsigned oddity = 0; oddity <= ODDITY_COUNT; oddity++) {
            snprintf(text, sizeof text, "%s", HEADER);
            for (size_t i = 0; i < TWIN_ROWS; i++) {
                put_twin_line(text, i, i == line ? oddity : ODDITY_COUNT);
            }
            assert_twins(test_put_text(state, "plan.csv", text), &kept_halves);
        }
    }
    assert_true(kept_halves > TWIN_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(two_threads_find_what_one_finds),
        cmocka_unit_test(the_sum_tells_the_digest),
        cmocka_unit_test(spreadsheets_are_understood),
        cmocka_unit_test(times_of_sheets_are_understood),
        cmocka_unit_test(what_reviewers_add_is_left_alone),
        cmocka_unit_test(the_order_of_lines_does_not_matter),
        cmocka_unit_test(broken_plans_are_refused),
        cmocka_unit_test(old_plans_are_refused),
        cmocka_unit_test(deleted_rows_are_counted),
        cmocka_unit_test(an_abandoned_plan_leaves_the_old_one),
        cmocka_unit_test(long_ids_are_not_written),
        cmocka_unit_test(a_watcher_sees_every_row_and_may_refuse),
        cmocka_unit_test(narrow_rows_hold_what_the_loader_needs),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
