/* run_choice.h - which run a person means: a folder, a name, or the only one that is under way.
 * Room: loader/run. May touch: the folders of runs, reading only. */
#ifndef REKINDLE_LOADER_RUN_CHOICE_H
#define REKINDLE_LOADER_RUN_CHOICE_H

#include "common/error.h"
#include "loader/load_job.h"
#include "loader/folder/run_folder.h"
#include "loader/folder/run_status.h"

#include <stdbool.h>

/* --run: the path of a run's folder, or its name in [run] dir. ERROR_INPUT when it is neither. */
int run_choice_open(struct run_folder *folder, const struct load_job *job,
                    struct error *err) MUST_CHECK;

/* Calls `visit` for each run in [run] dir, by name, until one call is not 0, which is then returned.
 * No such folder: no runs. */
int run_choice_each(const char *base,
                    int (*visit)(void *context, const struct run_folder *folder, struct error *err),
                    void *context, struct error *err) MUST_CHECK;

/* A process that died without a last word leaves `running` behind; its pid tells. */
bool run_choice_is_alive(const struct run_status *status);
/* Alive, and running or paused. */
bool run_choice_is_under_way(const struct run_folder *folder);

#endif
