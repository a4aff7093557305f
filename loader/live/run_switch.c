/* run_switch.c - see run_switch.h.
 * Room: loader/live. May touch: signal handlers, the switch's files, the control keys. */
#include "loader/live/run_switch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "common/monotonic.h"

enum { LOOK_EVERY_US = 200000, GRACE_SECOND = 1 };

/* The signal flags: what a handler may touch. */
static atomic_int stop_flag;
static atomic_int abort_flag;
static atomic_int resume_wish; /* the last of SIGUSR1 and SIGUSR2; 0: none since the last look */
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
    atomic_store(&resume_wish, signal_number);
}

int run_switch_install(struct error *err)
{
    static const struct {
        int signal_number;
        void (*handle)(int);
    } rows[] = {{SIGTERM, handle_stop},
                {SIGINT, handle_stop},
                {SIGALRM, handle_alarm},
                {SIGUSR1, handle_pause},
                {SIGUSR2, handle_pause},
                {SIGPIPE, SIG_IGN},
                {SIGXFSZ, SIG_IGN}, /* a file beyond `ulimit -f` is an error of its write */
                /* who starts us may ignore it, and then no exit code of a child reaches us */
                {SIGCHLD, SIG_DFL}};
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

void run_switch_end(struct run_switch *run_switch)
{
    switch_key_stop(run_switch->key);
    run_switch->key = NULL;
}

/* ---- the latch */

/* A wish that cannot be written down is kept in mind all the same. */
static void latch(struct run_switch *run_switch, enum run_wish wish, const char *why)
{
    struct error err = {0};
    run_switch->latch = (struct switch_latch){.wish = wish, .at_unix = (int64_t)time(NULL)};
    snprintf(run_switch->latch.why, sizeof run_switch->latch.why, "%s", why);
    bool is_unsaved = run_switch->run_folder != NULL &&
                      switch_latch_save(run_switch->run_folder, &run_switch->latch, &err) != 0;
    if (is_unsaved && !run_switch->is_unsaved_told) {
        message_warn(run_switch->message, "%s", err.text);
    }
    run_switch->is_unsaved_told = is_unsaved;
}

/* A stop outranks a pause, and what is wished already is not written again. */
static void wish_at_least(struct run_switch *run_switch, enum run_wish wish, const char *why)
{
    if (wish > run_switch->latch.wish) {
        latch(run_switch, wish, why);
    }
}

/* A resume deletes the key before it writes the latch: what was read of the key earlier must not pause the run again. */
static void take_over(struct run_switch *run_switch, const struct switch_latch *found)
{
    bool is_new =
        found->wish != run_switch->latch.wish || found->at_unix != run_switch->latch.at_unix;
    if (is_new && found->wish == WISH_RUN && run_switch->key != NULL) {
        switch_key_forget(run_switch->key);
    }
    run_switch->latch = *found;
}

/* What a command has written there counts. A file that is gone, or not readable, wishes nothing. */
static void read_latch(struct run_switch *run_switch)
{
    struct error ignored = {0};
    struct switch_latch found;
    if (run_switch->run_folder == NULL) {
        return;
    }
    if (switch_latch_load(run_switch->run_folder, &found, &ignored) == 1) {
        take_over(run_switch, &found);
    } else if (run_switch->latch.wish != WISH_RUN) {
        struct switch_latch kept = run_switch->latch;
        latch(run_switch, kept.wish, kept.why);
    }
}

/* ---- the keys' thread */

static const char *run_name(const struct run_switch *run_switch)
{
    const char *slash = strrchr(run_switch->run_folder, '/');
    return slash == NULL ? run_switch->run_folder : slash + 1;
}

int run_switch_watch_keys(struct run_switch *run_switch, const struct redis_config *redis,
                          const struct message *message, struct error *err)
{
    run_switch->message = message;
    read_latch(run_switch); /* a resume of long ago does not outweigh what the keys say now */
    run_switch->key = switch_key_start(redis, run_name(run_switch), err);
    return run_switch->key == NULL ? -1 : 0;
}

/* ---- who may wish */

/* A file that wishes something. A letter is taken in: once latched, it has said what it had to say. */
static void look_at_file(struct run_switch *run_switch, const char *folder, enum run_wish wish,
                         bool is_letter)
{
    char path[PATH_MAX], why[SWITCH_WHY_SIZE];
    const char *word = switch_latch_word(wish);
    int size = folder == NULL ? -1 : snprintf(path, sizeof path, "%s/%s", folder, word);
    if (size < 0 || size >= (int)sizeof path || access(path, F_OK) != 0) {
        return;
    }
    snprintf(why, sizeof why, "by the file %.380s", path);
    wish_at_least(run_switch, wish, why);
    if (is_letter) {
        unlink(path);
    }
}

static void look_at_files(struct run_switch *run_switch)
{
    look_at_file(run_switch, run_switch->run_folder, WISH_STOP, true);
    look_at_file(run_switch, run_switch->host_folder, WISH_STOP, false);
    look_at_file(run_switch, run_switch->run_folder, WISH_PAUSE, true);
    look_at_file(run_switch, run_switch->host_folder, WISH_PAUSE, false);
}

static void tell_silence(struct run_switch *run_switch, bool is_silent)
{
    if (is_silent && !run_switch->is_silence_told) {
        message_warn(run_switch->message,
                     "the control keys cannot be read: pausing and stopping by Redis key does not "
                     "work now; files, signals and commands do");
    }
    run_switch->is_silence_told = is_silent;
}

static void tell_unknown(struct run_switch *run_switch, bool is_unknown)
{
    char name[SWITCH_KEY_NAME_SIZE];
    if (is_unknown && !run_switch->is_unknown_told) {
        message_warn(run_switch->message,
                     "the key %s or %s says something else than pause or stop (the first one: or "
                     "resume): nothing is done",
                     switch_key_name(run_name(run_switch), name), SWITCH_KEY_ALL);
    }
    run_switch->is_unknown_told = is_unknown;
}

static void look_at_keys(struct run_switch *run_switch)
{
    char name[SWITCH_KEY_NAME_SIZE], why[SWITCH_WHY_SIZE];
    if (run_switch->key == NULL) {
        return;
    }
    struct switch_key_word word = switch_key_look(run_switch->key);
    tell_silence(run_switch, word.is_silent);
    tell_unknown(run_switch, word.is_unknown);
    switch_key_name(run_name(run_switch), name);
    snprintf(why, sizeof why, "by the key %s", word.is_all ? SWITCH_KEY_ALL : name);
    if (word.is_resume && run_switch->latch.wish != WISH_RUN) {
        latch(run_switch, WISH_RUN, why);
    }
    wish_at_least(run_switch, word.wish, why);
}

/* Whatever else says pause has its say right after a SIGUSR2. */
static void look_at_signals(struct run_switch *run_switch)
{
    int signal_number = atomic_exchange(&resume_wish, 0);
    if (signal_number == SIGUSR1) {
        wish_at_least(run_switch, WISH_PAUSE, "by SIGUSR1");
    } else if (signal_number == SIGUSR2 && run_switch->latch.wish == WISH_PAUSE) {
        latch(run_switch, WISH_RUN, "by SIGUSR2");
        run_switch->looked_us = 0;
    }
}

enum run_wish run_switch_look(struct run_switch *run_switch, int64_t now_us)
{
    look_at_signals(run_switch);
    if (run_switch->looked_us == 0 || now_us - run_switch->looked_us >= LOOK_EVERY_US) {
        run_switch->looked_us = now_us;
        read_latch(run_switch);
        look_at_files(run_switch);
        look_at_keys(run_switch);
    }
    int signal_number = atomic_load(&stop_signal);
    if (signal_number != 0) {
        snprintf(run_switch->why, sizeof run_switch->why, "stopped by %s",
                 signal_number == SIGINT ? "SIGINT" : "SIGTERM");
        return WISH_STOP;
    }
    run_switch->why[0] = '\0';
    if (run_switch->latch.wish != WISH_RUN) {
        snprintf(run_switch->why, sizeof run_switch->why, "%s %s",
                 run_switch->latch.wish == WISH_STOP ? "stopped" : "paused", run_switch->latch.why);
    }
    return run_switch->latch.wish;
}

const char *run_switch_advice(const struct run_switch *run_switch, char *text, size_t size)
{
    if (atomic_load(&stop_signal) != 0 || run_switch->latch.wish == WISH_RUN ||
        run_switch->run_folder == NULL) {
        snprintf(text, size, "the same command resumes");
    } else if (run_switch->latch.wish == WISH_PAUSE) {
        snprintf(text, size, "`rekindle-load resume --run %s` goes on", run_switch->run_folder);
    } else {
        snprintf(text, size,
                 "`rekindle-load resume --run %s` lifts that, then the same command goes on",
                 run_switch->run_folder);
    }
    return text;
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
    atomic_store(&resume_wish, 0);
    atomic_store(&stop_signal, 0);
}
