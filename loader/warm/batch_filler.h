/* batch_filler.h - makes of fetched rows what is to be written: expiry, digest, negative entries, the intent's bytes.
 * Room: loader/warm. May touch: malloc, the clock.
 * Promises: it keeps no state, so that one thread may fill a window while another writes the one before. */
#ifndef REKINDLE_LOADER_BATCH_FILLER_H
#define REKINDLE_LOADER_BATCH_FILLER_H

#include "loader/warm/load_window.h"
#include "loader/warm/write_batch.h"

struct batch_filler {
    const struct config *config; /* borrowed */
    enum sink_mode mode;         /* what becomes of keys that exist */
    int64_t window_end_unix;     /* by the system's clock: with the clock shift */
};

/* Fills `batch` with `count` rows of a fetched window, from the `from`th on. A row that has nothing to write has its
 * outcome at once; one to write is not_reached until the sink has answered. */
int batch_filler_fill(const struct batch_filler *filler, struct write_batch *batch,
                      struct load_window *window, size_t from, size_t count,
                      struct error *err) MUST_CHECK;

/* Fills window->batch with all rows, its intent too. */
int batch_filler_prepare(const struct batch_filler *filler, struct load_window *window,
                         struct error *err) MUST_CHECK;

#endif
