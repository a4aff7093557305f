/* run_summary.h - how a run ended, for programs: summary.json in the run's folder.
 * Room: loader/run. May touch: the file `summary.json` of a run's folder.
 * Promises: whole or absent; one JSON object (RFC 8259), documented field by field in data/README.md. */
#ifndef REKINDLE_LOADER_RUN_SUMMARY_H
#define REKINDLE_LOADER_RUN_SUMMARY_H

#include "common/error.h"
#include "common/slice.h"

#include <stdint.h>
#include <stdio.h>

#include "loader/sink/sink.h"

struct outcome_tally;
struct pulse;

struct run_summary {
    const struct pulse *pulse; /* of a run with a folder */
    const struct outcome_tally *tally;
    const char *state;
    const struct error *err; /* how it ended */
    int64_t ended_unix;
    struct sink_account account; /* of this session */
};

int run_summary_save(const struct run_summary *summary, struct error *err) MUST_CHECK;

/* Text as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void run_summary_put_text(FILE *out, struct slice text);

#endif
