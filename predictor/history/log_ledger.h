/* log_ledger.h - which logs have been counted, known by their bytes, so that none is counted twice.
 * Room: predictor/history. May touch: nothing but memory.
 *
 * How a log is recognised, whatever its name or compression, and also when it has grown:
 *   1. read its first LOG_HEAD_SIZE decompressed bytes (or all, if fewer) and ask log_ledger_next_candidate;
 *   2. feed a log_fingerprint up to the candidate's log_entry_identity()->size and compare the marks: if they are
 *      equal, the log is that one, and is read on from `complete.size`; what was counted of an unterminated
 *      last line is given up with the entry it replaces;
 *   3. when none matches, the log is new.
 * A log shorter than a candidate with its head is an old or a torn copy: it cannot be told from a new log by
 * digests, so the caller decides (log_entry_identity()->size says how long the known one is). */
#ifndef REKINDLE_PREDICTOR_LOG_LEDGER_H
#define REKINDLE_PREDICTOR_LOG_LEDGER_H

#include "common/arena.h"
#include "common/error.h"
#include "common/log_fingerprint.h"
#include "predictor/ingest/access_event.h"

#include <stddef.h>
#include <stdint.h>

enum { LOG_TAIL_EVENT_COUNT_MAX = 8 };

/* One log. Everything is borrowed: in a call from the caller, in a ledger from the ledger. */
struct log_entry {
    struct slice name;  /* as it was last called; any bytes */
    struct slice rules; /* how it was read: format, columns, zone, ...; any bytes, may be empty */
    struct log_mark complete; /* up to and with its last newline; size 0 when there is none */
    struct log_mark whole;    /* all of it; equal to `complete` when it ends with a newline */
    uint64_t event_count;     /* counted of the whole */
    /* Of the unterminated last line, counted for the time being; [tail_event_count]. */
    const struct access_event *tail_events;
    size_t tail_event_count; /* at most LOG_TAIL_EVENT_COUNT_MAX */
};

/* All zero is empty. Sorted by identity: the longest first, then by digest. */
struct log_ledger {
    struct log_entry *entries;
    size_t entry_count, entry_capacity;
    struct arena arena;
};

/* What the log is recognised by: the complete lines, or all of it while there are none. */
const struct log_mark *log_entry_identity(const struct log_entry *entry);

/* The next entry after `after` (NULL: the first) whose head is how `head` begins, the longest log first; NULL
 * when there is no more. `head_size` is the whole log's size if that is below LOG_HEAD_SIZE. */
const struct log_entry *log_ledger_next_candidate(const struct log_ledger *ledger, const void *head,
                                                  size_t head_size, const struct log_entry *after);

/* Puts a copy of `entry` in the place of `replaced`, an entry of this ledger, or NULL; an entry with the same
 * identity is replaced too. Pointers to entries are void afterwards. A log without a byte is not put. */
int log_ledger_put(struct log_ledger *ledger, const struct log_entry *replaced,
                   const struct log_entry *entry, struct error *err) MUST_CHECK;
void log_ledger_free(struct log_ledger *ledger);

#endif
