/* log_ingest_test.c - whole logs through the room: accounts that add up, line numbers, trials, thresholds, tails. */
#include "predictor/ingest/log_ingest.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { PATH_SIZE = 256, KEPT_MAX = 8, ID_SIZE = 64, THREADS = 3 };

static const int64_t now_unix = 1767225600; /* 2026-01-01 */

/* All receivers of a test share one, under a lock: tests are about content. */
struct sink {
    pthread_mutex_t mutex;
    uint64_t count, id_hash, at_sum, size_sum, cost_sum;
    char first_ids[KEPT_MAX][ID_SIZE];
    bool fails;
};

static int take(void *self, const struct access_event *events, size_t count, struct error *err)
{
    struct sink *sink = self;
    pthread_mutex_lock(&sink->mutex);
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = (uint64_t)events[i].entity + 1469598103934665603u;
        for (size_t b = 0; b < events[i].id.size; b++) {
            hash = (hash ^ (unsigned char)events[i].id.bytes[b]) * 1099511628211u;
        }
        sink->id_hash += hash;
        sink->at_sum += (uint64_t)events[i].at_unix;
        sink->size_sum += events[i].size_bytes;
        sink->cost_sum += events[i].cost_us;
        if (sink->count < KEPT_MAX) {
            snprintf(sink->first_ids[sink->count], ID_SIZE, "%.*s", (int)events[i].id.size,
                     events[i].id.bytes);
        }
        sink->count++;
    }
    pthread_mutex_unlock(&sink->mutex);
    return sink->fails ? error_set(err, ERROR_RESOURCE, "the sink is full") : 0;
}

struct run {
    struct sink lines, tail;
    struct ingest_account account;
    struct log_ingest_result result;
    struct error err;
    int status;
};

/* Runs `options` over one file from `offset`. */
static void run_ingest(struct run *run, struct log_ingest_options options, const char *path,
                       uint64_t offset)
{
    struct event_receiver receivers[THREADS];
    struct log_mark mark;
    memset(&run->account, 0, sizeof run->account);
    run->status = -1;
    run->lines = (struct sink){.mutex = PTHREAD_MUTEX_INITIALIZER, .fails = run->lines.fails};
    run->tail = (struct sink){.mutex = PTHREAD_MUTEX_INITIALIZER};
    for (size_t i = 0; i < THREADS; i++) {
        receivers[i] = (struct event_receiver){.take = take, .self = &run->lines};
    }
    const struct log_receivers all = {.lines = receivers,
                                      .tail = {.take = take, .self = &run->tail}};
    options.thread_count = options.thread_count == 0 ? 2 : options.thread_count;
    options.layout.now_unix = now_unix;
    error_clear(&run->err);
    struct log_ingest *ingest = log_ingest_new(&options, &run->err);
    struct log_file *file = ingest == NULL ? NULL : log_file_open(path, &run->err);
    if (file != NULL && log_file_skip(file, offset, &mark, &run->err) == 0 &&
        log_ingest_parse(ingest, file, &all, &run->result, &run->err) == 0) {
        run->status = log_ingest_finish(ingest, &run->err);
    }
    if (ingest != NULL) {
        run->account = *log_ingest_account(ingest);
        uint64_t sum = 0;
        for (size_t fate = 0; fate < LINE_FATE_COUNT; fate++) {
            sum += run->account.fates[fate];
        }
        assert_int_equal(sum, run->account.lines);
        assert_int_equal(run->account.fates[LINE_WITH_EVENT] +
                             ingest_account_ignored_count(&run->account) +
                             ingest_account_bad_count(&run->account),
                         run->account.lines);
    }
    log_file_close(file);
    log_ingest_free(ingest);
}

struct place {
    char folder[PATH_SIZE], log[PATH_SIZE + 16], bad[PATH_SIZE + 16];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *folder = getenv("TMPDIR");
    snprintf(place->folder, sizeof place->folder, "%s/log-ingest-XXXXXX",
             folder == NULL ? "/tmp" : folder);
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->log, sizeof place->log, "%s/log", place->folder);
    snprintf(place->bad, sizeof place->bad, "%s/bad.tsv", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->log);
    unlink(place->bad);
    rmdir(place->folder);
    free(place);
    return 0;
}

