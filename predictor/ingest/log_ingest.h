/* log_ingest.h - the ingest room as its conductor sees it: logs in, events out, every line accounted for.
 * Room: predictor/ingest. May touch: logs, the files of --ignore-agents and --bad-lines, threads.
 *
 *   log_ingest_new
 *     for each log: log_file_open; look at log_file_head; if a log with this head is known with a mark:
 *       log_file_skip to the mark's size and compare; equal: go on from there; else log_file_rewind
 *     log_ingest_parse; keep result.complete and result.whole; log_file_close
 *   log_ingest_finish: the verdict on all bad lines
 *   log_ingest_free */
#ifndef REKINDLE_PREDICTOR_LOG_INGEST_H
#define REKINDLE_PREDICTOR_LOG_INGEST_H

#include "common/error.h"
#include "common/log_fingerprint.h"

#include "predictor/ingest/access_event.h"
#include "predictor/ingest/ingest_account.h"
#include "predictor/ingest/log_file.h"
#include "predictor/ingest/log_layout.h"

#include <stddef.h>
#include <stdint.h>

struct log_ingest_options {
    struct log_layout_options layout;
    const char *bad_lines_path; /* NULL: bad lines are not written */
    double max_bad_share;       /* 0..1 */
    size_t thread_count;        /* 0: one a core */
    /* Called now and then with the packed bytes read of the present log; -1 ends the ingest. NULL: none. */
    int (*progress)(void *self, uint64_t packed_done, struct error *err);
    void *progress_self;
};

/* Where the events of one log go. */
struct log_receivers {
    const struct event_receiver *lines; /* [log_ingest_thread_count]: one a thread */
    struct event_receiver tail; /* those of a last line without newline: provisional, since the
                                           line may go on when the log has grown */
};

struct log_ingest_result {
    struct log_mark
        complete; /* the log up to and with its last newline: where to go on when it has grown */
    struct log_mark
        whole; /* with the unfinished last line; equal to `complete` when there is none */
};

struct log_ingest;

/* Compiles the options (ERROR_USAGE) and starts the threads. All of `options` is borrowed until free. */
struct log_ingest *log_ingest_new(const struct log_ingest_options *options,
                                  struct error *err) MUST_CHECK;
void log_ingest_free(struct log_ingest *ingest);
size_t log_ingest_thread_count(const struct log_ingest *ingest);

/* Reads `file` from where it stands to its end. Before the long run its first lines are tried. When it fails some
 * events may have been handed over: drop them all. */
int log_ingest_parse(struct log_ingest *ingest, struct log_file *file,
                     const struct log_receivers *receivers, struct log_ingest_result *result,
                     struct error *err) MUST_CHECK;

/* Writes out --bad-lines; then ERROR_INPUT with the counts when more lines than allowed are bad. */
int log_ingest_finish(struct log_ingest *ingest, struct error *err) MUST_CHECK;

/* Of all logs so far; borrowed until free. */
const struct ingest_account *log_ingest_account(const struct log_ingest *ingest);

#endif
