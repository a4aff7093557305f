/* run_folder.h - where one run keeps what it must not forget.
 * Room: loader/folder. May touch: the run's folder: run.ini journal status results.csv pause stop.
 * Promises: one plan and one target have one folder, whatever the plan's path; folder 0700, files 0600. */
#ifndef REKINDLE_LOADER_RUN_FOLDER_H
#define REKINDLE_LOADER_RUN_FOLDER_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUN_NAME_SIZE = 64, RUN_TEXT_SIZE = 512, RUN_PATH_SIZE = 4096 };

/* What a run is: written to run.ini when the folder is made. */
struct run_manifest {
    char plan_path[RUN_PATH_SIZE]; /* where the plan was when the run began */
    char plan_digest[RUN_TEXT_SIZE];
    char target[RUN_TEXT_SIZE]; /* as sink_name says it */
    char event[RUN_TEXT_SIZE];
    char families[RUN_TEXT_SIZE]; /* family_digest.h; empty: not known */
    int64_t window_start_unix, window_end_unix;
    int64_t created_unix;       /* by --now, where it is given */
    int64_t clock_shift_second; /* the system's clock less the run's: 0 without --now */
};

struct run_folder {
    char path[RUN_PATH_SIZE];
    char name[RUN_NAME_SIZE]; /* its last part: RUN in `rekindle:switch:RUN` */
    struct run_manifest manifest;
    bool is_new; /* made by this call */
};

/* `summer-sale-1f3a...`: the event, so that people find it, and 16 hex digits of plan digest and target. */
void run_folder_name(const char *event, const char *plan_digest, const char *target, char *name);

/* Opens the folder `path`, or `base`/NAME when `path` is NULL, and makes it where there is none. An existing one keeps
 * its own manifest. ERROR_INPUT when it belongs to another plan or target. */
int run_folder_open(struct run_folder *folder, const char *path, const char *base,
                    const struct run_manifest *manifest, struct error *err) MUST_CHECK;

/* Looks for the folder that run_folder_open would open, and makes nothing. 1; 0 when there is none; -1 as above. */
int run_folder_find(struct run_folder *folder, const char *path, const char *base,
                    const struct run_manifest *manifest, struct error *err) MUST_CHECK;

/* Opens an existing folder without changing it. ERROR_INPUT when it is not a run's. */
int run_folder_load(struct run_folder *folder, const char *path, struct error *err) MUST_CHECK;

/* The path of a file in it, to `path` [RUN_PATH_SIZE], returned. */
const char *run_folder_file(const struct run_folder *folder, const char *name, char *path);

#endif
