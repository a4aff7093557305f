/* history_writer.h - adds one ingest to a history, or merges its segments; one writer at a time.
 * Room: predictor/history. May touch: files, threads (while committing).
 * Promises: what is committed becomes visible by one rename; before it, and after any failure, the history is as
 * it was. A crash leaves at most files that nothing names, which the next writer removes.
 *
 *   open -> a run builder for each ingest thread -> put_log for each log -> commit -> [compact] -> close */
#ifndef REKINDLE_PREDICTOR_HISTORY_WRITER_H
#define REKINDLE_PREDICTOR_HISTORY_WRITER_H

#include "common/error.h"
#include "predictor/history/log_ledger.h"
#include "predictor/history/run_builder.h"
#include "predictor/history/segment_sources.h"

#include <stddef.h>
#include <stdint.h>

/* More are worth a compact: each is an open file of every reader, and to read eight nights, of which each holds
 * half of all keys, takes five times as long as one segment. */
enum { HISTORY_SEGMENT_COUNT_MAX = 8 };

struct history_writer;

/* Makes the folder when it is absent and takes its lock (ERROR_LOCKED). `bucket_second` is the length of the
 * buckets of a new history, and must be that of an old one (ERROR_INPUT); 0: whatever the old one has, or
 * BUCKET_SECOND_DEFAULT. Free with history_writer_close. */
struct history_writer *history_writer_open(const char *dir, uint32_t bucket_second,
                                           struct error *err) MUST_CHECK;
/* Gives up what was not committed and lifts the lock; NULL is fine. */
void history_writer_close(struct history_writer *writer);

uint32_t history_writer_bucket_second(const struct history_writer *writer);
size_t history_writer_segment_count(const struct history_writer *writer);
/* What has been counted, with what put_log added; valid until the next put_log or close. */
const struct log_ledger *history_writer_ledger(const struct history_writer *writer);

/* A builder for one thread, the writer's own; call it from one thread, before those of ingest are started.
 * With `memory_limit_bytes` (0: none) reached it spills into the history's folder. */
struct run_builder *history_writer_add_builder(struct history_writer *writer,
                                               uint64_t memory_limit_bytes,
                                               struct error *err) MUST_CHECK;

/* Remembers a log whose complete lines' events went to the builders and whose unterminated last line's, if any,
 * are in entry->tail_events. `replaced` is the ledger's entry of the same log when it was shorter, or NULL. */
int history_writer_put_log(struct history_writer *writer, const struct log_entry *replaced,
                           const struct log_entry *entry, struct error *err) MUST_CHECK;

/* Makes all of it visible and frees the builders. Nothing is written when there is nothing new. After a failure
 * the writer can only be closed. The segment's bytes depend on the events only. */
int history_writer_commit(struct history_writer *writer, struct error *err) MUST_CHECK;

/* Merges all segments into one when there are more than `segment_count_max`, at least 1; there must be nothing
 * uncommitted. `watch` is told meanwhile; NULL: nobody is. */
int history_writer_compact(struct history_writer *writer, size_t segment_count_max,
                           const struct segment_watch *watch, struct error *err) MUST_CHECK;

#endif
