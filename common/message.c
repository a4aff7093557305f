/* message.c - see message.h.
 * Room: common. May touch: the stream it was given. */
#include "common/message.h"

#include "common/terminal.h"

#include <stdarg.h>
#include <stdbool.h>

static bool is_heard(const struct message *message, enum verbosity least)
{
    return message != NULL && message->out != NULL && message->verbosity >= least;
}

void message_note(const struct message *message, const char *format, ...)
{
    va_list arguments;
    if (is_heard(message, VERBOSITY_NORMAL)) {
        va_start(arguments, format);
        terminal_print_line(message->out, "", format, arguments);
        va_end(arguments);
    }
}

void message_detail(const struct message *message, const char *format, ...)
{
    va_list arguments;
    if (is_heard(message, VERBOSITY_VERBOSE)) {
        va_start(arguments, format);
        terminal_print_line(message->out, "", format, arguments);
        va_end(arguments);
    }
}

void message_warn(const struct message *message, const char *format, ...)
{
    va_list arguments;
    if (is_heard(message, VERBOSITY_QUIET)) {
        va_start(arguments, format);
        terminal_print_line(message->out, "warning: ", format, arguments);
        va_end(arguments);
    }
}

void message_error(FILE *out, const char *program, const struct error *err)
{
    terminal_print(out, "%s: %s\n", program, err->text);
}
