/* error.h - one finished sentence and its kind, filled in by whoever knows the cause.
 * Room: common. May touch: nothing.
 * Promises: lower code never prints and never exits; main.c prints `text` and exits with `kind`. */
#ifndef REKINDLE_COMMON_ERROR_H
#define REKINDLE_COMMON_ERROR_H

#if defined(__GNUC__)
#define MUST_CHECK                       __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define NEVER_RETURNS                    __attribute__((noreturn))
#else
#define MUST_CHECK
#define PRINTF_LIKE(format_at, first_at)
#define NEVER_RETURNS
#endif

/* The values are the exit codes of both programs: a contract, pinned for ever. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_LOSSES = 1,   /* done, but with more losses than allowed */
    ERROR_USAGE = 2,    /* the command line */
    ERROR_INPUT = 3,    /* a file, a plan, a config, a log */
    ERROR_BACKEND = 4,  /* MySQL, SQLite, Redis, ... failed */
    ERROR_RESOURCE = 5, /* out of memory, disk or budget */
    ERROR_STOPPED = 6,  /* by the switch or a signal */
    ERROR_DEADLINE = 7, /* the tail was not warmed */
    ERROR_LOCKED = 8,   /* another run holds the lock */
    ERROR_NO_GO = 9,    /* not ready, or a ramp that ended at 0 */
};

enum { ERROR_TEXT_SIZE = 1024 };

struct error {
    enum error_kind kind;
    char text
        [ERROR_TEXT_SIZE]; /* one sentence without a final full stop: what, where, why, the bad value */
};

/* Makes `err` say that nothing is wrong. */
void error_clear(struct error *err);

/* Fills `err` and returns -1, so that a caller can write `return error_set(...)`.
 * Control bytes that came in through an argument are replaced by '?': a message is one line. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* As error_set, and ends the sentence with ": " and the text of `saved_errno` (copy errno first).
 * ENOSPC, EDQUOT, EFBIG and ENOMEM turn the kind into ERROR_RESOURCE whatever `kind` says. */
int error_set_errno(struct error *err, enum error_kind kind, int saved_errno, const char *format,
                    ...) PRINTF_LIKE(4, 5);

/* Out of memory while doing `what` ("reading the plan"); returns -1. */
int error_set_memory(struct error *err, const char *what);

/* Puts "`context`: " before the sentence and returns -1; the kind stays. */
int error_add_context(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
