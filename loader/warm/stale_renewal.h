/* stale_renewal.h - what an image said and the source does not any more: the same rows, with what the source says now.
 * Room: loader/warm. May touch: the recheck's sources.
 * A value that was asked of the source a moment ago and is stale has been changed by an application that will fill its
 * key itself; one of last night's image may have changed hours ago, and its key would stay cold. */
#ifndef REKINDLE_LOADER_STALE_RENEWAL_H
#define REKINDLE_LOADER_STALE_RENEWAL_H

#include "loader/warm/batch_filler.h"
#include "loader/warm/recheck.h"

/* All zero is empty; memory is kept from call to call. */
struct stale_renewal {
    struct write_batch batch; /* the rows to write again */
    struct load_window view;  /* the same rows, over the window's records */
    size_t *places;           /* [view.count]: of each in the whole batch */
    struct slice *ids;        /* of one family's rows */
    size_t *rows_of_ids;      /* which row of `view` each belongs to */
    size_t capacity;
};

/* All borrowed. */
struct renewal_options {
    struct recheck *recheck;
    const struct batch_filler *filler;
    struct load_window *window;
    struct write_batch *whole; /* a settled batch of its rows */
    size_t row_count;          /* of these, that are settled */
};

/* Takes the rows that are stale_removed and came from an image, fetches them anew, and puts what the source says in the
 * window's records, in renewal->batch, and in the intents of the whole batch, which are then encoded again: an intent
 * speaks for all rows from its first on. Returns how many rows there are to write again, or -1. */
int stale_renewal_prepare(struct stale_renewal *renewal, const struct renewal_options *options,
                          struct error *err) MUST_CHECK;
/* Puts the outcomes of renewal->batch, which is settled, in the rows of the whole one. */
void stale_renewal_take_over(const struct stale_renewal *renewal, struct write_batch *whole);
void stale_renewal_free(struct stale_renewal *renewal);

#endif
