/* feature_files.c - see feature_files.h.
 * Room: predictor (top). May touch: predictor/forecast, the files it makes. */
#include "predictor/feature_files.h"

#include "common/file_io.h"

#include <limits.h>
#include <stdlib.h>

struct feature_files {
    const char *folder;                      /* borrowed */
    struct file_draft *asked[ENTITY_COUNT];  /* NULL: not begun */
    struct file_draft *taught[ENTITY_COUNT]; /* what was learned from */
};

struct feature_files *feature_files_open(const char *folder, struct error *err)
{
    struct feature_files *files = calloc(1, sizeof *files);
    if (files == NULL) {
        (void)error_set_memory(err, "writing features");
        return NULL;
    }
    files->folder = folder;
    if (file_make_folder(folder, err) != 0) {
        free(files);
        return NULL;
    }
    return files;
}

static struct file_draft *open_draft(const struct feature_files *files, enum entity entity,
                                     const char *name, struct error *err)
{
    char path[PATH_MAX];
    int size =
        snprintf(path, sizeof path, "%s/%s-%s.csv", files->folder, entity_name(entity), name);
    if (size < 0 || (size_t)size >= sizeof path) {
        (void)error_set(err, ERROR_USAGE, "--dump-features: the path is too long: %.80s...",
                        files->folder);
        return NULL;
    }
    return file_draft_open(path, err);
}

int feature_files_begin(struct feature_files *files, enum entity entity,
                        const struct forecaster *forecaster, struct error *err)
{
    files->taught[entity] = open_draft(files, entity, "training", err);
    if (files->taught[entity] == NULL) {
        return -1;
    }
    files->asked[entity] = open_draft(files, entity, "asked", err);
    if (files->asked[entity] == NULL) {
        return -1;
    }
    if (forecaster_dump_training(forecaster, file_draft_stream(files->taught[entity]), err) != 0) {
        return -1;
    }
    return forecaster_dump_key(forecaster, NULL, file_draft_stream(files->asked[entity]), err);
}

int feature_files_add(struct feature_files *files, const struct forecaster *forecaster,
                      const struct key_history *key, struct error *err)
{
    return forecaster_dump_key(forecaster, key, file_draft_stream(files->asked[key->entity]), err);
}

static int commit_draft(struct file_draft **draft, struct error *err)
{
    struct file_draft *whole = *draft;
    *draft = NULL;
    return whole == NULL ? 0 : file_draft_commit(whole, err);
}

int feature_files_commit(struct feature_files *files, struct error *err)
{
    int result = 0;
    for (int i = 0; i < ENTITY_COUNT && result == 0; i++) {
        result = commit_draft(&files->taught[i], err);
        result = result == 0 ? commit_draft(&files->asked[i], err) : result;
    }
    feature_files_abandon(files);
    return result;
}

void feature_files_abandon(struct feature_files *files)
{
    if (files == NULL) {
        return;
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        file_draft_abandon(files->taught[i]);
        file_draft_abandon(files->asked[i]);
    }
    free(files);
}
