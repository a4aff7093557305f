/* progress.h - one line with rate and ETA: rewritten on a terminal, a plain line now and then elsewhere.
 * Room: common. May touch: stderr, the monotonic clock. Not for several threads at once. */
#ifndef REKINDLE_COMMON_PROGRESS_H
#define REKINDLE_COMMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum progress_unit { PROGRESS_COUNT, PROGRESS_BYTES };

struct progress {
    FILE *out;         /* NULL: silent (--quiet) */
    const char *title; /* "ingest" */
    const char *noun;  /* "lines", "keys" */
    enum progress_unit unit;
    bool is_terminal;
    double started, printed; /* monotonic seconds */
    uint64_t total;          /* 0: not known, so no ETA */
    bool has_line;           /* a line stands on the terminal, without a newline */
};

/* Prints nothing yet. `out` NULL makes all calls silent. */
void progress_init(struct progress *progress, FILE *out, const char *title, const char *noun,
                   enum progress_unit unit, uint64_t total);
/* Cheap: looks at the clock, prints at most five times a second on a terminal, every 30 s elsewhere.
 * `note` (NULL: none) ends the line: "waiting: replica lag". */
void progress_update(struct progress *progress, uint64_t done, const char *note);
/* Wipes the terminal's line so that other text can follow. */
void progress_clear(struct progress *progress);

#endif
