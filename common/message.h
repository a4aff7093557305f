/* message.h - what a program says on stderr beside errors: one line each, folded on a terminal; nothing under --quiet.
 * Room: common. May touch: stderr (through the stream it was given). */
#ifndef REKINDLE_COMMON_MESSAGE_H
#define REKINDLE_COMMON_MESSAGE_H

#include "common/error.h"

#include <stdio.h>

enum verbosity { VERBOSITY_QUIET, VERBOSITY_NORMAL, VERBOSITY_VERBOSE };

/* Passed down from main; a NULL pointer is quiet. */
struct message {
    FILE *out;
    enum verbosity verbosity;
};

void message_note(const struct message *message, const char *format, ...)
    PRINTF_LIKE(2, 3); /* normal and verbose */
void message_detail(const struct message *message, const char *format, ...)
    PRINTF_LIKE(2, 3); /* verbose only */
/* "warning: ..." also under --quiet: it is worth a line in cron's mail. */
void message_warn(const struct message *message, const char *format, ...) PRINTF_LIKE(2, 3);
/* main's last word: "PROGRAM: TEXT". */
void message_error(FILE *out, const char *program, const struct error *err);

#endif
