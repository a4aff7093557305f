/* history_folder.c - see history_folder.h.
 * Room: predictor/history. May touch: files. */
#include "predictor/history/history_folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/file_io.h"
#include "predictor/history/segment_files.h"

#define SPILL_PREFIX "spill-"

char *history_folder_spill_path(const char *dir, size_t number, struct error *err)
{
    enum { NUMBER_SIZE = 32 };
    size_t size = strlen(dir) + sizeof "/" SPILL_PREFIX + NUMBER_SIZE;
    char *path = malloc(size);
    if (path == NULL) {
        error_set_memory(err, "naming a file of the history");
        return NULL;
    }
    snprintf(path, size, "%s/" SPILL_PREFIX "%zu", dir, number);
    return path;
}

int history_folder_lock(const char *dir, struct error *err)
{
    size_t size = strlen(dir) + sizeof "/LOCK";
    char *path = malloc(size);
    if (path == NULL) {
        return error_set_memory(err, "locking the history");
    }
    snprintf(path, size, "%s/LOCK", dir);
    int lock = file_lock(path, err);
    free(path);
    return lock;
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_named(const struct manifest *manifest, const char *file_name)
{
    char named[MANIFEST_SEGMENT_NAME_SIZE];
    for (size_t i = 0; i < manifest->segment_count; i++) {
        if (strcmp(manifest_segment_name(named, manifest->segments[i].number), file_name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_orphan(const struct manifest *manifest, const char *file_name)
{
    return begins_with(file_name, SPILL_PREFIX) || begins_with(file_name, MANIFEST_NAME ".tmp-") ||
           (begins_with(file_name, SEGMENT_PREFIX) && !is_named(manifest, file_name));
}

int history_folder_clean(const char *dir, const struct manifest *manifest, struct error *err)
{
    int result = 0;
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read the folder %s", dir);
    }
    for (struct dirent *file; result == 0 && (file = readdir(folder)) != NULL;) {
        if (is_orphan(manifest, file->d_name) && unlinkat(dirfd(folder), file->d_name, 0) != 0) {
            result = error_set_errno(err, ERROR_INPUT, errno, "cannot remove the leftover %s/%s",
                                     dir, file->d_name);
        }
    }
    closedir(folder);
    return result;
}

int history_folder_check_new(const char *dir, struct error *err)
{
    int result = 0;
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read the folder %s", dir);
    }
    for (struct dirent *file; result == 0 && (file = readdir(folder)) != NULL;) {
        if (begins_with(file->d_name, SEGMENT_PREFIX)) {
            result = error_set(err, ERROR_INPUT,
                               "%s has segments but no %s: put the folder back from a backup, or "
                               "remove it and ingest the logs again",
                               dir, MANIFEST_NAME);
        }
    }
    closedir(folder);
    return result;
}
