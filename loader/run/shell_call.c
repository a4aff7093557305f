/* shell_call.c - see shell_call.h.
 * Room: loader/run. May touch: processes. */
#include "loader/run/shell_call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/monotonic.h"
#include "common/units.h"

enum { CANNOT_RUN = 127, LOOK_EVERY_NS = 10 * 1000 * 1000, NUMBER_SIZE = 64 };

static const char *const secrets[] = {"REKINDLE_MYSQL_PASSWORD", "REKINDLE_REDIS_PASSWORD"};

/* In the child; a process group of its own, so that all of it can be ended. */
static void become_command(const char *command, const struct shell_variable *variables, int output)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGALRM, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        signal(handled[i], SIG_DFL);
    }
    setpgid(0, 0);
    for (; variables != NULL && variables->name != NULL; variables++) {
        setenv(variables->name, variables->value, 1);
    }
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        unsetenv(secrets[i]);
    }
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
    }
    if (output >= 0) {
        dup2(output, STDOUT_FILENO);
    }
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(CANNOT_RUN);
}

pid_t shell_call_start(const char *command, const struct shell_variable *variables, int output)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_command(command, variables, output);
    }
    return child;
}

/* Reads until the end or the limit; what does not fit is thrown away. */
static void read_output(int input, int64_t until_us, char *line, size_t line_size)
{
    enum { PIECE_SIZE = 512 };
    char piece[PIECE_SIZE];
    size_t used = 0;
    for (;;) {
        int64_t left_ms = (until_us - monotonic_us()) / US_PER_MS;
        struct pollfd ready = {.fd = input, .events = POLLIN};
        int found = left_ms <= 0 ? 0 : poll(&ready, 1, (int)left_ms);
        if (found < 0 && errno == EINTR) {
            continue;
        }
        ssize_t got = found <= 0 ? 0 : read(input, piece, sizeof piece);
        if (got <= 0) {
            break;
        }
        size_t taken = (size_t)got < line_size - 1 - used ? (size_t)got : line_size - 1 - used;
        memcpy(line + used, piece, taken);
        used += taken;
    }
    line[used] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

int shell_call_wait(pid_t child, int64_t until_us, int *status)
{
    const struct timespec slice = {.tv_nsec = LOOK_EVERY_NS};
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child) {
            return 0;
        }
        if (ended < 0 && errno != EINTR) {
            *status = W_EXITCODE(CANNOT_RUN, 0); /* somebody else took it: how it ended is lost */
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

int shell_call(const char *command, const struct shell_variable *variables, int64_t limit_ms,
               char *line, size_t line_size, struct error *err)
{
    int ends[2], status = 0;
    int64_t until_us = monotonic_us() + limit_ms * US_PER_MS;
    line[0] = '\0';
    if (pipe(ends) != 0) {
        return error_set_errno(err, ERROR_BACKEND, errno, "'%.200s' cannot be started", command);
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t child = shell_call_start(command, variables, ends[1]);
    int saved_errno = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return error_set_errno(err, ERROR_BACKEND, saved_errno, "'%.200s' cannot be started",
                               command);
    }
    read_output(ends[0], until_us, line, line_size);
    close(ends[0]);
    if (shell_call_wait(child, until_us, &status) != 0) {
        return error_set(err, ERROR_BACKEND, "'%.200s' took longer than %.1f s and was ended",
                         command, (double)limit_ms / MS_PER_SECOND);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? 0
               : error_set(err, ERROR_BACKEND, "'%.200s' failed with exit code %d", command,
                           WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int shell_call_for_number(const char *command, int64_t limit_ms, double *number, struct error *err)
{
    char line[NUMBER_SIZE];
    struct error why = {0};
    if (shell_call(command, NULL, limit_ms, line, sizeof line, err) != 0) {
        return -1;
    }
    line[strcspn(line, " \t\r")] = '\0';
    return units_parse_number(line, number, &why) == 0
               ? 0
               : error_set(err, ERROR_BACKEND, "'%.200s' prints no number: '%.40s'", command, line);
}
