/* rank_facts.c - see rank_facts.h.
 * Room: predictor/rank. May touch: nothing. */
#include "predictor/rank/rank_facts.h"

static int64_t start_of(const struct rank_frame *frame, const struct active_bucket *bucket)
{
    return (int64_t)bucket->bucket * frame->bucket_second;
}

/* How many of the buckets, which ascend, start before `at_unix`. */
static size_t count_before(const struct rank_frame *frame, const struct active_bucket *buckets,
                           size_t count, int64_t at_unix)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (start_of(frame, &buckets[middle]) < at_unix) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int64_t day_of(const struct zone *zone, int64_t at_unix)
{
    int64_t local = at_unix + zone_offset_second(zone, at_unix);
    return (local < 0 ? local - (SECONDS_PER_DAY - 1) : local) / SECONDS_PER_DAY;
}

static uint32_t count_days(const struct rank_frame *frame, const struct active_bucket *buckets,
                           size_t count)
{
    uint32_t days = 0;
    int64_t last_day = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        int64_t day = day_of(frame->zone, start_of(frame, &buckets[i]));
        days += day != last_day;
        last_day = day;
    }
    return days;
}

static void count_events(const struct rank_frame *frame, const struct active_bucket *buckets,
                         size_t count, struct rank_facts *facts)
{
    for (size_t i = 0; i < frame->past_count && i < UINT16_MAX; i++) {
        const struct event_window *event = &frame->past[i];
        if (start_of(frame, &buckets[0]) >= event->start_unix) {
            continue;
        }
        size_t before = count_before(frame, buckets, count, event->start_unix);
        facts->events_seen++;
        if (before < count && start_of(frame, &buckets[before]) < event->end_unix) {
            facts->events_returned++;
        }
    }
}

bool rank_facts_from_history(const struct rank_frame *frame, const struct key_history *history,
                             struct rank_facts *facts)
{
    enum { US_PER_MS = 1000 };
    const struct active_bucket *buckets = history->buckets;
    size_t count = count_before(frame, buckets, history->bucket_count, frame->as_of_unix);
    *facts = (struct rank_facts){0};
    if (count == 0) {
        return false;
    }
    facts->last_seen_unix = start_of(frame, &buckets[count - 1]);
    facts->active_days = count_days(frame, buckets, count);
    count_events(frame, buckets, count, facts);
    if (history->size_count > 0) {
        facts->size_bytes = (double)history->size_bytes_sum / (double)history->size_count;
    }
    if (history->cost_count > 0) {
        facts->cost_ms = (double)history->cost_us_sum / (double)history->cost_count / US_PER_MS;
    }
    return true;
}
