/* expiry.c - see expiry.h.
 * Room: loader/rules. May touch: xxHash. Pure. */
#include "loader/rules/expiry.h"

#include <math.h>
#include <xxhash.h>

#include "common/config.h"

int64_t expiry_unix(const struct family *family, int64_t window_end_unix, struct slice key)
{
    int64_t jitter = family->ttl_jitter_second > 0 ? family->ttl_jitter_second : 0;
    uint64_t hash = XXH3_64bits(key.bytes, key.size);
    return window_end_unix + family->ttl_after_end_second +
           (int64_t)(hash % ((uint64_t)jitter + 1));
}

int64_t expiry_negative_unix(const struct family *family, int64_t now_unix)
{
    return now_unix + family->negative_ttl_second;
}

static double rate_at(const struct expiry_group groups[], size_t count, int64_t second)
{
    double rate = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t jitter = groups[i].ttl_jitter_second > 0 ? groups[i].ttl_jitter_second : 0;
        int64_t since = second - groups[i].ttl_after_end_second;
        if (since >= 0 && since <= jitter) {
            rate += (double)groups[i].key_count / (double)(jitter + 1);
        }
    }
    return rate;
}

/* The rate only rises where a group begins. */
struct expiry_peak expiry_find_peak(const struct expiry_group groups[], size_t count)
{
    static const double DEVIATIONS = 6;
    struct expiry_peak peak = {0};
    for (size_t i = 0; i < count; i++) {
        double rate = rate_at(groups, count, groups[i].ttl_after_end_second);
        if (rate > peak.mean_per_second) {
            peak.mean_per_second = rate;
            peak.after_end_second = groups[i].ttl_after_end_second;
        }
    }
    double mean = peak.mean_per_second;
    peak.most_per_second = mean > 0 ? (uint64_t)ceil(mean + DEVIATIONS * (sqrt(mean) + 1)) : 0;
    return peak;
}
