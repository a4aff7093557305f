/* finish_hook.h - tells somebody that a run has ended: a command of the config, `[run] on_finish`.
 * Room: loader/run. May touch: processes.
 * Promises: the command never changes how the run ended, sees no password of ours, and is ended when it takes longer
 * than FINISH_HOOK_SECOND. */
#ifndef REKINDLE_LOADER_FINISH_HOOK_H
#define REKINDLE_LOADER_FINISH_HOOK_H

#include "common/error.h"

enum { FINISH_HOOK_SECOND = 60 };

struct message;

struct finish_hook {
    const char *command;     /* for /bin/sh -c; NULL: nothing is called */
    const char *what;        /* REKINDLE_COMMAND: run, ready */
    const char *run;         /* REKINDLE_RUN: the folder */
    const char *event;       /* REKINDLE_EVENT */
    const char *report;      /* REKINDLE_REPORT: summary.json, or ready.csv */
    const struct error *err; /* REKINDLE_EXIT_CODE and REKINDLE_MESSAGE */
};

/* Waits for it; a failure is a warning. Its standard output goes where ours goes. */
void finish_hook_call(const struct finish_hook *hook, const struct message *message);

#endif
