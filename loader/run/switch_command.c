/* switch_command.c - the conductors of `pause`, `resume` and `stop`: a wish, written where the run looks for it.
 * Room: loader/run. May touch: the switch's files of a run and of the host, the control keys.
 *
 * DESIGN
 *  1. Which run: --run, or the only one that is under way (for resume: that is switched), or with --all every one.
 *  2. The wish goes into the run's latch, where the run sees it within 200 ms. With --all it is a file in [run] dir,
 *     which also meets runs that are only started later.
 *  3. Then the status is watched until the run has obeyed, for a few seconds: what is printed was seen.
 *  `resume` takes back all that could switch the run off again: letters not yet taken in, and the run's key. */
#include "loader/load_job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/file_io.h"
#include "common/message.h"
#include "common/monotonic.h"
#include "common/terminal.h"
#include "loader/load_options.h"
#include "loader/run/run_choice.h"
#include "loader/live/switch_key.h"
#include "loader/folder/switch_latch.h"

enum { OBEY_WITHIN_MS = 5000, LOOK_EVERY_NS = 20 * 1000 * 1000, USER_SIZE = 64 };

struct switch_order {
    const struct load_job *job;
    enum run_wish wish;
    int found_count; /* runs that could be meant */
    struct run_folder found;
    struct error trouble; /* with --all, of the first run that did not obey */
};

/* ---- which run */

static bool is_meant(const struct switch_order *order, const struct run_folder *folder)
{
    struct switch_latch latch;
    struct error ignored = {0};
    return order->wish == WISH_RUN
               ? switch_latch_load(folder->path, &latch, &ignored) == 1 && latch.wish != WISH_RUN
               : run_choice_is_under_way(folder);
}

static int note_if_meant(void *context, const struct run_folder *folder, struct error *err)
{
    struct switch_order *order = context;
    (void)err;
    if (is_meant(order, folder) && order->found_count++ == 0) {
        order->found = *folder;
    }
    return 0;
}

static int choose_run(struct switch_order *order, struct error *err)
{
    const char *base = order->job->config->run_dir;
    if (order->job->options->run != NULL) {
        return run_choice_open(&order->found, order->job, err);
    }
    if (run_choice_each(base, note_if_meant, order, err) != 0) {
        return -1;
    }
    if (order->found_count == 1) {
        return 0;
    }
    const char *state = order->wish == WISH_RUN ? "paused or switched off" : "under way";
    return order->found_count == 0
               ? error_set(err, ERROR_INPUT,
                           "no run in %s is %s; name one with --run, see `rekindle-load status`",
                           base, state)
               : error_set(err, ERROR_USAGE,
                           "%d runs in %s are %s: name one with --run, or --all of them",
                           order->found_count, base, state);
}

/* ---- the wish */

static void say_by_whom(enum run_wish wish, char *why, size_t size)
{
    char user[USER_SIZE];
    const struct passwd *entry = getpwuid(geteuid());
    snprintf(user, sizeof user, "%s", entry == NULL ? "somebody" : entry->pw_name);
    snprintf(why, size, "by the command %s of %s",
             wish == WISH_RUN ? "resume" : switch_latch_word(wish), user);
}

static int write_latch(const struct run_folder *folder, enum run_wish wish, struct error *err)
{
    struct switch_latch latch = {.wish = wish, .at_unix = (int64_t)time(NULL)};
    say_by_whom(wish, latch.why, sizeof latch.why);
    return switch_latch_save(folder->path, &latch, err);
}

/* Removes folder/pause and folder/stop. */
static int remove_letters(const char *folder, struct error *err)
{
    char path[PATH_MAX];
    for (int wish = WISH_PAUSE; wish <= (int)WISH_STOP; wish++) {
        snprintf(path, sizeof path, "%s/%s", folder, switch_latch_word((enum run_wish)wish));
        if (unlink(path) != 0 && errno != ENOENT) {
            return error_set_errno(err, ERROR_BACKEND, errno, "cannot remove %s", path);
        }
    }
    return 0;
}

/* Takes back the keys. A Redis that does not answer is told of and no more: the files are what counts on this host. */
static void clear_keys(const struct switch_order *order, const char *run_name, bool is_all)
{
    struct error err = {0};
    const struct message *message = order->job->message;
    int cleared = switch_key_clear(&order->job->redis, run_name, is_all, &err);
    if (cleared < 0) {
        message_warn(message, "the keys %s and %s:%s could not be removed: %s", SWITCH_KEY_ALL,
                     SWITCH_KEY_ALL, run_name, err.text);
    } else if (cleared > 0) {
        message_warn(message,
                     "the key %s still says pause or stop to every run; resume --all removes it",
                     SWITCH_KEY_ALL);
    }
}

static void warn_of_host_files(const struct switch_order *order)
{
    char path[PATH_MAX];
    for (int wish = WISH_PAUSE; wish <= (int)WISH_STOP; wish++) {
        snprintf(path, sizeof path, "%s/%s", order->job->config->run_dir,
                 switch_latch_word((enum run_wish)wish));
        if (access(path, F_OK) == 0) {
            message_warn(order->job->message,
                         "the file %s still holds every run; resume --all removes it", path);
        }
    }
}

