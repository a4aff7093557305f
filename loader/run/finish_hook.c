/* finish_hook.c - see finish_hook.h.
 * Room: loader/run. May touch: processes. */
#include "loader/run/finish_hook.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "loader/run/shell_call.h"

static pid_t start(const struct finish_hook *hook)
{
    enum { NUMBER_SIZE = 16 };
    char number[NUMBER_SIZE];
    snprintf(number, sizeof number, "%d", (int)hook->err->kind);
    const struct shell_variable variables[] = {
        {"REKINDLE_COMMAND", hook->what},
        {"REKINDLE_RUN", hook->run},
        {"REKINDLE_EVENT", hook->event},
        {"REKINDLE_REPORT", hook->report},
        {"REKINDLE_EXIT_CODE", number},
        {"REKINDLE_MESSAGE", hook->err->kind == ERROR_NONE ? "" : hook->err->text},
        {NULL, NULL},
    };
    return shell_call_start(hook->command, variables, -1);
}

static void tell_status(int status, const struct message *message)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        message_warn(message, "[run] on_finish ended with exit code %d", WEXITSTATUS(status));
    } else if (WIFSIGNALED(status)) {
        message_warn(message, "[run] on_finish was ended by signal %d", WTERMSIG(status));
    }
}

void finish_hook_call(const struct finish_hook *hook, const struct message *message)
{
    int status = 0;
    if (hook->command == NULL || hook->command[0] == '\0') {
        return;
    }
    int64_t until_us = monotonic_us() + (int64_t)FINISH_HOOK_SECOND * US_PER_SECOND;
    pid_t child = start(hook);
    if (child < 0) {
        message_warn(message, "[run] on_finish cannot be started: %s", strerror(errno));
    } else if (shell_call_wait(child, until_us, &status) != 0) {
        message_warn(message, "[run] on_finish took longer than %d s and was ended",
                     FINISH_HOOK_SECOND);
    } else {
        tell_status(status, message);
    }
}
