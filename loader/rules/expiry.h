/* expiry.h - when a warmed key ends: past the window, and not all at once.
 * Room: loader/rules. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_EXPIRY_H
#define REKINDLE_LOADER_EXPIRY_H

#include "common/slice.h"

#include <stddef.h>
#include <stdint.h>

struct family;

/* Window end + the family's ttl + 0..ttl_jitter seconds picked by a hash of the key's bytes: the same key gets the
 * same second in every run, so that a resumed run and `rollback` recognise what is ours. Never inside the window. */
int64_t expiry_unix(const struct family *family, int64_t window_end_unix, struct slice key);

/* When an entry that says "no such row" ends: the family's negative_ttl from `now_unix` on, since it is only as true as it
 * is young. */
int64_t expiry_negative_unix(const struct family *family, int64_t now_unix);

/* The keys of one family. */
struct expiry_group {
    uint64_t key_count;
    int64_t ttl_after_end_second, ttl_jitter_second;
};

/* The second in which most keys end. */
struct expiry_peak {
    double mean_per_second; /* at the peak */
    uint64_t
        most_per_second; /* that no second exceeds, but for a chance of less than one in a million */
    int64_t after_end_second; /* when it begins, counted from the end of the window */
};

/* The peak of all groups together: each spreads its keys evenly over jitter + 1 seconds, as far as a hash does: like
 * Poisson counts, whose tail six standard deviations above the mean is negligible. All zero without keys. */
struct expiry_peak expiry_find_peak(const struct expiry_group groups[], size_t count);

#endif
