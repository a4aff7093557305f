/* history_folder.h - the folder of a history: its lock, and files that nothing names.
 * Room: predictor/history. May touch: files. */
#ifndef REKINDLE_PREDICTOR_HISTORY_FOLDER_H
#define REKINDLE_PREDICTOR_HISTORY_FOLDER_H

#include "common/error.h"
#include "predictor/history/manifest.h"

#include <stddef.h>

/* Takes the writers' lock of `dir`; to be given to file_unlock. -1: ERROR_LOCKED, or it cannot be made. */
int history_folder_lock(const char *dir, struct error *err) MUST_CHECK;
/* 0 for a folder that may become a new history; ERROR_INPUT when it has segments, so somebody lost the manifest. */
int history_folder_check_new(const char *dir, struct error *err) MUST_CHECK;
/* Removes what a crash left behind: spills, drafts, segments that the manifest does not name. Under the lock. */
int history_folder_clean(const char *dir, const struct manifest *manifest,
                         struct error *err) MUST_CHECK;
/* DIR/spill-NUMBER, the caller's to free(); NULL when out of memory. */
char *history_folder_spill_path(const char *dir, size_t number, struct error *err) MUST_CHECK;

#endif
