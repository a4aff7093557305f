/* error.c - see error.h.
 * Room: common. May touch: libc. */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void replace_control_bytes(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}

void error_clear(struct error *err)
{
    err->kind = ERROR_NONE;
    err->text[0] = '\0';
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;
    err->kind = kind;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    replace_control_bytes(err->text);
    return -1;
}

int error_set_errno(struct error *err, enum error_kind kind, int saved_errno, const char *format,
                    ...)
{
    char sentence[ERROR_TEXT_SIZE];
    char reason[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (strerror_r(saved_errno, reason, sizeof reason) != 0) {
        snprintf(reason, sizeof reason, "error %d", saved_errno);
    }
    if (saved_errno == ENOSPC || saved_errno == EDQUOT || saved_errno == EFBIG ||
        saved_errno == ENOMEM) {
        kind = ERROR_RESOURCE;
    }
    return error_set(err, kind, "%.800s: %s", sentence, reason);
}

int error_set_memory(struct error *err, const char *what)
{
    return error_set(err, ERROR_RESOURCE, "out of memory while %s", what);
}

int error_add_context(struct error *err, const char *format, ...)
{
    char context[ERROR_TEXT_SIZE];
    char sentence[ERROR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    memcpy(sentence, err->text, sizeof sentence);
    return error_set(err, err->kind, "%.500s: %.500s", context, sentence);
}
