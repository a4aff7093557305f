/* guard_rule.h - has the cache been lost? A restart, a failover and an eviction look alike; what is left tells.
 * Room: loader/rules. May touch: nothing. Pure.
 * A marker key without expiry lies in the cache. What took the marker and most of the keys with it, on another server
 * process or after a flush, is a loss; a replica that took over has the marker, and an evicted marker leaves the keys.
 * A replica, or a file, that was behind has the marker too, and fewer keys: more than a tenth is a loss. Whoever warms them
 * again looks at his own keys first, so that one too often costs little. */
#ifndef REKINDLE_LOADER_GUARD_RULE_H
#define REKINDLE_LOADER_GUARD_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum { GUARD_RUN_ID_SIZE = 64 };

struct guard_look {
    bool is_answering; /* and neither loading its file nor a replica */
    bool has_marker;
    char run_id[GUARD_RUN_ID_SIZE]; /* of the server process */
    uint64_t key_count;
    bool
        is_whole_count; /* of the part's keys and no others: what a look finds may be compared with the one before */
};

enum guard_verdict {
    GUARD_SILENT,  /* nothing is known now: keep what was known */
    GUARD_FIRST,   /* seen for the first time: lay the marker */
    GUARD_FINE,    /* also after a failover or restart that lost nothing */
    GUARD_EVICTED, /* only the marker is gone: lay it again */
    GUARD_LOST     /* warm it again */
};

/* `before`: the last look that was answered; NULL: there was none. */
enum guard_verdict guard_rule_judge(const struct guard_look *before, const struct guard_look *now);

/* How long to warm `key_count` keys again, from the rate of the run that warmed them, or the limit that is set now; 0
 * where neither is known. In seconds. */
double guard_rule_predict_second(uint64_t key_count, double rows_per_second, uint64_t rows_limit);

#endif
