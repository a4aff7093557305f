/* prefetch.h - one thread that reads and fetches the next window while the current one is written.
 * Room: loader/warm. May touch: the plan's reader and the sources: only its own thread does, until prefetch_stop; the
 * journal.
 * Promises: windows come out in rank order, each once; at most two exist. */
#ifndef REKINDLE_LOADER_PREFETCH_H
#define REKINDLE_LOADER_PREFETCH_H

#include "loader/warm/batch_filler.h"
#include "loader/warm/load_window.h"

struct journal;
struct prefetch;

struct prefetch_options {
    struct window_feed feed;
    struct source_set
        *sources; /* borrowed until prefetch_stop; NULL: rows are only read, not fetched */
    const struct message
        *message; /* for queries that scan, which are looked for once; NULL: no look */
    struct batch_filler filler; /* windows come out prepared */
    struct journal *journal;    /* that their intents are written to, ahead of time; NULL: none */
    bool is_ahead;              /* as prefetch_write_ahead */
    size_t row_count_max;       /* of a window */
    size_t row_limit;           /* of the first window, as prefetch_limit_rows; 0: row_count_max */
    uint64_t bytes_max;         /* of a window's values, by estimate */
};

enum prefetch_state { PREFETCH_ERROR = -1, PREFETCH_END, PREFETCH_WINDOW, PREFETCH_NOT_YET };

struct prefetch *prefetch_start(const struct prefetch_options *options,
                                struct error *err) MUST_CHECK;

/* From the next window on that is not begun, at most so many rows: 1..options.row_count_max. */
void prefetch_limit_rows(struct prefetch *prefetch, size_t row_count_max);

/* From the next window on that is not fetched: shall its intent be written as a whole, and on the disk when the window
 * comes out? Not for a run that will write it in parts. */
void prefetch_write_ahead(struct prefetch *prefetch, bool is_ahead);

/* The next window, waiting at most `wait_us`. It must be given back before the next but one can come. */
enum prefetch_state prefetch_take(struct prefetch *prefetch, int64_t wait_us,
                                  struct load_window **window, struct error *err) MUST_CHECK;
/* From any thread. */
void prefetch_give_back(struct prefetch *prefetch, struct load_window *window);

/* Ends the thread (set the sources' stop flag first, to not wait for a fetch) and frees all windows; NULL is fine. */
void prefetch_stop(struct prefetch *prefetch);

#endif
