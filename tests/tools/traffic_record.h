/* traffic_record.h - what became of an application's requests, second by second and in all. Test tools; never installed. */
#ifndef REKINDLE_TESTS_TRAFFIC_RECORD_H
#define REKINDLE_TESTS_TRAFFIC_RECORD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRAFFIC_LATENCY_MAX = 1 << 22 };
#define TRAFFIC_COLUMNS "second,asked,denied,hits,misses,fallbacks,errors,source,p50_ms,p99_ms"

struct traffic_counts {
    uint64_t asked, denied, hits, misses, fallbacks, errors, source;
};

struct traffic_record {
    struct traffic_counts second, all; /* all.source: the most in a second */
    float *latencies;                  /* [TRAFFIC_LATENCY_MAX], the caller's */
    size_t latency_count;
    size_t first_latency; /* of this second */
};

static inline void traffic_record_latency(struct traffic_record *record, double latency_ms)
{
    if (record->latency_count < TRAFFIC_LATENCY_MAX) {
        record->latencies[record->latency_count++] = (float)latency_ms;
    }
}

static int traffic_by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double traffic_quantile(const float *sorted, size_t count, double share)
{
    return count == 0 ? 0 : (double)sorted[(size_t)(share * (double)(count - 1) + 0.5)];
}

/* The second's columns, without the line's end; the next second begins. Its latencies are sorted where they stand: the whole
 * is sorted again at the end. */
static void traffic_record_print_second(struct traffic_record *record, FILE *out, int number)
{
    struct traffic_counts *now = &record->second, *all = &record->all;
    float *first = record->latencies + record->first_latency;
    size_t count = record->latency_count - record->first_latency;
    qsort(first, count, sizeof *first, traffic_by_size);
    fprintf(out, "%d,%ju,%ju,%ju,%ju,%ju,%ju,%ju,%.2f,%.2f", number, (uintmax_t)now->asked,
            (uintmax_t)now->denied, (uintmax_t)now->hits, (uintmax_t)now->misses,
            (uintmax_t)now->fallbacks, (uintmax_t)now->errors, (uintmax_t)now->source,
            traffic_quantile(first, count, 0.5), traffic_quantile(first, count, 0.99));
    all->asked += now->asked;
    all->denied += now->denied;
    all->hits += now->hits;
    all->misses += now->misses;
    all->fallbacks += now->fallbacks;
    all->errors += now->errors;
    all->source = all->source > now->source ? all->source : now->source;
    *now = (struct traffic_counts){0};
    record->first_latency = record->latency_count;
}

/* One line on stdout. */
static void traffic_record_print_all(struct traffic_record *record)
{
    const struct traffic_counts *all = &record->all;
    float *first = record->latencies;
    qsort(first, record->latency_count, sizeof *first, traffic_by_size);
    printf("asked=%ju hits=%ju fallbacks=%ju errors=%ju source_peak=%ju p50_ms=%.2f p99_ms=%.2f\n",
           (uintmax_t)all->asked, (uintmax_t)all->hits, (uintmax_t)all->fallbacks,
           (uintmax_t)all->errors, (uintmax_t)all->source,
           traffic_quantile(first, record->latency_count, 0.5),
           traffic_quantile(first, record->latency_count, 0.99));
}

#endif
