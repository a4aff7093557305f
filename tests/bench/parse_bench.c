/* parse_bench.c - how long the ingest room takes for a line, all alone: events are counted and dropped.
 * Usage: parse_bench THREADS FORMAT COLUMNS|- USER_RULE|- PRODUCT_RULE|- FILE...
 * Prints one CSV row: lines, events, bad, ignored, seconds, ns a line, MB of memory at most. */
#include "predictor/ingest/log_ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { ARGUMENTS_MIN = 7, THREADS_MAX = 64, CACHE_LINE = 64 };

struct counter {
    _Alignas(CACHE_LINE) uint64_t events;
    uint64_t id_bytes;
};

static int count_events(void *self, const struct access_event *events, size_t count,
                        struct error *err)
{
    (void)err;
    struct counter *counter = self;
    counter->events += count;
    for (size_t i = 0; i < count; i++) {
        counter->id_bytes += events[i].id.size;
    }
    return 0;
}

static const char *given(const char *argument)
{
    return strcmp(argument, "-") == 0 ? NULL : argument;
}

static double now_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fail(const struct error *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit((int)err->kind);
}

static void print_row(const struct log_ingest *ingest, double second)
{
    const double million = 1e6, billion = 1e9, kib_per_mib = 1024;
    const struct ingest_account *account = log_ingest_account(ingest);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("lines,user_events,product_events,bad,ignored,seconds,ns_per_line,peak_mib\n");
    printf("%llu,%llu,%llu,%llu,%llu,%.3f,%.1f,%.0f\n", (unsigned long long)account->lines,
           (unsigned long long)account->events[ENTITY_USER],
           (unsigned long long)account->events[ENTITY_PRODUCT],
           (unsigned long long)ingest_account_bad_count(account),
           (unsigned long long)ingest_account_ignored_count(account), second,
           second * billion / (double)(account->lines == 0 ? 1 : account->lines),
           (double)usage.ru_maxrss / kib_per_mib);
    fprintf(stderr, "%.2f M lines/s\n", (double)account->lines / second / million);
}

int main(int argc, char **argv)
{
    enum { THREADS = 1, FORMAT, COLUMNS, USER, PRODUCT, FILES };
    if (argc < ARGUMENTS_MIN) {
        fprintf(stderr, "parse_bench THREADS FORMAT COLUMNS|- USER|- PRODUCT|- FILE...\n");
        return ERROR_USAGE;
    }
    struct error err;
    struct counter counters[THREADS_MAX + 1] = {{0}};
    struct event_receiver receivers[THREADS_MAX + 1];
    for (size_t i = 0; i <= THREADS_MAX; i++) {
        receivers[i] = (struct event_receiver){.take = count_events, .self = &counters[i]};
    }
    struct log_ingest_options options = {.layout = {.format = argv[FORMAT],
                                                    .columns = given(argv[COLUMNS]),
                                                    .user_rule = given(argv[USER]),
                                                    .product_rule = given(argv[PRODUCT]),
                                                    .now_unix = time(NULL)},
                                         .max_bad_share = 0.5,
                                         .thread_count = (size_t)strtoul(argv[THREADS], NULL, 0)};
    struct log_ingest *ingest = log_ingest_new(&options, &err);
    if (ingest == NULL) {
        fail(&err);
    }
    const struct log_receivers log_receivers = {.lines = receivers, .tail = receivers[THREADS_MAX]};
    double started = now_second();
    for (int i = FILES; i < argc; i++) {
        struct log_ingest_result result;
        struct log_file *file = log_file_open(argv[i], &err);
        if (file == NULL || log_ingest_parse(ingest, file, &log_receivers, &result, &err) != 0) {
            fail(&err);
        }
        log_file_close(file);
    }
    double second = now_second() - started;
    if (log_ingest_finish(ingest, &err) != 0) {
        fail(&err);
    }
    print_row(ingest, second);
    log_ingest_free(ingest);
    return 0;
}
