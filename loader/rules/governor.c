/* governor.c - see governor.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/governor.h"

#include <limits.h>

enum {
    CALM_US = 1000000,        /* so long all must be good before it goes on */
    SECOND_LOOK_US = 1000000, /* one spike of a critical load has ended long runs of other tools */
    TRICKLE_ROWS = 50,
    TRICKLE_REST_PERCENT = 200
};

/* What pauses the run; the others have laws of their own. */
static const enum health_gauge pausing[] = {HEALTH_THREADS_RUNNING, HEALTH_REPLICA_LAG_MS,
                                            HEALTH_THROTTLE_QUERY};

void governor_init(struct governor *governor, const struct governor_settings *settings,
                   int64_t now_us)
{
    *governor = (struct governor){.settings = *settings, .since_us = now_us};
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        chunk_law_init(&governor->laws[i], &settings->chunks);
    }
}

void governor_change(struct governor *governor, const struct governor_settings *settings)
{
    governor->settings = *settings;
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        chunk_law_change(&governor->laws[i], &settings->chunks);
    }
}

static struct health_verdict judge(const struct governor *governor, const struct health *health,
                                   int64_t now_us)
{
    struct health_verdict worst = {.level = HEALTH_GOOD};
    for (size_t i = 0; i < sizeof pausing / sizeof *pausing; i++) {
        struct health_verdict one =
            health_judge_one(health, &governor->settings.limits, pausing[i], now_us);
        if (one.level > worst.level) {
            worst = one;
        }
    }
    return worst;
}

static void enter(struct governor *governor, enum governor_state state, int64_t now_us)
{
    governor->state = state;
    governor->since_us = now_us;
    governor->good_since_us = 0;
}

static void go_on(struct governor *governor, int64_t now_us)
{
    enter(governor, GOVERNOR_RUNNING, now_us);
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        chunk_law_restart(&governor->laws[i]);
    }
}

static void step_paused(struct governor *governor, enum health_level level, int64_t now_us)
{
    if (level == HEALTH_CRITICAL) {
        enter(governor, GOVERNOR_SECOND_LOOK, now_us);
    } else if (level == HEALTH_BAD) {
        governor->good_since_us = 0;
    } else if (governor->good_since_us == 0) {
        governor->good_since_us = now_us;
    } else if (now_us - governor->good_since_us >= CALM_US) {
        go_on(governor, now_us);
    }
}

/* The one that was critical a second ago: is it still, by a reading that is younger than that? */
static void step_second_look(struct governor *governor, const struct health *health,
                             enum health_level level, int64_t now_us)
{
    int64_t read_us = health->readings[governor->why.gauge].at_us;
    if (now_us - governor->since_us < SECOND_LOOK_US || read_us <= governor->since_us) {
        return;
    }
    bool is_sleep = level == HEALTH_CRITICAL && governor->settings.hibernate_us > 0;
    enter(governor, is_sleep ? GOVERNOR_HIBERNATING : GOVERNOR_PAUSED, now_us);
}

static void step(struct governor *governor, const struct health *health, int64_t now_us)
{
    struct health_verdict verdict = judge(governor, health, now_us);
    if (verdict.level != HEALTH_GOOD && governor->state != GOVERNOR_HIBERNATING) {
        governor->why = verdict;
    }
    switch (governor->state) {
    case GOVERNOR_RUNNING:
        if (verdict.level != HEALTH_GOOD) {
            bool is_critical = verdict.level == HEALTH_CRITICAL;
            enter(governor, is_critical ? GOVERNOR_SECOND_LOOK : GOVERNOR_PAUSED, now_us);
        }
        return;
    case GOVERNOR_PAUSED:
        step_paused(governor, verdict.level, now_us);
        return;
    case GOVERNOR_SECOND_LOOK:
        step_second_look(governor, health, verdict.level, now_us);
        return;
    case GOVERNOR_HIBERNATING:
        if (now_us - governor->since_us >= governor->settings.hibernate_us) {
            enter(governor, GOVERNOR_SECOND_LOOK, now_us);
        }
        return;
    }
}

/* What is asked keeps step with what is written, so that a window is not asked for in one burst: a little faster, to stay
 * ahead; and the second look, which the writing waits for, several times as fast. */
static int lane_rate(const struct governor *governor, enum governor_lane lane)
{
    static const double ahead[GOVERNOR_LANE_COUNT] = {
        [GOVERNOR_FETCH] = 1.25, [GOVERNOR_RECHECK] = 5};
    double rate = (double)governor->settings.rows_per_second * ahead[lane];
    return rate >= INT_MAX ? 0 : (int)rate;
}

static struct governor_lane_orders lane_orders(const struct governor *governor,
                                               enum governor_lane lane)
{
    const struct chunk_law *law = &governor->laws[lane];
    struct governor_lane_orders orders = {.connections = law->connections,
                                          .rows = law->rows,
                                          .rest_percent = law->rest_percent,
                                          .rows_per_second = lane_rate(governor, lane)};
    if (governor->state == GOVERNOR_RUNNING) {
        return orders;
    }
    orders.connections = lane == GOVERNOR_RECHECK;
    orders.rows = law->rows < TRICKLE_ROWS ? law->rows : TRICKLE_ROWS;
    orders.rest_percent =
        law->rest_percent > TRICKLE_REST_PERCENT ? law->rest_percent : TRICKLE_REST_PERCENT;
    return orders;
}

struct governor_orders governor_tick(struct governor *governor, const struct governor_signs *signs,
                                     int64_t now_us)
{
    struct governor_orders orders = {0};
    step(governor, &signs->health, now_us);
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        if (governor->state == GOVERNOR_RUNNING) {
            chunk_law_note(&governor->laws[i], &signs->chunks[i], now_us);
        }
        orders.is_source_slow = orders.is_source_slow || chunk_law_is_holding(&governor->laws[i]);
        orders.lanes[i] = lane_orders(governor, (enum governor_lane)i);
    }
    struct health_verdict redis = health_judge_one(&signs->health, &governor->settings.limits,
                                                   HEALTH_REDIS_LATENCY_US, now_us);
    write_law_note(&governor->write_law, redis.level != HEALTH_GOOD, signs->written_per_second,
                   now_us);
    orders.state = governor->state;
    orders.rows_per_second = governor->write_law.rate;
    orders.why = governor->state == GOVERNOR_RUNNING ? (struct health_verdict){0} : governor->why;
    return orders;
}
