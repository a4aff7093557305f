/* shell_call.h - a shell command of the operator's: what it printed first, within a time limit.
 * Room: loader/run. May touch: processes.
 * Promises: it sees no password of ours; it is ended, with its children, when its time is up. One thread. */
#ifndef REKINDLE_LOADER_SHELL_CALL_H
#define REKINDLE_LOADER_SHELL_CALL_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A name and a value for its environment; a NULL name ends a list. */
struct shell_variable {
    const char *name, *value;
};

/* Runs `command` with /bin/sh -c, and copies the first line of its standard output to `line`. ERROR_BACKEND when it ends
 * with anything but 0, or not within `limit_ms`. `variables` may be NULL. */
int shell_call(const char *command, const struct shell_variable *variables, int64_t limit_ms,
               char *line, size_t line_size, struct error *err) MUST_CHECK;

/* The same for a command that prints a number. */
int shell_call_for_number(const char *command, int64_t limit_ms, double *number,
                          struct error *err) MUST_CHECK;

/* The parts of it: starts the command, with its standard output to `output` (-1: where ours goes); -1 and errno when it
 * cannot be. */
pid_t shell_call_start(const char *command, const struct shell_variable *variables, int output);
/* 0 and the wait status; -1 when it had to be ended at `until_us`, with its children. */
int shell_call_wait(pid_t child, int64_t until_us, int *status) MUST_CHECK;

#endif
