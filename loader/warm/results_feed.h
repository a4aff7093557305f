/* results_feed.h - writes results.csv while the run goes on: one thread that takes settled windows.
 * Room: loader/warm. May touch: the draft of results.csv, only from its own thread.
 * Promises: it is for a run that settles the whole plan in one session. Whatever else happens, the draft is dropped and
 * results.csv is written from journal and plan as always; what it would have said is the same. */
#ifndef REKINDLE_LOADER_RESULTS_FEED_H
#define REKINDLE_LOADER_RESULTS_FEED_H

#include "loader/folder/results_writer.h"
#include "loader/warm/prefetch.h"

struct results_feed;

struct results_feed *results_feed_start(const struct run_folder *folder,
                                        struct error *err) MUST_CHECK;

/* Takes a window that is settled whole, and gives it back to `prefetch` when it is written. At most two are under way. */
void results_feed_put(struct results_feed *feed, struct load_window *window,
                      struct prefetch *prefetch);
/* Waits until all windows are given back: to be called before their prefetch is stopped. NULL is fine. */
void results_feed_drain(struct results_feed *feed);

/* Makes the draft results.csv, if it has exactly `row_count` rows: 1 and their tally. 0: it was dropped. Frees the feed. */
int results_feed_finish(struct results_feed *feed, uint64_t row_count,
                        struct outcome_tally *tally) MUST_CHECK;
/* Drops the draft and frees the feed; NULL is fine. */
void results_feed_stop(struct results_feed *feed);

#endif
