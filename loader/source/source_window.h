/* source_window.h - one call of source_fetch: a window's ids in key order, in chunks, on several connections.
 * Room: loader/source. May touch: threads.
 * In this order: reserve, clear, choose, perhaps leave out, run, finish. */
#ifndef REKINDLE_LOADER_SOURCE_WINDOW_H
#define REKINDLE_LOADER_SOURCE_WINDOW_H

#include "loader/source/source_parts.h"

/* Room to sort `count` ids. */
int source_window_reserve(struct source *source, size_t count, struct error *err) MUST_CHECK;
/* Empties the batch and gives it `count` records, all missing. */
int source_window_clear(struct record_batch *batch, size_t count, struct error *err) MUST_CHECK;
/* Fills window.asked with the ids to ask for. */
void source_window_choose(struct source *source, const struct slice ids[], size_t count);
/* Takes the ids out again that have a record already; not for a driver that is asked in the plan's order. */
void source_window_leave_out_found(struct source *source);
/* Asks, on as many threads as there are chunks, or connections; adds to the source's account. */
int source_window_run(struct source *source, struct error *err) MUST_CHECK;
/* Gives repeated ids the record of the first, and counts. */
void source_window_finish(struct source *source, const struct slice ids[], size_t count);

#endif
