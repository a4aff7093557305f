/* spilled_runs.h - runs that did not fit into memory, as segment files that only this process reads.
 * Room: predictor/history. May touch: files. Owns: the files, until free. */
#ifndef REKINDLE_PREDICTOR_SPILLED_RUNS_H
#define REKINDLE_PREDICTOR_SPILLED_RUNS_H

#include "common/error.h"
#include "predictor/history/key_merge.h"

#include <stddef.h>
#include <stdint.h>

/* More than these are merged into one: each will be an open file. */
enum { SPILLED_RUN_COUNT_MAX = 64 };

struct segment_reader;

/* All zero but path and bucket_second is empty. */
struct spilled_runs {
    char *path; /* the files are PATH-1, PATH-2, ...; owned, NULL: nothing can be spilled */
    uint32_t bucket_second;
    uint64_t file_count; /* made so far: the next one's number - 1 */
    uint64_t numbers[SPILLED_RUN_COUNT_MAX];
    struct segment_reader *readers[SPILLED_RUN_COUNT_MAX]; /* NULL until opened */
    size_t run_count;
};

/* Writes all keys of `source` as one more run. */
int spilled_runs_add(struct spilled_runs *runs, struct key_source source,
                     struct error *err) MUST_CHECK;
/* Opens all, for reading from the first key. */
int spilled_runs_open(struct spilled_runs *runs, struct error *err) MUST_CHECK;
/* An open one. */
struct key_source spilled_runs_source(const struct spilled_runs *runs, size_t number);
void spilled_runs_rewind(struct spilled_runs *runs);
/* Closes and removes the files. */
void spilled_runs_free(struct spilled_runs *runs);

#endif
