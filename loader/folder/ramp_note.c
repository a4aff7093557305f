/* ramp_note.c - see ramp_note.h.
 * Room: loader/folder. May touch: the files ramp-... of [run] dir. */
#include "loader/folder/ramp_note.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/file_io.h"
#include "loader/folder/key_value.h"

#define PREFIX "ramp-"

enum { NOTE_SIZE_MAX = 4096, SHARE_MAX = 10000 };

/* Any text may be an event's name: the file is known by its hash. */
static const char *path_of(char path[PATH_MAX], const char *folder, const char *event)
{
    snprintf(path, PATH_MAX, "%.4000s/" PREFIX "%016" PRIx64, folder,
             (uint64_t)XXH3_64bits(event, strlen(event)));
    return path;
}

int ramp_note_save(const char *folder, const struct ramp_note *note, struct error *err)
{
    char path[PATH_MAX];
    if (file_make_folder(folder, err) != 0) {
        return -1;
    }
    struct file_draft *draft = file_draft_open(path_of(path, folder, note->event), err);
    if (draft == NULL) {
        return -1;
    }
    fprintf(file_draft_stream(draft),
            "event = %s\nshare = %d\nended = %d\npid = %" PRId64 "\npid_start = %" PRId64 "\n",
            note->event, note->share, note->is_ended, note->pid, note->pid_start);
    return file_draft_commit(draft, err);
}

void ramp_note_remove(const char *folder, const struct ramp_note *note)
{
    char path[PATH_MAX];
    unlink(path_of(path, folder, note->event));
}

static bool parse(const char *text, struct ramp_note *note)
{
    int64_t share = -1, is_ended = 0;
    *note = (struct ramp_note){0};
    bool is_note = key_value_find(text, "event", note->event, sizeof note->event) &&
                   key_value_find_number(text, "share", &share) && share >= 0 &&
                   share <= SHARE_MAX && key_value_find_number(text, "ended", &is_ended) &&
                   key_value_find_number(text, "pid", &note->pid);
    key_value_find_number(text, "pid_start", &note->pid_start);
    note->share = (int)share;
    note->is_ended = is_ended != 0;
    return is_note;
}

static bool load(const char *folder, const char *name, struct ramp_note *note)
{
    char path[PATH_MAX], *text = NULL;
    size_t size;
    struct error ignored = {0};
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || length >= (int)sizeof path ||
        file_read_whole(path, NOTE_SIZE_MAX, &text, &size, &ignored) != 0) {
        return false;
    }
    bool is_note = parse(text, note);
    free(text);
    return is_note;
}

int ramp_note_each(const char *folder,
                   int (*visit)(void *context, const struct ramp_note *note, struct error *err),
                   void *context, struct error *err)
{
    DIR *entries = opendir(folder);
    int result = 0;
    if (entries == NULL) {
        return 0;
    }
    for (struct dirent *entry; result == 0 && (entry = readdir(entries)) != NULL;) {
        struct ramp_note note;
        if (load(folder, entry->d_name, &note)) {
            result = visit(context, &note, err);
        }
    }
    closedir(entries);
    return result;
}
