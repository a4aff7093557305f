/* run_folder.c - see run_folder.h.
 * Room: loader/folder. May touch: the run's folder. */
#include "loader/folder/run_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/civil_time.h"
#include "common/file_io.h"
#include "loader/folder/key_value.h"

#define MANIFEST_FILE "run.ini"

enum { EVENT_PART_SIZE = 40, MANIFEST_SIZE_MAX = 1 << 16 };

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

void run_folder_name(const char *event, const char *plan_digest, const char *target, char *name)
{
    size_t size = 0;
    for (const char *at = event; *at != '\0' && size < EVENT_PART_SIZE; at++) {
        bool is_dot_first = size == 0 && *at == '.';
        name[size++] = is_plain(*at) && !is_dot_first ? *at : '_';
    }
    XXH64_hash_t hash =
        XXH3_64bits_withSeed(target, strlen(target), XXH3_64bits(plan_digest, strlen(plan_digest)));
    snprintf(name + size, RUN_NAME_SIZE - size, "%s%016" PRIx64, size > 0 ? "-" : "window-",
             (uint64_t)hash);
}

const char *run_folder_file(const struct run_folder *folder, const char *name, char *path)
{
    enum { NAME_ROOM = 64 };
    snprintf(path, RUN_PATH_SIZE, "%.*s/%s", RUN_PATH_SIZE - NAME_ROOM, folder->path, name);
    return path;
}

/* ---- run.ini */

/* A line break in a name would begin a line of its own. */
static void make_one_line(char *text)
{
    for (; *text != '\0'; text++) {
        *text = *text == '\n' || *text == '\r' ? '?' : *text;
    }
}

static int save_manifest(const struct run_folder *folder, struct error *err)
{
    char path[RUN_PATH_SIZE], start[CIVIL_TEXT_SIZE], end[CIVIL_TEXT_SIZE],
        created[CIVIL_TEXT_SIZE];
    const struct run_manifest *manifest = &folder->manifest;
    struct file_draft *draft = file_draft_open(run_folder_file(folder, MANIFEST_FILE, path), err);
    if (draft == NULL) {
        return -1;
    }
    fprintf(file_draft_stream(draft),
            "[run]\nplan = %s\nplan_digest = %s\ntarget = %s\nevent = %s\nfamilies = %s\n"
            "window_start = %s\n"
            "window_end = %s\ncreated = %s\nclock_shift_second = %" PRId64 "\n",
            manifest->plan_path, manifest->plan_digest, manifest->target, manifest->event,
            manifest->families, civil_print_rfc3339(start, manifest->window_start_unix, NULL),
            civil_print_rfc3339(end, manifest->window_end_unix, NULL),
            civil_print_rfc3339(created, manifest->created_unix, NULL),
            manifest->clock_shift_second);
    return file_draft_commit(draft, err);
}

static bool find_time(const char *text, const char *name, int64_t *unix_second)
{
    char value[RUN_TEXT_SIZE];
    return key_value_find(text, name, value, sizeof value) &&
           civil_parse_rfc3339(slice_of(value), NULL, unix_second, NULL) == 0;
}

static bool parse_manifest(const char *text, struct run_manifest *manifest)
{
    *manifest = (struct run_manifest){0};
    key_value_find(text, "event", manifest->event, sizeof manifest->event);
    key_value_find(text, "families", manifest->families, sizeof manifest->families);
    return key_value_find(text, "plan", manifest->plan_path, sizeof manifest->plan_path) &&
           key_value_find(text, "plan_digest", manifest->plan_digest,
                          sizeof manifest->plan_digest) &&
           key_value_find(text, "target", manifest->target, sizeof manifest->target) &&
           find_time(text, "window_start", &manifest->window_start_unix) &&
           find_time(text, "window_end", &manifest->window_end_unix) &&
           find_time(text, "created", &manifest->created_unix) &&
           key_value_find_number(text, "clock_shift_second", &manifest->clock_shift_second);
}

