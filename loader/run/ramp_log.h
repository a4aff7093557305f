/* ramp_log.h - what a ramp decided, tick by tick: CSV for programs, lines for people.
 * Room: loader/run. May touch: the log's file, stdout.
 * Promises: a file, a pipe and --log get CSV with a header, each line at once; a terminal gets lines that fit into it. */
#ifndef REKINDLE_LOADER_RAMP_LOG_H
#define REKINDLE_LOADER_RAMP_LOG_H

#include "common/error.h"
#include "loader/rules/ramp_rule.h"

#include <stdbool.h>
#include <stdio.h>

struct ramp_log {
    FILE *out; /* NULL: not open */
    bool is_for_people;
    bool has_failed; /* the last time; a part of a line may stand at the end */
};

struct ramp_log_entry {
    int64_t at_unix;
    const char *event;
    const struct ramp_signs *signs;
    const struct ramp_decision *decision;
    double source_ms; /* NaN: not known */
};

/* Appends to `path`; NULL: stdout. ERROR_INPUT when it cannot be opened. */
int ramp_log_open(struct ramp_log *log, const char *path, struct error *err) MUST_CHECK;
/* 1: written; 0: not, as at the call before; -1: not, for the first time since one was. A ramp needs no log to go on. */
int ramp_log_write(struct ramp_log *log, const struct ramp_log_entry *entry,
                   struct error *err) MUST_CHECK;
void ramp_log_close(struct ramp_log *log);

#endif
