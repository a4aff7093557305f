/* ramp_note.h - what a ramp has published, on disk, so that a Redis that comes back empty can be told again.
 * Room: loader/folder. May touch: the files ramp-... of [run] dir. */
#ifndef REKINDLE_LOADER_RAMP_NOTE_H
#define REKINDLE_LOADER_RAMP_NOTE_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { RAMP_EVENT_SIZE = 256 };

struct ramp_note {
    char event[RAMP_EVENT_SIZE];
    int share;              /* in buckets, 0..10000: what the key should hold */
    bool is_ended;          /* by itself, at 100 or at 0: the key lives for ever */
    int64_t pid, pid_start; /* its controller: see process.h */
};

int ramp_note_save(const char *folder, const struct ramp_note *note, struct error *err) MUST_CHECK;
/* Nobody need be told of it any more. What fails here is tried again at the next look. */
void ramp_note_remove(const char *folder, const struct ramp_note *note);
/* Calls `visit` for each note, until one call is not 0, which is then returned. Files that are no notes are passed over. */
int ramp_note_each(const char *folder,
                   int (*visit)(void *context, const struct ramp_note *note, struct error *err),
                   void *context, struct error *err) MUST_CHECK;

#endif
