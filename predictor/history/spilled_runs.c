/* spilled_runs.c - see spilled_runs.h.
 * Room: predictor/history. May touch: files. */
#include "predictor/history/spilled_runs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "predictor/history/segment_reader.h"
#include "predictor/history/segment_writer.h"

static int path_of(const struct spilled_runs *runs, uint64_t number, char *path, struct error *err)
{
    int size = snprintf(path, PATH_MAX, "%s-%" PRIu64, runs->path, number);
    if (size < 0 || size >= PATH_MAX) {
        return error_set(err, ERROR_INPUT, "the path of the history is too long: %.200s...",
                         runs->path);
    }
    return 0;
}

static int write_keys(const struct spilled_runs *runs, struct key_source source, const char *path,
                      struct error *err)
{
    struct key_history key;
    struct segment_totals totals;
    struct segment_writer *writer = segment_writer_open(path, runs->bucket_second, err);
    int got = writer == NULL ? -1 : 1;
    while (got == 1 && (got = source.next(source.self, &key, err)) == 1) {
        if (segment_writer_append(writer, &key, err) != 0) {
            got = -1;
        }
    }
    if (got != 0) {
        segment_writer_abandon(writer);
        return -1;
    }
    return segment_writer_close(writer, SEGMENT_SPILLED, &totals, err);
}

static void remove_run(struct spilled_runs *runs, size_t number)
{
    char path[PATH_MAX];
    struct error ignored; /* the path was good when the file was made */
    segment_reader_close(runs->readers[number]);
    runs->readers[number] = NULL;
    if (path_of(runs, runs->numbers[number], path, &ignored) == 0) {
        unlink(path);
    }
}

/* The file counts only once it is whole. */
static int write_file(struct spilled_runs *runs, struct key_source source, uint64_t *number,
                      struct error *err)
{
    char path[PATH_MAX];
    *number = runs->file_count + 1;
    if (path_of(runs, *number, path, err) != 0 || write_keys(runs, source, path, err) != 0) {
        return -1;
    }
    runs->file_count++;
    return 0;
}

static int next_of_merge(void *self, struct key_history *key, struct error *err)
{
    return key_merge_next(self, key, err);
}

/* All runs become one. */
static int merge_runs(struct spilled_runs *runs, struct error *err)
{
    struct key_source sources[SPILLED_RUN_COUNT_MAX];
    uint64_t merged;
    if (spilled_runs_open(runs, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < runs->run_count; i++) {
        sources[i] = spilled_runs_source(runs, i);
    }
    struct key_merge *merge = key_merge_new(sources, runs->run_count, err);
    struct key_source source = {.next = next_of_merge, .self = merge};
    int result = merge == NULL ? -1 : write_file(runs, source, &merged, err);
    key_merge_free(merge);
    if (result != 0) {
        return -1;
    }
    for (size_t i = 0; i < runs->run_count; i++) {
        remove_run(runs, i);
    }
    runs->numbers[0] = merged;
    runs->run_count = 1;
    return 0;
}

int spilled_runs_add(struct spilled_runs *runs, struct key_source source, struct error *err)
{
    if (runs->run_count == SPILLED_RUN_COUNT_MAX && merge_runs(runs, err) != 0) {
        return -1;
    }
    if (write_file(runs, source, &runs->numbers[runs->run_count], err) != 0) {
        return -1;
    }
    runs->run_count++;
    return 0;
}

int spilled_runs_open(struct spilled_runs *runs, struct error *err)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < runs->run_count; i++) {
        if (path_of(runs, runs->numbers[i], path, err) != 0) {
            return -1;
        }
        int descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
            return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
        }
        segment_reader_close(runs->readers[i]);
        runs->readers[i] = segment_reader_open(descriptor, path, NULL, err);
        if (runs->readers[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static int next_of_segment(void *self, struct key_history *key, struct error *err)
{
    return segment_reader_next(self, key, err);
}

struct key_source spilled_runs_source(const struct spilled_runs *runs, size_t number)
{
    return (struct key_source){.next = next_of_segment, .self = runs->readers[number]};
}

void spilled_runs_rewind(struct spilled_runs *runs)
{
    for (size_t i = 0; i < runs->run_count; i++) {
        segment_reader_rewind(runs->readers[i]);
    }
}

void spilled_runs_free(struct spilled_runs *runs)
{
    for (size_t i = 0; i < runs->run_count; i++) {
        remove_run(runs, i);
    }
    free(runs->path);
    *runs = (struct spilled_runs){0};
}
