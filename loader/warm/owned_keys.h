/* owned_keys.h - after a crash: which keys of an intent without a done stand in Redis, and are ours?
 * Room: loader/warm. May touch: the journal, the sink.
 * Promises: a key is ours only with the digest and the expiry that an intent has written down. Memory is that of the
 * windows that were under way: one, or one for each crash in the same window. */
#ifndef REKINDLE_LOADER_OWNED_KEYS_H
#define REKINDLE_LOADER_OWNED_KEYS_H

#include "common/arena.h"
#include "loader/folder/journal.h"
#include "loader/folder/value_digest.h"
#include "loader/warm/write_batch.h"
#include "loader/sink/sink.h"

struct owned_key {
    uint64_t rank;
    struct slice key;
    struct value_digest digest;
    int64_t expire_unix;
};

struct owned_keys {
    struct owned_key *keys; /* [count], in rising rank */
    size_t count, capacity;
    uint64_t last_rank; /* up to here a key may have been written before; 0: nothing is open */
    struct arena text;
};

/* Reads the open intents of `survey` and looks at each of their keys. */
int owned_keys_load(struct owned_keys *owned, const char *journal_path,
                    const struct journal_survey *survey, struct sink *sink,
                    struct error *err) MUST_CHECK;
void owned_keys_free(struct owned_keys *owned);

/* The first of our keys with this rank, NULL when there is none. */
const struct owned_key *owned_keys_find(const struct owned_keys *owned, uint64_t rank);

/* Takes those of the batch's rows away again that are still ours, but not what the source says by now, so that the new
 * value can be written. */
int owned_keys_remove_outdated(const struct owned_keys *owned, const struct write_batch *batch,
                               struct sink *sink, struct error *err) MUST_CHECK;

#endif
