/* finish_hook.c - see finish_hook.h.
 * Room: loader/run. May touch: processes. */
#include "loader/run/finish_hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "common/monotonic.h"

enum { LOOK_EVERY_NS = 20 * 1000 * 1000, CANNOT_RUN = 127 };

/* Read by the connections of this process; a command that sends a mail has no use for them. */
static const char *const secrets[] = {"REKINDLE_MYSQL_PASSWORD", "REKINDLE_REDIS_PASSWORD"};

static void set_environment(const struct finish_hook *hook)
{
    enum { NUMBER_SIZE = 16 };
    char number[NUMBER_SIZE];
    snprintf(number, sizeof number, "%d", (int)hook->err->kind);
    const char *const pairs[][2] = {
        {"REKINDLE_COMMAND", hook->what},
        {"REKINDLE_RUN", hook->run},
        {"REKINDLE_EVENT", hook->event},
        {"REKINDLE_REPORT", hook->report},
        {"REKINDLE_EXIT_CODE", number},
        {"REKINDLE_MESSAGE", hook->err->kind == ERROR_NONE ? "" : hook->err->text},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        setenv(pairs[i][0], pairs[i][1], 1);
    }
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        unsetenv(secrets[i]);
    }
}

/* In the child; a process group of its own, so that all of it can be ended. */
static void become_command(const struct finish_hook *hook)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGALRM, SIGUSR1, SIGUSR2, SIGPIPE};
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        signal(handled[i], SIG_DFL);
    }
    setpgid(0, 0);
    set_environment(hook);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
    }
    execl("/bin/sh", "sh", "-c", hook->command, (char *)NULL);
    _exit(CANNOT_RUN);
}

/* 0 and the wait status; -1 when it had to be ended. */
static int wait_for(pid_t child, int *status)
{
    const struct timespec slice = {.tv_nsec = LOOK_EVERY_NS};
    int64_t until_us = monotonic_us() + (int64_t)FINISH_HOOK_SECOND * US_PER_SECOND;
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) {
            return 0;
        }
        if (monotonic_us() > until_us) {
            kill(-child, SIGKILL);
            waitpid(child, status, 0);
            return -1;
        }
        nanosleep(&slice, NULL);
    }
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
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_command(hook);
    }
    if (child < 0) {
        message_warn(message, "[run] on_finish cannot be started: %s", strerror(errno));
    } else if (wait_for(child, &status) != 0) {
        message_warn(message, "[run] on_finish took longer than %d s and was ended",
                     FINISH_HOOK_SECOND);
    } else {
        tell_status(status, message);
    }
}
