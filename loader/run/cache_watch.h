/* cache_watch.h - is the cache still there? Of a cluster: which part of it is not.
 * Room: loader/run. May touch: INFO and marker keys of the cache, the file `guard` of [run] dir.
 *
 * A marker key without expiry lies in each part: one in a single Redis, in a cluster one for every 64 slots, in a slot
 * of these. So markers move with their slots when these are resharded, and a replica that takes over has them; what
 * takes them away together with a server's keys is a loss (guard_rule.h). What was seen last is kept in a file. */
#ifndef REKINDLE_LOADER_CACHE_WATCH_H
#define REKINDLE_LOADER_CACHE_WATCH_H

#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"
#include "loader/rules/guard_rule.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { CACHE_PART_MAX = 256 };

struct cache_watch;

/* What one look has found. */
struct cache_finding {
    enum guard_verdict verdict;       /* the worst of all parts; GUARD_LOST: one at least is lost */
    size_t part_count, lost_count;    /* 1 and 0..1, or in a cluster CACHE_PART_MAX and 0..that */
    bool is_lost[CACHE_PART_MAX];     /* by part */
    bool is_unmarked[CACHE_PART_MAX]; /* its marker is gone */
    bool is_news;                     /* something is not as it was */
};

/* `cache` is borrowed; nothing is connected yet. `folder`: where the file `guard` is. Waits end soon after `*stop` is not 0. */
struct cache_watch *cache_watch_open(const struct redis_config *cache, const char *folder,
                                     const atomic_int *stop, struct error *err) MUST_CHECK;
void cache_watch_close(struct cache_watch *watch);

/* A server that does not answer, loads its file or is a replica is GUARD_SILENT, and no error. */
void cache_watch_look(struct cache_watch *watch, struct cache_finding *finding);
/* What the last look has seen is well, or made good: lays the markers that `finding` misses, and keeps what was seen. */
int cache_watch_accept(struct cache_watch *watch, const struct cache_finding *finding,
                       struct error *err) MUST_CHECK;

/* Whether `key` was lost, by the last look's finding: its server has lost the key's part, or parts of it, where the
 * marker of the key's own part lies on another one. */
bool cache_watch_has_lost(const struct cache_watch *watch, const struct cache_finding *finding,
                          struct slice key);

#endif
