/* write_mode.c - see write_mode.h.
 * Room: loader/warm. May touch: the file `mode` of a run's folder. */
#include "loader/warm/write_mode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file_io.h"
#include "loader/folder/key_value.h"
#include "loader/folder/run_folder.h"

static const char *const names[] = {
    [SINK_NX] = "nx", [SINK_IF_NEWER] = "if-newer", [SINK_OVERWRITE] = "overwrite"};
enum { MODE_COUNT = sizeof names / sizeof *names };

static int check_families(const struct config *config, const bool *is_family_needed,
                          struct error *err)
{
    for (size_t i = 0; i < config->family_count; i++) {
        const struct family *family = &config->families[i];
        if (is_family_needed[i] && family->version_in_value == NULL) {
            return error_set(
                err, ERROR_INPUT,
                "%s:%" PRId64 ": [family %s] needs version_in_value = FIELD for "
                "--mode if-newer: the field of its value that tells which one is newer",
                config->path, family->line, family->name);
        }
    }
    return 0;
}

int write_mode_parse(const char *text, const struct config *config, const bool *is_family_needed,
                     enum sink_mode *mode, struct error *err)
{
    *mode = SINK_NX;
    for (int i = 0; text != NULL && i < MODE_COUNT; i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum sink_mode)i;
            return *mode == SINK_IF_NEWER ? check_families(config, is_family_needed, err) : 0;
        }
    }
    return text == NULL ? 0
                        : error_set(err, ERROR_USAGE,
                                    "--mode: '%.60s' is not nx, if-newer or overwrite", text);
}

const char *write_mode_warning(enum sink_mode mode)
{
    switch (mode) {
    case SINK_NX:
        return NULL;
    case SINK_IF_NEWER:
        return "mode if-newer: a key that exists is replaced where the row is newer; what it held "
               "is lost, also to a rollback";
    case SINK_OVERWRITE:
        return "mode overwrite: every key that exists is replaced, also by an older row; what it "
               "held is lost, also to a rollback";
    }
    return NULL;
}

int write_mode_remember(const struct run_folder *folder, enum sink_mode mode, struct error *err)
{
    char path[RUN_PATH_SIZE];
    if (mode == SINK_NX) {
        return 0;
    }
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "mode", path), err);
    if (draft == NULL) {
        return -1;
    }
    fprintf(file_draft_stream(draft), "mode = %s\n", names[mode]);
    return file_draft_commit(draft, err);
}

int write_mode_recall(const struct run_folder *folder, enum sink_mode *mode, struct error *err)
{
    enum { FILE_SIZE_MAX = 1 << 10, WORD_SIZE = 16 };
    char path[RUN_PATH_SIZE], word[WORD_SIZE], *text = NULL;
    size_t size;
    *mode = SINK_NX;
    if (access(run_folder_file(folder, "mode", path), F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(path, FILE_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    key_value_find(text, "mode", word, sizeof word);
    free(text);
    for (int i = 0; i < MODE_COUNT; i++) {
        if (strcmp(word, names[i]) == 0) {
            *mode = (enum sink_mode)i;
            return 0;
        }
    }
    return error_set(err, ERROR_INPUT, "%s: mode is '%s'", path, word);
}
