/* pace.c - see pace.h.
 * Room: loader/run. May touch: nothing. */
#include "loader/run/pace.h"

#include <assert.h>

static const double US_PER_SECOND = 1e6;
static const double BUCKET_SECOND = 0.2;

static const struct {
    const char *text, *word;
} reasons[] = {
    [THROTTLE_PAUSE] = {"paused by the switch", "paused"},
    [THROTTLE_ROW_RATE] = {"row rate limit", "rate"},
    [THROTTLE_SOURCE] = {"waiting for the database", "database"},
    [THROTTLE_RECHECK] = {"waiting for young versions to settle", "recheck"},
};
_Static_assert(sizeof reasons / sizeof *reasons == THROTTLE_REASON_COUNT,
               "every reason has its words");

void pace_init(struct pace *pace, uint64_t rows_per_second, int64_t now_us)
{
    *pace = (struct pace){.rows_per_second = (double)rows_per_second, .filled_us = now_us};
    double capacity = pace->rows_per_second * BUCKET_SECOND;
    pace->capacity = capacity < 1 ? 1 : capacity;
}

static void fill(struct pace *pace, int64_t now_us)
{
    double elapsed_second = (double)(now_us - pace->filled_us) / US_PER_SECOND;
    if (elapsed_second > 0) {
        pace->tokens += elapsed_second * pace->rows_per_second;
        pace->filled_us = now_us;
    }
    if (pace->tokens > pace->capacity) {
        pace->tokens = pace->capacity;
    }
}

/* Half a bucket is worth a write: waking up for single rows would cost more than it gives. */
static double worth_writing(const struct pace *pace, uint64_t wanted)
{
    double half = pace->capacity / 2;
    double least = (double)wanted < half ? (double)wanted : half;
    return least < 1 ? 1 : least;
}

uint64_t pace_take(struct pace *pace, uint64_t wanted, int64_t now_us, int64_t *wait_us)
{
    assert(wanted > 0);
    *wait_us = 0;
    if (pace->rows_per_second <= 0) {
        return wanted;
    }
    fill(pace, now_us);
    double least = worth_writing(pace, wanted);
    if (pace->tokens < least) {
        *wait_us = (int64_t)((least - pace->tokens) / pace->rows_per_second * US_PER_SECOND) + 1;
        return 0;
    }
    uint64_t taken = pace->tokens < (double)wanted ? (uint64_t)pace->tokens : wanted;
    pace->tokens -= (double)taken;
    return taken;
}

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
