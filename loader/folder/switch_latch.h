/* switch_latch.h - what was last wished for a run, written down: the file `switch` of its folder.
 * Room: loader/folder. May touch: that file.
 * Promises: replaced as a whole. A pause or stop stays until somebody wishes otherwise: a lost file, a key that has
 * expired or a request that was taken back lifts nothing. */
#ifndef REKINDLE_LOADER_SWITCH_LATCH_H
#define REKINDLE_LOADER_SWITCH_LATCH_H

#include "common/error.h"

#include <stdint.h>

enum run_wish { WISH_RUN, WISH_PAUSE, WISH_STOP };

enum { SWITCH_WHY_SIZE = 400 };

struct switch_latch {
    enum run_wish wish;
    char why[SWITCH_WHY_SIZE]; /* "by SIGUSR1", "by the key rekindle:switch:sale-1f..." */
    int64_t at_unix;           /* by the system's clock */
};

/* 1; 0 when nothing was wished yet; -1 (ERROR_INPUT) when the file cannot be read. `folder`: of the run. */
int switch_latch_load(const char *folder, struct switch_latch *latch, struct error *err) MUST_CHECK;
int switch_latch_save(const char *folder, const struct switch_latch *latch,
                      struct error *err) MUST_CHECK;

/* "run", "pause", "stop", as keys and files say it; -1 for another word. */
const char *switch_latch_word(enum run_wish wish);
int switch_latch_parse(const char *word);

#endif
