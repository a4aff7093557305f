/* memory_watch.h - asks Redis for its memory before and while a load goes on, and says when there is no more room.
 * Room: loader/warm. May touch: the sink (its status only), the pulse.
 * Promises: what ends a load is ERROR_RESOURCE with the node, the numbers and what to do. */
#ifndef REKINDLE_LOADER_MEMORY_WATCH_H
#define REKINDLE_LOADER_MEMORY_WATCH_H

#include "loader/rules/memory_budget.h"
#include "loader/live/pulse.h"
#include "loader/sink/sink.h"

struct load_job;
struct checked_plan;
struct journal_survey;
struct message;

/* All zero watches nothing. */
struct memory_watch {
    struct sink *sink;
    const struct message *message;
    struct sink_status *statuses; /* [status_count]; NULL: nothing is watched */
    size_t status_count;
    struct memory_budget budget;
    int64_t window_start_unix, now_unix; /* how long the application has to grow */
    int64_t sample_second;               /* over which growth is measured; 0: it is given */
    const struct benefit_curve *curve;
    double told_share; /* of the benefit that fits, as last told; 1 at first */
    int64_t told_us;
    int64_t patience_ms; /* for a server that is away */
    int64_t lost_us;     /* monotonic: since when there is no reading; 0: there is one */
    bool has_refused;    /* the load ended, or was not begun, for want of memory */
};

/* Reads options and config, and the state of all nodes. ERROR_USAGE when a node has no maxmemory and no budget is
 * given. */
int memory_watch_open(struct memory_watch *watch, const struct load_job *job,
                      const struct checked_plan *plan, struct sink *sink,
                      struct error *err) MUST_CHECK;
/* Counts what earlier sessions of the run have loaded. */
void memory_watch_resume(struct memory_watch *watch, const struct checked_plan *plan,
                         const struct journal_survey *survey);
void memory_watch_close(struct memory_watch *watch);

/* Before the first key: looks for evictions where there may be some, measures growth where that is asked for, and
 * refuses a Redis that has no room at all. */
int memory_watch_begin(struct memory_watch *watch, struct pulse *pulse,
                       struct error *err) MUST_CHECK;

/* How many of `wanted` keys may be written now: 1..wanted. Waits, beating, while Redis is too full but may not stay so. A
 * server that is away is waited for, too; while nothing is known of it, 1. */
int memory_watch_ask(struct memory_watch *watch, struct pulse *pulse, size_t wanted,
                     size_t *allowed, struct error *err) MUST_CHECK;
/* These were written, or not. */
void memory_watch_wrote(struct memory_watch *watch, const struct sink_item items[], size_t count);

/* "80% of maxmemory 1.0 GiB, less 120 MiB for growth until the window"; to `text` [MEMORY_TEXT_SIZE], returned. */
enum { MEMORY_TEXT_SIZE = 160 };
const char *memory_watch_print_mark(char *text, const struct memory_watch *watch, size_t node);

#endif