static int load_manifest(struct run_folder *folder, struct error *err)
{
    char path[RUN_PATH_SIZE], *text = NULL;
    size_t size;
    run_folder_file(folder, MANIFEST_FILE, path);
    if (file_read_whole(path, MANIFEST_SIZE_MAX, &text, &size, err) != 0) {
        err->kind = ERROR_INPUT;
        return error_add_context(err, "%s is not the folder of a run", folder->path);
    }
    bool is_fine = parse_manifest(text, &folder->manifest);
    free(text);
    return is_fine
               ? 0
               : error_set(err, ERROR_INPUT,
                           "%s is not what a run has written: a line is missing or edited", path);
}

/* ---- folders */

static void keep_last_part(struct run_folder *folder)
{
    size_t size = strlen(folder->path);
    while (size > 1 && folder->path[size - 1] == '/') {
        folder->path[--size] = '\0';
    }
    const char *slash = strrchr(folder->path, '/');
    const char *last = slash == NULL || slash[1] == '\0' ? folder->path : slash + 1;
    snprintf(folder->name, sizeof folder->name, "%.*s", (int)sizeof folder->name - 1, last);
}

static int set_path(struct run_folder *folder, const char *path, const char *base, const char *name,
                    struct error *err)
{
    enum { NAME_ROOM = 64 };
    int size = path != NULL ? snprintf(folder->path, sizeof folder->path, "%s", path)
                            : snprintf(folder->path, sizeof folder->path, "%s/%s", base, name);
    if (size <= 0 || size >= RUN_PATH_SIZE - NAME_ROOM) {
        return error_set(err, ERROR_USAGE, "--run: the folder's path is empty or too long");
    }
    keep_last_part(folder);
    return 0;
}

static int compare_manifest(const struct run_folder *folder, const struct run_manifest *wanted,
                            struct error *err)
{
    const struct run_manifest *found = &folder->manifest;
    if (strcmp(found->plan_digest, wanted->plan_digest) != 0) {
        return error_set(err, ERROR_INPUT,
                         "%s belongs to another plan (%s, as it was then): leave --run out, or "
                         "name a new folder",
                         folder->path, found->plan_path);
    }
    if (strcmp(found->target, wanted->target) != 0) {
        return error_set(err, ERROR_INPUT,
                         "%s belongs to another target, %s: leave --run out, or name a new folder",
                         folder->path, found->target);
    }
    return 0;
}

int run_folder_open(struct run_folder *folder, const char *path, const char *base,
                    const struct run_manifest *manifest, struct error *err)
{
    char name[RUN_NAME_SIZE], manifest_path[RUN_PATH_SIZE];
    *folder = (struct run_folder){0};
    run_folder_name(manifest->event, manifest->plan_digest, manifest->target, name);
    if (set_path(folder, path, base, name, err) != 0 || file_make_folder(folder->path, err) != 0) {
        return -1;
    }
    if (access(run_folder_file(folder, MANIFEST_FILE, manifest_path), F_OK) == 0) {
        return load_manifest(folder, err) == 0 ? compare_manifest(folder, manifest, err) : -1;
    }
    folder->manifest = *manifest;
    make_one_line(folder->manifest.event);
    make_one_line(folder->manifest.plan_path);
    folder->is_new = true;
    return save_manifest(folder, err);
}

int run_folder_find(struct run_folder *folder, const char *path, const char *base,
                    const struct run_manifest *manifest, struct error *err)
{
    char name[RUN_NAME_SIZE], manifest_path[RUN_PATH_SIZE];
    *folder = (struct run_folder){0};
    run_folder_name(manifest->event, manifest->plan_digest, manifest->target, name);
    if (set_path(folder, path, base, name, err) != 0) {
        return -1;
    }
    if (path == NULL && access(run_folder_file(folder, MANIFEST_FILE, manifest_path), F_OK) != 0) {
        return 0;
    }
    bool is_fine = load_manifest(folder, err) == 0 && compare_manifest(folder, manifest, err) == 0;
    return is_fine ? 1 : -1;
}

int run_folder_load(struct run_folder *folder, const char *path, struct error *err)
{
    *folder = (struct run_folder){0};
    if (set_path(folder, path, NULL, NULL, err) != 0) {
        return -1;
    }
    return load_manifest(folder, err);
}
