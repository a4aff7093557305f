/* pace.c - see pace.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/pace.h"

#include <assert.h>

static const double US_PER_SECOND = 1e6;
static const double BUCKET_SECOND = 0.2, BURST_SECOND = 0.001, BURST_MAX_SECOND = 0.01;
static const double CATCH_UP = 2; /* times the limit, while the bucket has something saved up */

static const struct {
    const char *text, *word;
} reasons[] = {
    [THROTTLE_PAUSE] = {"paused by the switch", "paused"},
    [THROTTLE_ROW_RATE] = {"row rate limit", "rate"},
    [THROTTLE_BYTE_RATE] = {"byte rate limit", "bytes"},
    [THROTTLE_THREADS] = {"Threads_running over its limit", "threads"},
    [THROTTLE_HIBERNATE] = {"critical Threads_running: slept", "hibernating"},
    [THROTTLE_LAG] = {"replica lag over its limit", "lag"},
    [THROTTLE_QUERY] = {"throttle query said so", "query"},
    [THROTTLE_CHUNKS] = {"slow database asked gently", "slow_database"},
    [THROTTLE_REDIS] = {"Redis latency over its limit", "redis"},
    [THROTTLE_SOURCE] = {"waiting for the database", "database"},
    [THROTTLE_SOAK] = {"watching between two waves", "soak"},
    [THROTTLE_RECHECK] = {"waiting for young versions to settle", "recheck"},
    [THROTTLE_MEMORY] = {"memory of Redis", "memory"},
};
_Static_assert(sizeof reasons / sizeof *reasons == THROTTLE_REASON_COUNT,
               "every reason has its words");

/* ---- one limit */

static void set_limit(struct pace_limit *limit, double per_second, int64_t now_us)
{
    if (limit->per_second <= 0) {
        limit->filled_us = now_us;
        limit->tokens = 0;
    }
    limit->per_second = per_second;
    double capacity = per_second * BUCKET_SECOND;
    limit->capacity = capacity < 1 ? 1 : capacity;
}

static void fill(struct pace_limit *limit, int64_t now_us)
{
    double elapsed_second = (double)(now_us - limit->filled_us) / US_PER_SECOND;
    if (elapsed_second > 0) {
        limit->tokens += elapsed_second * limit->per_second;
        limit->filled_us = now_us;
    }
    if (limit->tokens > limit->capacity) {
        limit->tokens = limit->capacity;
    }
}

/* Empties the slots that have passed since the newest. */
static void turn(struct pace_limit *limit, int64_t now_us)
{
    int64_t slot = now_us / PACE_SLOT_US;
    if (slot - limit->slot >= PACE_SLOT_COUNT) {
        limit->slot = slot - PACE_SLOT_COUNT;
    }
    while (limit->slot < slot) {
        limit->slot++;
        limit->spent[limit->slot % PACE_SLOT_COUNT] = 0;
    }
}

static double spent_in_last_second(struct pace_limit *limit, int64_t now_us)
{
    double sum = 0;
    turn(limit, now_us);
    for (int i = 0; i < PACE_SLOT_COUNT; i++) {
        sum += limit->spent[i];
    }
    return sum;
}

/* What may be spent now: what the bucket holds, and what the last second has left. */
static double left_now(struct pace_limit *limit, int64_t now_us)
{
    fill(limit, now_us);
    double left = limit->per_second - spent_in_last_second(limit, now_us);
    left = left < limit->tokens ? left : limit->tokens;
    return left < 0 ? 0 : left;
}

static void spend(struct pace_limit *limit, double amount, int64_t now_us)
{
    turn(limit, now_us);
    limit->spent[limit->slot % PACE_SLOT_COUNT] += amount;
}

/* ---- rows and bytes */

void pace_init(struct pace *pace, uint64_t rows_per_second, int64_t now_us)
{
    *pace = (struct pace){0};
    set_limit(&pace->rows, (double)rows_per_second, now_us);
}

void pace_set_rows(struct pace *pace, double rows_per_second, int64_t now_us)
{
    set_limit(&pace->rows, rows_per_second, now_us);
}

void pace_set_bytes(struct pace *pace, double bytes_per_second, int64_t now_us)
{
    set_limit(&pace->bytes, bytes_per_second, now_us);
}

double pace_rows_per_second(const struct pace *pace)
{
    return pace->rows.per_second;
}

/* A thousandth of a second is worth a write: others wait no longer behind it in Redis. Where Redis is further away than
 * that, it is as much as the way there and back took, a hundredth at most. */
static double burst_of(const struct pace_limit *limit, int64_t now_us)
{
    double second = (double)(now_us - limit->taken_us) / US_PER_SECOND;
    second = second > BURST_MAX_SECOND ? BURST_MAX_SECOND : second;
    second = second < BURST_SECOND ? BURST_SECOND : second;
    double burst = limit->per_second * second;
    return burst < 1 ? 1 : burst;
}

uint64_t pace_take(struct pace *pace, uint64_t wanted, int64_t now_us, int64_t *wait_us)
{
    struct pace_limit *limit = &pace->rows;
    assert(wanted > 0);
    *wait_us = 0;
    if (limit->per_second <= 0) {
        return wanted;
    }
    double left = left_now(limit, now_us), burst = burst_of(limit, now_us);
    double least = (double)wanted < burst ? (double)wanted : burst;
    if (now_us < limit->next_us) {
        *wait_us = limit->next_us - now_us;
        return 0;
    }
    if (left < least) {
        double missing = least - limit->tokens;
        *wait_us =
            missing > 0 ? (int64_t)(missing / limit->per_second * US_PER_SECOND) + 1 : PACE_SLOT_US;
        return 0;
    }
    uint64_t taken = (uint64_t)least;
    limit->tokens -= (double)taken;
    limit->taken_us = now_us;
    limit->next_us =
        now_us + (int64_t)((double)taken / limit->per_second / CATCH_UP * US_PER_SECOND);
    return taken;
}

uint64_t pace_bytes_now(struct pace *pace, int64_t now_us)
{
    return pace->bytes.per_second <= 0 ? UINT64_MAX : (uint64_t)left_now(&pace->bytes, now_us);
}

uint64_t pace_bytes_most(const struct pace *pace)
{
    return pace->bytes.per_second <= 0 ? UINT64_MAX : (uint64_t)pace->bytes.capacity;
}

void pace_spend(struct pace *pace, uint64_t row_count, uint64_t bytes, int64_t now_us)
{
    spend(&pace->rows, (double)row_count, now_us);
    spend(&pace->bytes, (double)bytes, now_us);
    pace->bytes.tokens -= (double)bytes;
}

/* ---- the account */

void pace_account(struct pace *pace, enum throttle_reason reason, int64_t waited_us)
{
    if (waited_us > 0) {
        pace->throttled_us[reason] += waited_us;
    }
}

const char *pace_reason_text(enum throttle_reason reason)
{
    assert(reason < THROTTLE_REASON_COUNT);
    return reasons[reason].text;
}

const char *pace_reason_word(enum throttle_reason reason)
{
    assert(reason < THROTTLE_REASON_COUNT);
    return reasons[reason].word;
}
