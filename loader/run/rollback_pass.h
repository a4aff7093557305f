/* rollback_pass.h - takes back what one run folder's journal says was written, where it is still ours.
 * Room: loader/run. May touch: the journal, the sink.
 * Promises: what is about to be removed stands in the journal, synced to disk, before the first key goes; so a rollback
 * that was killed goes on, and what it had removed is not taken for something that the application did. Memory is a
 * byte a plan row and one batch of values. */
#ifndef REKINDLE_LOADER_ROLLBACK_PASS_H
#define REKINDLE_LOADER_ROLLBACK_PASS_H

#include "loader/folder/journal.h"
#include "loader/folder/run_folder.h"
#include "loader/sink/sink.h"

/* What was found under the key of each rank. */
struct rollback_verdicts {
    unsigned char *of_rank; /* [capacity]: enum rollback_verdict */
    size_t capacity;
    uint64_t counts[ROLLBACK_VERDICT_COUNT]; /* ranks by verdict; not of ROLLBACK_NONE */
};

/* Called before each batch with how many keys it has: waits for the pace, beats the lease; -1 ends the rollback. */
typedef int (*rollback_beat)(void *context, size_t key_count, struct error *err);

struct rollback_pass {
    const struct run_folder *folder;
    struct sink *sink;
    uint64_t after_rank, until_rank; /* only ranks in (after, until]; until 0: all */
    bool is_dry;                     /* look and count, remove nothing, write nothing down */
    rollback_beat beat;
    void *context;
};

/* The whole of it, or the rest of one that was interrupted. `verdicts` is all zero before, and the caller's to free also
 * when it fails. */
int rollback_pass_run(const struct rollback_pass *pass, struct rollback_verdicts *verdicts,
                      struct error *err) MUST_CHECK;
void rollback_verdicts_free(struct rollback_verdicts *verdicts);

/* "rolled_back", "rewritten", "gone". */
const char *rollback_verdict_word(enum rollback_verdict verdict);

#endif
