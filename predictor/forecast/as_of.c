/* as_of.c - see as_of.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/as_of.h"

#include <math.h>

static int64_t divide_down(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

int64_t as_of_day(const struct as_of_clock *clock, int64_t at_unix)
{
    return divide_down(at_unix + zone_offset_second(clock->zone, at_unix), SECONDS_PER_DAY);
}

static int64_t bucket_unix(const struct as_of_clock *clock, const struct active_bucket *bucket)
{
    return bucket->bucket * clock->bucket_second;
}

/* How many buckets start before `moment_unix`: they ascend, so by halving. */
static size_t count_before(const struct as_of_clock *clock, struct bucket_list whole,
                           int64_t moment_unix)
{
    size_t low = 0;
    size_t high = whole.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bucket_unix(clock, &whole.buckets[middle]) < moment_unix) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct bucket_list as_of_cut(const struct as_of_clock *clock, struct bucket_list whole,
                             int64_t moment_unix)
{
    whole.count = count_before(clock, whole, moment_unix);
    return whole;
}

struct bucket_list as_of_since(const struct as_of_clock *clock, struct bucket_list whole,
                               int64_t moment_unix)
{
    size_t before = count_before(clock, whole, moment_unix);
    return (struct bucket_list){whole.buckets + before, whole.count - before};
}

bool as_of_take(const struct as_of_clock *clock, struct bucket_list whole, int64_t moment_unix,
                struct as_of_snapshot *snapshot)
{
    struct bucket_list seen = as_of_cut(clock, whole, moment_unix);
    int64_t first_day = 0;
    int64_t last_day = 0;
    *snapshot = (struct as_of_snapshot){0};
    for (size_t i = 0; i < seen.count; i++) {
        int64_t at_unix = bucket_unix(clock, &seen.buckets[i]);
        int64_t day = as_of_day(clock, at_unix);
        double days_ago = (double)(moment_unix - at_unix) / SECONDS_PER_DAY;
        first_day = i == 0 ? day : first_day;
        snapshot->active_days += i == 0 || day > last_day;
        last_day = i == 0 || day > last_day ? day : last_day;
        snapshot->hits += seen.buckets[i].count;
        snapshot->decayed_hits += seen.buckets[i].count * exp2(-days_ago / AS_OF_HALF_LIFE_DAY);
        snapshot->last_unix = at_unix;
        snapshot->gap_day = days_ago;
    }
    if (seen.count == 0) {
        return false;
    }
    snapshot->x = snapshot->active_days - 1;
    snapshot->last = (uint32_t)(last_day - first_day);
    snapshot->age = (uint32_t)(as_of_day(clock, moment_unix - 1) - first_day);
    snapshot->age = snapshot->age < snapshot->last ? snapshot->last : snapshot->age;
    return true;
}

uint64_t as_of_count_hits(const struct as_of_clock *clock, struct bucket_list whole,
                          int64_t start_unix, int64_t end_unix)
{
    uint64_t hits = 0;
    for (size_t i = count_before(clock, whole, start_unix);
         i < whole.count && bucket_unix(clock, &whole.buckets[i]) < end_unix; i++) {
        hits += whole.buckets[i].count;
    }
    return hits;
}

uint64_t as_of_count_buckets(const struct as_of_clock *clock, struct bucket_list whole,
                             int64_t start_unix, int64_t end_unix)
{
    return as_of_cut(clock, whole, end_unix).count - as_of_cut(clock, whole, start_unix).count;
}
