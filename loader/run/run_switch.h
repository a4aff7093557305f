/* run_switch.h - pause, resume and stop: by signal and by files, looked at several times a second.
 * Room: loader/run. May touch: signal handlers, the files `pause` and `stop` of two folders.
 * Promises: a signal is never lost; the two flags may be read from any thread.
 *
 * SIGTERM and SIGINT stop: the batch in flight is drained and journaled. A second one, or a second that passes
 * without an end (a Redis that hangs), breaks off what is in flight; the journal still tells what may have been
 * written. SIGUSR1 pauses, SIGUSR2 resumes. A `pause` or `stop` file counts as long as it lies there. */
#ifndef REKINDLE_LOADER_RUN_SWITCH_H
#define REKINDLE_LOADER_RUN_SWITCH_H

#include "common/error.h"

#include <stdatomic.h>
#include <stdint.h>

enum run_wish { WISH_RUN, WISH_PAUSE, WISH_STOP };

enum { RUN_SWITCH_WHY_SIZE = 512 };

struct run_switch {
    const char *run_folder;  /* borrowed */
    const char *host_folder; /* for all runs; borrowed */
    int64_t looked_us;       /* when the files were last looked at; 0: never */
    enum run_wish wish;
    char why[RUN_SWITCH_WHY_SIZE]; /* "stopped by SIGTERM"; empty while running */
};

/* Installs the signal handlers, once a process. */
int run_switch_install(struct error *err) MUST_CHECK;

void run_switch_init(struct run_switch *run_switch, const char *run_folder,
                     const char *host_folder);

/* What is wanted now. Cheap: the files are looked at every 200 ms. */
enum run_wish run_switch_look(struct run_switch *run_switch, int64_t now_us);

/* Not 0 once a stop was wished by signal: for fetching ahead, which is only thrown away. */
const atomic_int *run_switch_stop_flag(void);
/* Not 0 when even what is in flight must be broken off: for writing. */
const atomic_int *run_switch_abort_flag(void);
/* Sets the stop flag: for a stop that came by file, and for errors that end the run. */
void run_switch_raise_stop(void);
/* Both flags, and a pause by signal, back to nothing; for tests. */
void run_switch_reset(void);

#endif