/* ---- seeing it obeyed */

static bool has_obeyed(const struct run_folder *folder, enum run_wish wish)
{
    struct run_status status;
    struct error ignored = {0};
    if (run_status_load(folder, &status, &ignored) != 1) {
        return false;
    }
    switch (wish) {
    case WISH_STOP:
        return strcmp(status.state, "running") != 0 && strcmp(status.state, "paused") != 0;
    case WISH_PAUSE:
        return strcmp(status.state, "running") != 0;
    case WISH_RUN:
        break;
    }
    return strcmp(status.state, "paused") != 0;
}

static int watch_it_obey(const struct run_folder *folder, enum run_wish wish, struct error *err)
{
    static const char *const done[] = {
        [WISH_RUN] = "goes on", [WISH_PAUSE] = "is paused", [WISH_STOP] = "has stopped"};
    const struct timespec slice = {.tv_nsec = LOOK_EVERY_NS};
    int64_t until_ms = monotonic_ms() + OBEY_WITHIN_MS;
    if (!run_choice_is_under_way(folder)) {
        terminal_print(stdout, "%s is not under way; %s\n", folder->name,
                       wish == WISH_RUN     ? "the same `rekindle-load run` command goes on"
                       : wish == WISH_PAUSE ? "it will wait when it is started"
                                            : "it will not start before a resume");
        return 0;
    }
    while (!has_obeyed(folder, wish)) {
        if (monotonic_ms() > until_ms) {
            return error_set(err, ERROR_BACKEND,
                             "%s has not obeyed within %d s: does Redis or the database hang? "
                             "SIGTERM, and a second one, end its process",
                             folder->name, OBEY_WITHIN_MS / MS_PER_SECOND);
        }
        nanosleep(&slice, NULL);
    }
    terminal_print(stdout, "%s %s\n", folder->name, done[wish]);
    return 0;
}

/* ---- one run, all runs */

static int order_one(struct switch_order *order, struct error *err)
{
    const struct run_folder *folder = &order->found;
    if (choose_run(order, err) != 0) {
        return -1;
    }
    if (order->wish == WISH_RUN) {
        if (remove_letters(folder->path, err) != 0) {
            return -1;
        }
        clear_keys(order, folder->name, false);
        warn_of_host_files(order);
    }
    return write_latch(folder, order->wish, err) == 0 ? watch_it_obey(folder, order->wish, err)
                                                      : -1;
}

static int obey(const struct switch_order *order, const struct run_folder *folder,
                struct error *err)
{
    if (order->wish == WISH_RUN) {
        clear_keys(order, folder->name, true);
        if (remove_letters(folder->path, err) != 0 || write_latch(folder, WISH_RUN, err) != 0) {
            return -1;
        }
    }
    return watch_it_obey(folder, order->wish, err);
}

/* A run that does not obey keeps nobody from asking the others. */
static int obey_all(void *context, const struct run_folder *folder, struct error *err)
{
    struct switch_order *order = context;
    (void)err;
    struct error trouble = {0};
    if (is_meant(order, folder) && obey(order, folder, &trouble) != 0 &&
        order->trouble.kind == ERROR_NONE) {
        order->trouble = trouble;
    }
    return 0;
}

static int make_host_file(const struct switch_order *order, struct error *err)
{
    char path[PATH_MAX], why[SWITCH_WHY_SIZE];
    if (file_make_folder(order->job->config->run_dir, err) != 0) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/%s", order->job->config->run_dir,
             switch_latch_word(order->wish));
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    say_by_whom(order->wish, why, sizeof why);
    fprintf(file_draft_stream(draft), "%s\n", why);
    if (file_draft_commit(draft, err) != 0) {
        return -1;
    }
    terminal_print(
        stdout, "%s holds every run of this host; `rekindle-load resume --all` lifts it\n", path);
    return 0;
}

static int order_all(struct switch_order *order, struct error *err)
{
    const char *base = order->job->config->run_dir;
    int begun = order->wish == WISH_RUN ? remove_letters(base, err) : make_host_file(order, err);
    if (begun == 0 && order->wish == WISH_RUN) {
        clear_keys(order, "", true);
    }
    if (begun != 0 || run_choice_each(base, obey_all, order, err) != 0) {
        return -1;
    }
    if (order->trouble.kind != ERROR_NONE) {
        *err = order->trouble;
        return -1;
    }
    if (order->wish == WISH_RUN) {
        terminal_print(stdout, "nothing holds the runs of this host any more\n");
    }
    return 0;
}

static int give_order(const struct load_job *job, enum run_wish wish, struct error *err)
{
    struct switch_order order = {.job = job, .wish = wish};
    if (job->options->is_all && job->options->run != NULL) {
        return error_set(err, ERROR_USAGE, "--all and --run exclude each other");
    }
    return job->options->is_all ? order_all(&order, err) : order_one(&order, err);
}

int pause_run(const struct load_job *job, struct error *err)
{
    return give_order(job, WISH_PAUSE, err);
}

int resume_run(const struct load_job *job, struct error *err)
{
    return give_order(job, WISH_RUN, err);
}

int stop_run(const struct load_job *job, struct error *err)
{
    return give_order(job, WISH_STOP, err);
}
