/* message.c - see message.h.
 * Room: common. May touch: the stream it was given. */
#include "common/message.h"

#include <stdarg.h>
#include <stdbool.h>

static bool is_heard(const struct message *message, enum verbosity least)
{
    return message != NULL && message->out != NULL && message->verbosity >= least;
}

static void PRINTF_LIKE(2, 0) print_line(FILE *out, const char *format, va_list arguments)
{
    vfprintf(out, format, arguments);
    fputc('\n', out);
}

void message_note(const struct message *message, const char *format, ...)
{
    va_list arguments;
    if (is_heard(message, VERBOSITY_NORMAL)) {
        va_start(arguments, format);
        print_line(message->out, format, arguments);
        va_end(arguments);
    }
}

void message_detail(const struct message *message, const char *format, ...)
{
    va_list arguments;
    if (is_heard(message, VERBOSITY_VERBOSE)) {
        va_start(arguments, format);
        print_line(message->out, format, arguments);
        va_end(arguments);
    }
}

void message_warn(const struct message *message, const char *format, ...)
{
    va_list arguments;
    if (is_heard(message, VERBOSITY_QUIET)) {
        fputs("warning: ", message->out);
        va_start(arguments, format);
        print_line(message->out, format, arguments);
        va_end(arguments);
    }
}
