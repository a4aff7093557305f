/* run_choice.c - see run_choice.h.
 * Room: loader/run. May touch: the folders of runs, reading only. */
#include "loader/run/run_choice.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/process.h"
#include "common/spelling.h"
#include "loader/load_options.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int run_choice_each(const char *base,
                    int (*visit)(void *context, const struct run_folder *folder, struct error *err),
                    void *context, struct error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(base, &entries, is_visible, by_name), result = 0;
    if (count < 0 && errno != ENOENT) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot look for runs in %s", base);
    }
    for (int i = 0; i < count; i++) {
        char path[RUN_PATH_SIZE];
        struct run_folder folder;
        struct error ignored = {0};
        int size = snprintf(path, sizeof path, "%s/%s", base, entries[i]->d_name);
        if (result == 0 && size < (int)sizeof path &&
            run_folder_load(&folder, path, &ignored) == 0) {
            result = visit(context, &folder, err);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

struct run_names {
    struct spelling spelling;
    char nearest[RUN_NAME_SIZE]; /* what the spelling borrows */
};

static int offer_name(void *context, const struct run_folder *folder, struct error *err)
{
    struct run_names *names = context;
    (void)err;
    spelling_offer(&names->spelling, slice_of(folder->name));
    if (names->spelling.nearest.bytes == folder->name) {
        memcpy(names->nearest, folder->name, sizeof names->nearest);
        names->spelling.nearest.bytes = names->nearest;
    }
    return 0;
}

static int refuse_name(const char *run, const char *base, struct error *err)
{
    char hint[SPELLING_HINT_SIZE];
    struct run_names names = {.spelling = spelling_of(slice_of(run))};
    if (run_choice_each(base, offer_name, &names, err) != 0) {
        return -1;
    }
    return error_set(err, ERROR_INPUT, "there is no run '%.200s' in %.400s%s", run, base,
                     spelling_hint_or_list(&names.spelling, hint));
}

int run_choice_open(struct run_folder *folder, const struct load_job *job, struct error *err)
{
    char path[RUN_PATH_SIZE];
    const char *run = job->options->run, *base = job->config->run_dir;
    struct error ignored = {0};
    if (strchr(run, '/') != NULL) {
        return run_folder_load(folder, run, err);
    }
    int size = snprintf(path, sizeof path, "%s/%s", base, run);
    if (size < (int)sizeof path && run_folder_load(folder, path, &ignored) == 0) {
        return 0;
    }
    return access(run, F_OK) == 0 ? run_folder_load(folder, run, err) : refuse_name(run, base, err);
}

bool run_choice_is_alive(const struct run_status *status)
{
    return process_is_alive(status->pid, status->pid_start);
}

bool run_choice_is_under_way(const struct run_folder *folder)
{
    struct run_status status;
    struct error ignored = {0};
    return run_status_load(folder, &status, &ignored) == 1 && run_choice_is_alive(&status) &&
           (strcmp(status.state, "running") == 0 || strcmp(status.state, "paused") == 0);
}
