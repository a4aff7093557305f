/* line_filter.h - which answers and which user agents are not wanted.
 * Room: predictor/ingest. May touch: the file of --ignore-agents, once. Read-only afterwards. */
#ifndef REKINDLE_PREDICTOR_LINE_FILTER_H
#define REKINDLE_PREDICTOR_LINE_FILTER_H

#include "common/arena.h"
#include "common/error.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATUS_RANGE_MAX = 32, AGENT_CACHE_SIZE = 512 };

struct status_range {
    uint32_t first, last; /* both included */
};

struct line_filter {
    struct status_range ranges[STATUS_RANGE_MAX];
    size_t range_count;   /* 0: every status is wanted */
    struct slice *agents; /* [agent_count], lower case; held by the arena */
    size_t agent_count;
    struct arena arena;
};

/* The verdicts on the agents of late, of one thread: logs repeat few agents many times. All zero is empty. */
struct agent_cache {
    uint64_t hashes[AGENT_CACHE_SIZE]; /* 0: free */
    bool is_unwanted[AGENT_CACHE_SIZE];
};

/* `status` as `200-299,304` and `agents_path` (a substring a line, `#` begins a remark) may both be NULL. */
int line_filter_init(struct line_filter *filter, const char *status, const char *agents_path,
                     struct error *err) MUST_CHECK;
void line_filter_free(struct line_filter *filter);

bool line_filter_wants_status(const struct line_filter *filter, uint32_t status);
/* Compares ASCII letters in any case. */
bool line_filter_wants_agent(const struct line_filter *filter, struct slice agent,
                             struct agent_cache *cache);

#endif
