/* stop_signal.h - Ctrl-C and kill end a command in order: no drafts lie around, the exit code is 6.
 * Room: predictor (top). May touch: signal handlers, one flag.
 * Promises: the first signal is only noted; the next one ends the process at once, as it would have without this. */
#ifndef REKINDLE_PREDICTOR_STOP_SIGNAL_H
#define REKINDLE_PREDICTOR_STOP_SIGNAL_H

#include "common/error.h"

/* From now on SIGINT and SIGTERM are noted, unless they are ignored (nohup, a shell's background job). Only for
 * commands that look often. */
void stop_signal_watch(void);

/* 0, or ERROR_STOPPED when a signal has come. Cheap: may be asked for each key. */
int stop_signal_check(struct error *err) MUST_CHECK;

#endif
