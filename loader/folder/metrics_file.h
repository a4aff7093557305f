/* metrics_file.h - a text file for the textfile collector of Prometheus' node exporter.
 * Room: loader/folder. May touch: the file it is given.
 * Promises: replaced as a whole; readable for all (0644), for another user collects it: whoever writes one puts into it
 * names that may be seen, numbers, and nothing else. */
#ifndef REKINDLE_LOADER_METRICS_FILE_H
#define REKINDLE_LOADER_METRICS_FILE_H

#include "common/error.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

enum { METRICS_LABELS_SIZE = 2 * (NAME_MAX + 1) + 64 };

struct metrics_file {
    struct file_draft *draft;
    FILE *out;
    const char *prefix;               /* of every name: "rekindle_run_" */
    char labels[METRICS_LABELS_SIZE]; /* of every value: `run="x"`, escaped; empty: none */
};

/* `label` NULL: values have none of their own. Ends with metrics_file_commit. */
int metrics_file_open(struct metrics_file *file, const char *path, const char *prefix,
                      const char *label, const char *value, struct error *err) MUST_CHECK;
/* HELP and TYPE of the values that follow; `type` is gauge or counter. */
void metrics_file_head(struct metrics_file *file, const char *name, const char *type,
                       const char *help);
/* A value with one more label, which needs no escaping. */
void metrics_file_put_of(struct metrics_file *file, const char *name, const char *label,
                         const char *label_value, double value);
/* Head and value at once. */
void metrics_file_gauge(struct metrics_file *file, const char *name, const char *help,
                        double value);
void metrics_file_counter(struct metrics_file *file, const char *name, const char *help,
                          double value);
/* `state`: 1 for the one of `states` [count] that is `now`, 0 for the others. */
void metrics_file_states(struct metrics_file *file, const char *help, const char *const *states,
                         size_t count, const char *now);
int metrics_file_commit(struct metrics_file *file, const char *path, struct error *err) MUST_CHECK;

/* `/x/rekindle.prom` and `guard` to `/x/rekindle-guard.prom`, to `beside` [size]; what is no letter, digit, dot or dash in
 * `name` becomes an underscore. NULL when it does not fit. */
const char *metrics_file_beside(char *beside, size_t size, const char *path, const char *name);

#endif
