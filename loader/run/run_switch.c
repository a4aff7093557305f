/* run_switch.c - see run_switch.h.
 * Room: loader/run. May touch: signal handlers, the files `pause` and `stop`. */
#include "loader/run/run_switch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_EVERY_US = 200000, GRACE_SECOND = 1 };

/* The signal flags: what a handler may touch. */
static atomic_int stop_flag;
static atomic_int abort_flag;
static atomic_int pause_flag;
static atomic_int stop_signal; /* which one it was; 0: none */

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "an atomic int may be set in a signal handler");

static void handle_stop(int signal_number)
{
    if (atomic_exchange(&stop_flag, 1) != 0) {
        atomic_store(&abort_flag, 1);
    }
    atomic_store(&stop_signal, signal_number);
    alarm(GRACE_SECOND);
}

static void handle_alarm(int signal_number)
{
    (void)signal_number;
    if (atomic_load(&stop_flag) != 0) {
        atomic_store(&abort_flag, 1);
    }
}

static void handle_pause(int signal_number)
{
    atomic_store(&pause_flag, signal_number == SIGUSR1);
}

int run_switch_install(struct error *err)
{
    static const struct {
        int signal_number;
        void (*handle)(int);
    } rows[] = {{SIGTERM, handle_stop},  {SIGINT, handle_stop},   {SIGALRM, handle_alarm},
                {SIGUSR1, handle_pause}, {SIGUSR2, handle_pause}, {SIGPIPE, SIG_IGN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sigaction action = {.sa_handler = rows[i].handle};
        sigemptyset(&action.sa_mask);
        if (sigaction(rows[i].signal_number, &action, NULL) != 0) {
            return error_set_errno(err, ERROR_BACKEND, errno, "cannot watch for signals");
        }
    }
    return 0;
}

void run_switch_init(struct run_switch *run_switch, const char *run_folder, const char *host_folder)
{
    *run_switch = (struct run_switch){.run_folder = run_folder, .host_folder = host_folder};
}

/* Says so in `why` when `folder`/`name` exists. */
static bool has_file(struct run_switch *run_switch, const char *folder, const char *name,
                     const char *verb)
{
    char path[PATH_MAX];
    int size = folder == NULL ? -1 : snprintf(path, sizeof path, "%s/%s", folder, name);
    if (size < 0 || size >= (int)sizeof path || access(path, F_OK) != 0) {
        return false;
    }
    snprintf(run_switch->why, sizeof run_switch->why, "%s by the file %.400s; remove it to go on",
             verb, path);
    return true;
}

static void look_at_files(struct run_switch *run_switch)
{
    const char *run = run_switch->run_folder, *host = run_switch->host_folder;
    if (has_file(run_switch, run, "stop", "stopped") ||
        has_file(run_switch, host, "stop", "stopped")) {
        run_switch->wish = WISH_STOP;
    } else if (has_file(run_switch, run, "pause", "paused") ||
               has_file(run_switch, host, "pause", "paused")) {
        run_switch->wish = WISH_PAUSE;
    } else {
        run_switch->wish = WISH_RUN;
    }
}

enum run_wish run_switch_look(struct run_switch *run_switch, int64_t now_us)
{
    if (run_switch->looked_us == 0 || now_us - run_switch->looked_us >= LOOK_EVERY_US) {
        run_switch->looked_us = now_us;
        look_at_files(run_switch);
    }
    int signal_number = atomic_load(&stop_signal);
    if (signal_number != 0) {
        snprintf(run_switch->why, sizeof run_switch->why, "stopped by %s",
                 signal_number == SIGINT ? "SIGINT" : "SIGTERM");
        return WISH_STOP;
    }
    if (run_switch->wish == WISH_RUN && atomic_load(&pause_flag) != 0) {
        snprintf(run_switch->why, sizeof run_switch->why, "paused by SIGUSR1; SIGUSR2 goes on");
        return WISH_PAUSE;
    }
    if (run_switch->wish == WISH_RUN) {
        run_switch->why[0] = '\0';
    }
    return run_switch->wish;
}

const atomic_int *run_switch_stop_flag(void)
{
    return &stop_flag;
}

const atomic_int *run_switch_abort_flag(void)
{
    return &abort_flag;
}

void run_switch_raise_stop(void)
{
    atomic_store(&stop_flag, 1);
}

void run_switch_reset(void)
{
    alarm(0);
    atomic_store(&stop_flag, 0);
    atomic_store(&abort_flag, 0);
    atomic_store(&pause_flag, 0);
    atomic_store(&stop_signal, 0);
}
