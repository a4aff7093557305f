/* run_switch.h - pause, resume and stop: by command, by file, by signal and by a Redis key, looked at several times a
 * second.
 * Room: loader/live. May touch: signal handlers, the files `switch`, `pause` and `stop` of the run's folder, `pause` and
 * `stop` of the host's, and through switch_key.h the control keys.
 *
 * A pause or stop, seen once, is latched in the run's folder (switch_latch.h); only a `resume` lifts it: the command,
 * SIGUSR2, or the run's key set to `resume`. A file in the run's folder is a letter: it is taken in. Those for the host
 * and the keys stay as long as somebody lets them, and are seen again after a resume.
 *
 * SIGTERM and SIGINT are for the process, not for the run: they stop it, the batch in flight is drained and journaled,
 * and nothing is latched, so that after a reboot the same command goes on. A second one, or a second that passes
 * without an end (a Redis that hangs), breaks off what is in flight; the journal still tells what may have been
 * written.
 * Promises: a signal is never lost; the two flags may be read from any thread. */
#ifndef REKINDLE_LOADER_RUN_SWITCH_H
#define REKINDLE_LOADER_RUN_SWITCH_H

#include "common/error.h"
#include "loader/live/switch_key.h"
#include "loader/folder/switch_latch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RUN_SWITCH_WHY_SIZE = 512 };

struct message;

struct run_switch {
    const char *run_folder;  /* borrowed; NULL: nothing is latched */
    const char *host_folder; /* for all runs; borrowed; NULL: none */
    const struct message
        *message; /* borrowed; NULL: nobody is told that the control keys cannot be read */
    struct switch_key *key; /* NULL: no keys are watched */
    int64_t looked_us;      /* when files and keys were last looked at; 0: never */
    struct switch_latch latch;
    bool is_silence_told, is_unsaved_told, is_unknown_told; /* not again and again */
    char why[RUN_SWITCH_WHY_SIZE]; /* "stopped by SIGTERM"; empty while running */
};

/* Installs the signal handlers, once a process. */
int run_switch_install(struct error *err) MUST_CHECK;

void run_switch_init(struct run_switch *run_switch, const char *run_folder,
                     const char *host_folder);
/* Watches the keys too, until run_switch_end; `redis` is borrowed so long. A Redis that does not answer is a warning. */
int run_switch_watch_keys(struct run_switch *run_switch, const struct redis_config *redis,
                          const struct message *message, struct error *err) MUST_CHECK;
void run_switch_end(struct run_switch *run_switch);

/* What is wanted now. Cheap: files and keys are looked at every 200 ms. */
enum run_wish run_switch_look(struct run_switch *run_switch, int64_t now_us);

/* What to do about a pause or stop, as words that end a sentence: "`rekindle-load resume --run X` goes on". */
const char *run_switch_advice(const struct run_switch *run_switch, char *text, size_t size);

/* Not 0 once a stop was wished by signal: for fetching ahead, which is only thrown away. */
const atomic_int *run_switch_stop_flag(void);
/* Not 0 when even what is in flight must be broken off: for writing. */
const atomic_int *run_switch_abort_flag(void);
/* Sets the stop flag: for a stop that came another way, and for errors that end the run. */
void run_switch_raise_stop(void);
/* All flags, and what signals have wished, back to nothing; for tests, and between two runs of one process. */
void run_switch_reset(void);

#endif