static void write_log(const struct place *place, const char *bytes, size_t size)
{
    FILE *out = fopen(place->log, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static struct log_ingest_options csv_options(void)
{
    return (struct log_ingest_options){
        .layout = {.format = "csv",
                   .columns = "time=ts,user=user,product=item,size=bytes,cost=ms,status=st"},
        .max_bad_share = 1};
}

static void every_line_has_its_fate(void **state)
{
    struct place *place = *state;
    static const char log[] = "\xEF\xBB\xBFts,user,item,bytes,ms,st\r\n"
                              "1700000000,u1,i1,100,1.5,200\r\n" /* two events */
                              "1700000001,u2,-,,,200\n"          /* a user alone */
                              "1700000002,,-,1,1,200\n"          /* none */
                              "\n"                               /* blank */
                              "1700000003,u3,i3,1,1,500\n"       /* status */
                              "soon,u,i,1,1,200\n"               /* 7: time */
                              "1893456000,u,i,1,1,200\n"         /* 8: future */
                              "100,u,i,1,1,200\n"                /* 9: early */
                              "1700000000,u,i,1,1,ok\n"          /* 10: status */
                              "1700000000,u,i,x,1,200\n"         /* 11: number */
                              "1700000000,u,i\n"                 /* 12: columns */
                              "1700000000,\"u,i,1,1,200\n"       /* 13: quotes */
                              "1700000000,u\0x,i,1,1,200\n"      /* 14: NUL */
                              "1700000004,\"a \"\"q\"\"\",\xF0\x9F\x98\x80,7,0.25,200";
    static const enum line_fate bad[] = {LINE_BAD_TIME,   LINE_BAD_FUTURE, LINE_BAD_EARLY,
                                         LINE_BAD_STATUS, LINE_BAD_NUMBER, LINE_BAD_COLUMN_COUNT,
                                         LINE_BAD_QUOTES, LINE_BAD_NUL};
    static const size_t columns[] = {1, 1, 1, 20, 16, 15, 24, 13};
    write_log(place, log, sizeof log - 1);
    struct run run = {.status = 0};
    struct log_ingest_options options = csv_options();
    options.layout.status = "200-399";
    run_ingest(&run, options, place->log, 0);
    assert_string_equal(run.err.text, "");
    assert_int_equal(run.status, 0);
    assert_int_equal(run.account.lines, 15);
    assert_int_equal(run.account.fates[LINE_WITH_EVENT], 3);
    assert_int_equal(run.account.fates[LINE_IGNORED_HEADER], 1);
    assert_int_equal(run.account.fates[LINE_IGNORED_BLANK], 1);
    assert_int_equal(run.account.fates[LINE_IGNORED_NO_ID], 1);
    assert_int_equal(run.account.fates[LINE_IGNORED_STATUS], 1);
    assert_int_equal(run.account.sample_count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(run.account.samples[i].fate, bad[i]);
        assert_int_equal(run.account.samples[i].line_number, i + 7);
        assert_int_equal(run.account.samples[i].column, columns[i]);
        assert_string_equal(run.account.samples[i].name, place->log);
    }
    assert_string_equal(run.account.samples[7].excerpt, "1700000000,u\\x00x,i,1,1,200");
    assert_int_equal(run.lines.count, 3);
    assert_string_equal(run.lines.first_ids[0], "u1");
    assert_string_equal(run.lines.first_ids[1], "i1");
    assert_string_equal(run.lines.first_ids[2], "u2");
    assert_int_equal(run.lines.size_sum, 200);
    assert_int_equal(run.lines.cost_sum, 3000);
    assert_int_equal(run.tail.count, 2);
    assert_string_equal(run.tail.first_ids[0], "a \"q\"");
    assert_int_equal(run.tail.cost_sum, 500);
    assert_int_equal(run.result.whole.size, sizeof log - 1);
    assert_true(run.result.complete.size < run.result.whole.size);
}

static void a_grown_log_is_read_from_where_it_stopped(void **state)
{
    struct place *place = *state;
    static const char log[] = "ts,user\n1700000000,u1\n1700000001,u2\nbad\n17000";
    write_log(place, log, sizeof log - 1);
    struct run run = {.status = 0};
    struct log_ingest_options options = csv_options();
    options.layout.columns = "time=ts,user=user";
    run_ingest(&run, options, place->log, 0);
    assert_int_equal(run.status, 0);
    assert_int_equal(run.account.fates[LINE_IGNORED_UNFINISHED], 1);
    assert_int_equal(ingest_account_bad_count(&run.account), 1);
    uint64_t complete = run.result.complete.size;
    assert_int_equal(complete, sizeof log - 1 - 5);

    static const char grown[] =
        "ts,user\n1700000000,u1\n1700000001,u2\nbad\n1700000002,u3\nworse\n";
    write_log(place, grown, sizeof grown - 1);
    run_ingest(&run, options, place->log, complete);
    assert_int_equal(run.status, 0);
    assert_int_equal(run.account.lines, 2);
    assert_int_equal(run.lines.count, 1);
    assert_string_equal(run.lines.first_ids[0], "u3");
    assert_int_equal(run.account.samples[0].line_number, 6);
    assert_true(log_mark_is_equal(&run.result.complete, &run.result.whole));
    assert_true(
        log_digest_is_equal(run.result.whole.digest, log_digest_of(grown, sizeof grown - 1)));
}

static void an_empty_log_is_no_error(void **state)
{
    struct place *place = *state;
    struct run run = {.status = 0};
    write_log(place, "", 0);
    run_ingest(&run, csv_options(), place->log, 0);
    assert_int_equal(run.status, 0);
    assert_int_equal(run.account.lines, 0);
    assert_int_equal(run.result.whole.size, 0);
}

/* The same log with one thread and with three: same events, same account, same samples, same file of bad lines. */
static void threads_change_nothing(void **state)
{
    struct place *place = *state;
    enum { LINES = 200000 };
    FILE *out = fopen(place->log, "wb");
    assert_non_null(out);
    for (int i = 0; i < LINES; i++) {
        if (i % 9973 == 5) {
            fprintf(out, "broken\tline %d\n", i);
        } else if (i == LINES / 2) {
            for (int b = 0; b < LINE_SIZE_MAX + 3000000; b++) {
                putc('x', out);
            }
            putc('\n', out);
        } else {
            fprintf(out, "{\"ts\":\"2025-03-%02dT10:00:%02dZ\",\"u\":\"us\\u00e9r%d\"}\n",
                    1 + i % 28, i % 60, i % 5000);
        }
    }
    fclose(out);
    struct log_ingest_options options = {
        .layout = {.format = "ndjson", .columns = "time=ts,user=u"},
        .max_bad_share = 0.2,
        .bad_lines_path = place->bad};
    struct run one = {.status = 0}, three = {.status = 0};
    struct stat first, second;
    options.thread_count = 1;
    run_ingest(&one, options, place->log, 0);
    assert_int_equal(one.status, 0);
    assert_int_equal(stat(place->bad, &first), 0);
    options.thread_count = THREADS;
    run_ingest(&three, options, place->log, 0);
    assert_int_equal(three.status, 0);
    assert_int_equal(stat(place->bad, &second), 0);
    assert_int_equal(one.account.lines, LINES);
    assert_int_equal(ingest_account_bad_count(&one.account), 22);
    assert_int_equal(one.account.fates[LINE_BAD_TOO_LONG], 1);
    assert_memory_equal(&one.account, &three.account, sizeof one.account);
    assert_int_equal(one.account.samples[1].line_number, 9973 + 5 + 1);
    assert_string_equal(one.account.samples[1].excerpt, "broken\\tline 9978");
    assert_int_equal(one.account.samples[11].line_number, LINES / 2 + 1);
    assert_int_equal(one.lines.id_hash, three.lines.id_hash);
    assert_int_equal(one.lines.at_sum, three.lines.at_sum);
    assert_int_equal(one.lines.count, LINES - 22);
    assert_int_equal(first.st_size, second.st_size);
}

static void bad_lines_are_written_out(void **state)
{
    struct place *place = *state;
    static const char log[] = "time,user\n1700000000,u\n1700000000,u\nso\ton,\\u\xFF\n";
    write_log(place, log, sizeof log - 1);
    struct run run = {.status = 0};
    struct log_ingest_options options = csv_options();
    options.layout.columns = "time=time,user=user";
    options.bad_lines_path = place->bad;
    run_ingest(&run, options, place->log, 0);
    assert_int_equal(run.status, 0);
    char text[PATH_SIZE * 2] = "", expected[PATH_SIZE * 2];
    FILE *in = fopen(place->bad, "rb");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    snprintf(expected, sizeof expected, "%s\t4\tnot a time\t1\tso\\ton,\\\\u\\xFF\n", place->log);
    assert_string_equal(text, expected);
}

static void a_wrong_format_fails_at_once(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *format, *columns, *user, *log, *message;
    } cases[] = {
        {"common", NULL, "field:remote_user", "{\"a\":1}\n{\"a\":2}\n",
         ":1: not of this format, at column 1 of '{\"a\":1}' (2 of the first 2 lines are bad as "
         "--format common); it can be read as --format ndjson"},
        {"ndjson", "time=ts,user=u", NULL,
         "::1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"\n",
         ":1: not one JSON object, at column 1 of '::1 - - [17/May/2015:10:05:03 +0000] \"GET / "
         "HTTP/1.1\" 200 5 \"-\" \"curl\"' (1 of the first 1 lines are bad as --format ndjson); it "
         "can be read as --format combined"},
        {"csv", "time=1,user=2", NULL, "a,b\nc,d\n",
         ":1: not a time, at column 1 of 'a,b' (2 of the first 2 lines are bad as --format csv)"},
        {"csv", "time=1,user=2", NULL,
         "1700000000,u\n1700000000,u\na,b\nc,d\n1,\n1,\n1,\n1,\n1,\n1,\n1,\n1,\n1,\n1,\n1,\n1,\n1,"
         "\n1,\n1,\n1,\n",
         ":3: not a time, at column 1 of 'a,b' (18 of the first 20 lines are bad as --format csv); "
         "if that is to be expected, raise --max-bad-share"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = {.status = 0};
        write_log(place, cases[i].log, strlen(cases[i].log));
        struct log_ingest_options options = {.layout = {.format = cases[i].format,
                                                        .columns = cases[i].columns,
                                                        .user_rule = cases[i].user},
                                             .max_bad_share = 0.8};
        run_ingest(&run, options, place->log, 0);
        char expected[ERROR_TEXT_SIZE];
        snprintf(expected, sizeof expected, "%s%s", place->log, cases[i].message);
        assert_int_equal(run.status, -1);
        assert_int_equal(run.err.kind, ERROR_INPUT);
        assert_string_equal(run.err.text, expected);
        assert_int_equal(run.lines.count, 0);
    }
}

static void too_many_bad_lines_are_an_error(void **state)
{
    struct place *place = *state;
    static const char log[] = "ts,user\n1700000000,u\n1700000000,u\nx,u\ny,u\n1,u\n";
    write_log(place, log, sizeof log - 1);
    struct run run = {.status = 0};
    struct log_ingest_options options = csv_options();
    options.layout.columns = "time=ts,user=user";
    options.max_bad_share = 0.5;
    run_ingest(&run, options, place->log, 0);
    assert_int_equal(run.status, 0);
    options.max_bad_share = 0.49;
    run_ingest(&run, options, place->log, 0);
    char expected[ERROR_TEXT_SIZE];
    snprintf(expected, sizeof expected,
             "3 of 6 lines are bad (50.0%%, allowed are 49.0%%: --max-bad-share): not a time 2, "
             "time before 1990 1; the first is %s:4: x,u",
             place->log);
    assert_int_equal(run.status, -1);
    assert_int_equal(run.err.kind, ERROR_INPUT);
    assert_string_equal(run.err.text, expected);
}

static void a_failing_receiver_ends_it(void **state)
{
    struct place *place = *state;
    static const char log[] = "ts,user\n1700000000,u\n";
    write_log(place, log, sizeof log - 1);
    struct run run = {.status = 0, .lines = {.fails = true}};
    struct log_ingest_options options = csv_options();
    options.layout.columns = "time=ts,user=user";
    run_ingest(&run, options, place->log, 0);
    assert_int_equal(run.status, -1);
    assert_int_equal(run.err.kind, ERROR_RESOURCE);
    assert_string_equal(run.err.text, "the sink is full");
}

static void options_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct log_layout_options layout;
        const char *message;
    } cases[] = {
        {{.format = NULL},
         "which format? --format combined, common, nginx:LOG_FORMAT, csv or ndjson"},
        {{.format = "apache"},
         "--format 'apache' is not known; there are combined, common, "
         "nginx:LOG_FORMAT, csv and ndjson"},
        {{.format = "csv:x"},
         "--format 'csv:x' is not known; there are combined, common, "
         "nginx:LOG_FORMAT, csv and ndjson"},
        {{.format = "nginx"},
         "--format nginx: needs the text of log_format, as "
         "'nginx:$remote_addr [$time_local] \"$request\" $status'"},
        {{.format = "csv"},
         "--format csv needs --columns, as time=ts,user=user_id,product=item_id"},
        {{.format = "combined", .columns = "time=t"},
         "--columns is for csv and ndjson, not for web logs"},
        {{.format = "combined", .delimiter = ";"}, "--delimiter is for csv only"},
        {{.format = "combined"},
         "neither user nor product is asked for: give --user cookie:uid, --product "
         "path:/product/{id} or the like (columns: user=, product=)"},
        {{.format = "csv", .columns = "time=t,user=u", .user_rule = "field:v"},
         "--user and user= in --columns: only one of them, please"},
        {{.format = "csv", .columns = "time=t,user=u", .status = "200"},
         "--status, but this format has no status (columns: status=)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct log_ingest_options options = {.layout = cases[i].layout, .max_bad_share = 0.2};
        assert_null(log_ingest_new(&options, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.text, cases[i].message);
    }
}

/* The real logs; without them there is nothing to compare with. */
static void real_logs_add_up(void **state)
{
    (void)state;
    const char *shared = getenv("REKINDLE_SHARED");
    char path[PATH_SIZE * 2];
    struct run run = {.status = 0};
    snprintf(path, sizeof path, "%s/data/weblogs/elastic_apache_logs.log",
             shared == NULL ? "../shared" : shared);
    if (access(path, R_OK) != 0) {
        print_message("no real data at %s: not compared\n", path);
        return;
    }
    struct log_ingest_options web = {
        .layout = {.format = "combined", .user_rule = "field:remote_addr"}, .max_bad_share = 0};
    run_ingest(&run, web, path, 0);
    assert_int_equal(run.status, 0);
    assert_int_equal(run.account.fates[LINE_WITH_EVENT], 10000);

    uint64_t lines = 0, bad = 0, with_event = 0;
    web.max_bad_share = 0.9;
    for (int i = 1; i <= 9; i++) {
        snprintf(path, sizeof path, "%s/data/weblogs/erddap/tomcat-access.log.%d",
                 shared == NULL ? "../shared" : shared, i);
        run_ingest(&run, web, path, 0);
        assert_int_equal(run.status, 0);
        lines += run.account.lines;
        bad += ingest_account_bad_count(&run.account);
        with_event += run.account.fates[LINE_WITH_EVENT];
    }
    assert_int_equal(lines, 16275);
    assert_int_equal(bad, 5796);
    assert_int_equal(with_event, 16275 - 5796);

    snprintf(path, sizeof path, "%s/data/online_retail_dev.events.csv.gz",
             shared == NULL ? "../shared" : shared);
    struct log_ingest_options retail = csv_options();
    retail.layout.columns = "time=ts,user=user_id";
    run_ingest(&run, retail, path, 0);
    assert_int_equal(run.status, 0);
    assert_int_equal(run.account.events[ENTITY_USER], 417534);
    assert_int_equal(run.account.events[ENTITY_PRODUCT], 0);
    assert_int_equal(ingest_account_bad_count(&run.account), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_has_its_fate),
        cmocka_unit_test(a_grown_log_is_read_from_where_it_stopped),
        cmocka_unit_test(an_empty_log_is_no_error),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(bad_lines_are_written_out),
        cmocka_unit_test(a_wrong_format_fails_at_once),
        cmocka_unit_test(too_many_bad_lines_are_an_error),
        cmocka_unit_test(a_failing_receiver_ends_it),
        cmocka_unit_test(options_that_do_not_fit_are_refused),
        cmocka_unit_test(real_logs_add_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
