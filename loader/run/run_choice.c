/* run_choice.c - see run_choice.h.
 * Room: loader/run. May touch: the folders of runs, reading only. */
#include "loader/run/run_choice.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/load_options.h"

int run_choice_open(struct run_folder *folder, const struct load_job *job, struct error *err)
{
    char path[RUN_PATH_SIZE];
    const char *run = job->options->run;
    struct error ignored = {0};
    if (strchr(run, '/') == NULL) {
        int size = snprintf(path, sizeof path, "%s/%s", job->config->run_dir, run);
        if (size < (int)sizeof path && run_folder_load(folder, path, &ignored) == 0) {
            return 0;
        }
    }
    return run_folder_load(folder, run, err);
}

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

bool run_choice_is_alive(const struct run_status *status)
{
    return status->pid > 0 && (kill((pid_t)status->pid, 0) == 0 || errno == EPERM);
}

bool run_choice_is_under_way(const struct run_folder *folder)
{
    struct run_status status;
    struct error ignored = {0};
    return run_status_load(folder, &status, &ignored) == 1 && run_choice_is_alive(&status) &&
           (strcmp(status.state, "running") == 0 || strcmp(status.state, "paused") == 0);
}
