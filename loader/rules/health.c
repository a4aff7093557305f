/* health.c - see health.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/health.h"

#include <assert.h>
#include <stdio.h>

#include "common/units.h"

static const double US_PER_SECOND = 1e6;

static const struct {
    const char *name, *words, *unit;
} gauges[] = {
    [HEALTH_CHUNK_MS] = {"chunk_ms", "question to the database", "ms"},
    [HEALTH_THREADS_RUNNING] = {"threads_running", "Threads_running", ""},
    [HEALTH_REPLICA_LAG_MS] = {"replica_lag_ms", "replica lag", "ms"},
    [HEALTH_THROTTLE_QUERY] = {"throttle_query", "throttle query", ""},
    [HEALTH_REDIS_LATENCY_US] = {"redis_latency_us", "Redis latency", "us"},
    [HEALTH_EVICTIONS] = {"evictions", "evictions", "/s"},
    [HEALTH_ERRORS] = {"errors", "errors", "/s"},
};
_Static_assert(sizeof gauges / sizeof *gauges == HEALTH_GAUGE_COUNT, "every gauge has its words");

void health_read(struct health *health, enum health_gauge gauge, double value, int64_t now_us)
{
    assert(gauge < HEALTH_GAUGE_COUNT);
    health->readings[gauge] = (struct health_reading){.value = value, .at_us = now_us};
}

struct health_verdict health_judge_one(const struct health *health,
                                       const struct health_limits *limits, enum health_gauge gauge,
                                       int64_t now_us)
{
    assert(gauge < HEALTH_GAUGE_COUNT);
    const struct health_reading *reading = &health->readings[gauge];
    const struct health_limit *limit = &limits->limits[gauge];
    struct health_verdict verdict = {.gauge = gauge,
                                     .value = reading->value,
                                     .limit = limit->soft,
                                     .age_us = reading->at_us == 0 ? -1 : now_us - reading->at_us};
    if (!limit->is_watched) {
        return verdict;
    }
    bool is_never = verdict.age_us < 0;
    verdict.is_stale = limit->stale_us > 0 && (is_never || verdict.age_us > limit->stale_us);
    if (verdict.is_stale) {
        verdict.level = HEALTH_BAD;
    } else if (!is_never && limit->critical > 0 && reading->value > limit->critical) {
        verdict.level = HEALTH_CRITICAL;
        verdict.limit = limit->critical;
    } else if (!is_never && reading->value > limit->soft) {
        verdict.level = HEALTH_BAD;
    }
    return verdict;
}

struct health_verdict health_judge(const struct health *health, const struct health_limits *limits,
                                   int64_t now_us)
{
    struct health_verdict worst = {.level = HEALTH_GOOD};
    for (int i = 0; i < HEALTH_GAUGE_COUNT; i++) {
        struct health_verdict one = health_judge_one(health, limits, (enum health_gauge)i, now_us);
        if (one.level > worst.level) {
            worst = one;
        }
    }
    return worst;
}

const char *health_print(char text[HEALTH_TEXT_SIZE], const struct health_verdict *verdict)
{
    char age[UNITS_TEXT_SIZE];
    const char *words = gauges[verdict->gauge].words, *unit = gauges[verdict->gauge].unit;
    if (verdict->level == HEALTH_GOOD) {
        text[0] = '\0';
    } else if (!verdict->is_stale) {
        snprintf(text, HEALTH_TEXT_SIZE, "%s %.6g%s, limit %.6g%s", words, verdict->value, unit,
                 verdict->limit, unit);
    } else if (verdict->age_us < 0) {
        snprintf(text, HEALTH_TEXT_SIZE, "%s never known", words);
    } else {
        units_print_duration(age, (double)verdict->age_us / US_PER_SECOND);
        snprintf(text, HEALTH_TEXT_SIZE, "%s unknown for %s", words, age);
    }
    return text;
}

const char *health_gauge_name(enum health_gauge gauge)
{
    assert(gauge < HEALTH_GAUGE_COUNT);
    return gauges[gauge].name;
}
