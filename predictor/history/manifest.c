/* manifest.c - see manifest.h.
 * Room: predictor/history. May touch: files, xxHash. */
#include "predictor/history/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/file_io.h"
#include "predictor/history/manifest_text.h"

static char *path_in(const char *dir, const char *name, struct error *err)
{
    size_t size = strlen(dir) + 1 + strlen(name) + 1;
    char *path = malloc(size);
    if (path == NULL) {
        error_set_memory(err, "naming a file of the history");
        return NULL;
    }
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

const char *manifest_segment_name(char *name, uint64_t number)
{
    snprintf(name, MANIFEST_SEGMENT_NAME_SIZE, "segment-%06" PRIu64, number);
    return name;
}

char *manifest_segment_path(const char *dir, uint64_t number, struct error *err)
{
    char name[MANIFEST_SEGMENT_NAME_SIZE];
    return path_in(dir, manifest_segment_name(name, number), err);
}

int manifest_add_segment(struct manifest *manifest, const struct manifest_segment *segment,
                         struct error *err)
{
    struct manifest_segment *segments =
        realloc(manifest->segments, (manifest->segment_count + 1) * sizeof *segments);
    if (segments == NULL) {
        return error_set_memory(err, "adding a segment");
    }
    manifest->segments = segments;
    segments[manifest->segment_count++] = *segment;
    return 0;
}

void manifest_free(struct manifest *manifest)
{
    free(manifest->segments);
    log_ledger_free(&manifest->ledger);
    *manifest = (struct manifest){0};
}

/* ---- writing */

static void write_segment_line(const struct manifest_segment *segment, FILE *out)
{
    const struct segment_totals *totals = &segment->totals;
    fprintf(out,
            "segment %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId32
            " %" PRId32 " %" PRIu64 " %016" PRIx64 "\n",
            segment->number, totals->key_count[ENTITY_USER], totals->key_count[ENTITY_PRODUCT],
            totals->pair_count, totals->event_count, totals->first_bucket, totals->last_bucket,
            totals->size_bytes, totals->checksum);
}

static void write_mark(const struct log_mark *mark, FILE *out)
{
    fprintf(out, " %" PRIu64 ":%016" PRIx64 "%016" PRIx64 ":%" PRIu64 ":%016" PRIx64 "%016" PRIx64,
            mark->size, mark->digest.high, mark->digest.low, mark->head_size, mark->head.high,
            mark->head.low);
}

static void write_log_lines(const struct log_entry *entry, FILE *out)
{
    fputs("log ", out);
    manifest_text_write_escaped(entry->name, out);
    fputc(' ', out);
    manifest_text_write_escaped(entry->rules, out);
    fprintf(out, " %" PRIu64, entry->event_count);
    write_mark(&entry->complete, out);
    write_mark(&entry->whole, out);
    fputc('\n', out);
    for (size_t i = 0; i < entry->tail_event_count; i++) {
        const struct access_event *event = &entry->tail_events[i];
        fprintf(out, "tail %s ", entity_name(event->entity));
        manifest_text_write_escaped(event->id, out);
        fprintf(out, " %" PRId64 " %" PRIu32 " %" PRIu32 "\n", event->at_unix, event->size_bytes,
                event->cost_us);
    }
}

static void write_lines(const struct manifest *manifest, FILE *out)
{
    fprintf(out, "rekindle-history %d\nbucket_second %" PRIu32 "\nnext_segment %" PRIu64 "\n",
            MANIFEST_VERSION, manifest->bucket_second, manifest->next_segment);
    for (size_t i = 0; i < manifest->segment_count; i++) {
        write_segment_line(&manifest->segments[i], out);
    }
    for (size_t i = 0; i < manifest->ledger.entry_count; i++) {
        write_log_lines(&manifest->ledger.entries[i], out);
    }
}

int manifest_save(const char *dir, const struct manifest *manifest, struct error *err)
{
    char *text = NULL, *path = path_in(dir, MANIFEST_NAME, err);
    size_t size = 0;
    struct file_draft *draft = NULL;
    FILE *lines = path == NULL ? NULL : open_memstream(&text, &size);
    int result = -1;
    if (lines == NULL) {
        free(path);
        return path == NULL ? -1 : error_set_memory(err, "writing the manifest");
    }
    write_lines(manifest, lines);
    bool is_whole = !ferror(lines);
    if (fclose(lines) != 0 || !is_whole) {
        error_set_memory(err, "writing the manifest");
    } else if ((draft = file_draft_open(path, err)) != NULL) {
        fwrite(text, 1, size, file_draft_stream(draft));
        fprintf(file_draft_stream(draft), "end %016" PRIx64 "\n",
                (uint64_t)XXH3_64bits(text, size));
        result = file_draft_commit(draft, err);
    }
    free(text);
    free(path);
    return result;
}

/* ---- reading */

/* The whole of an open file; its size is asked after it was opened, so a rename does not disturb. */
static int read_all(int descriptor, const char *path, char **text, size_t *size, struct error *err)
{
    struct stat status;
    *text = NULL;
    if (fstat(descriptor, &status) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
    }
    *text = malloc((size_t)status.st_size + 1);
    if (*text == NULL) {
        return error_set_memory(err, "reading the manifest");
    }
    for (*size = 0; *size < (size_t)status.st_size;) {
        ssize_t got = read(descriptor, *text + *size, (size_t)status.st_size - *size);
        if (got < 0 && errno != EINTR) {
            return error_set_errno(err, ERROR_INPUT, errno, "reading %s", path);
        }
        if (got == 0) {
            break;
        }
        *size += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int manifest_load(const char *dir, struct manifest *manifest, struct error *err)
{
    char *text = NULL, *path = path_in(dir, MANIFEST_NAME, err);
    size_t size = 0;
    int result = -1;
    *manifest = (struct manifest){0};
    if (path == NULL) {
        return -1;
    }
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        result = 0;
    } else if (descriptor < 0) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
    } else if (read_all(descriptor, path, &text, &size, err) == 0 &&
               manifest_parse(path, (struct slice){text, size}, manifest, err) == 0) {
        result = 1;
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    free(text);
    free(path);
    return result;
}
