/* segment_files.c - see segment_files.h.
 * Room: predictor/history. May touch: files. */
#include "predictor/history/segment_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* The totals are in the manifest too, for inspect; the segment's own must say the same. */
static int check_totals(const char *path, const struct segment_totals *named,
                        const struct segment_totals *found, struct error *err)
{
    if (named->key_count[ENTITY_USER] == found->key_count[ENTITY_USER] &&
        named->key_count[ENTITY_PRODUCT] == found->key_count[ENTITY_PRODUCT] &&
        named->pair_count == found->pair_count && named->event_count == found->event_count &&
        named->first_bucket == found->first_bucket && named->last_bucket == found->last_bucket) {
        return 0;
    }
    return error_set(err, ERROR_INPUT,
                     "%s: its counts are not those in %s; put the folder back from a backup, or "
                     "remove it and ingest the logs again",
                     path, MANIFEST_NAME);
}

static int open_one(const char *path, const struct manifest *manifest,
                    const struct segment_totals *totals, struct segment_reader **reader,
                    struct error *err)
{
    struct segment_expectation expectation = {.bucket_second = manifest->bucket_second,
                                              .size_bytes = totals->size_bytes,
                                              .checksum = totals->checksum};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        int saved_errno = errno;
        error_set_errno(err, ERROR_INPUT, saved_errno, "cannot read the segment %s", path);
        return saved_errno == ENOENT ? 0 : -1;
    }
    *reader = segment_reader_open(descriptor, path, &expectation, err);
    if (*reader == NULL || check_totals(path, totals, segment_reader_totals(*reader), err) != 0) {
        return -1;
    }
    return 1;
}

int segment_files_open(const char *dir, const struct manifest *manifest,
                       struct segment_reader ***readers, struct error *err)
{
    int result = 1;
    *readers = calloc(manifest->segment_count + 1, sizeof **readers);
    if (*readers == NULL) {
        return error_set_memory(err, "opening the history");
    }
    for (size_t i = 0; result == 1 && i < manifest->segment_count; i++) {
        char *path = manifest_segment_path(dir, manifest->segments[i].number, err);
        result = path == NULL
                     ? -1
                     : open_one(path, manifest, &manifest->segments[i].totals, &(*readers)[i], err);
        free(path);
    }
    if (result != 1) {
        segment_files_close(*readers, manifest->segment_count);
        *readers = NULL;
    }
    return result;
}

void segment_files_close(struct segment_reader **readers, size_t count)
{
    for (size_t i = 0; readers != NULL && i < count; i++) {
        segment_reader_close(readers[i]);
    }
    free(readers);
}
