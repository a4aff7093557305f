/* pipeline_compact.c - the conductor of `compact`, and what `ingest` calls when there are many segments.
 * Room: predictor (top). May touch: predictor/history. */
#include "predictor/pipeline.h"

#include "predictor/history/history_reader.h"

static void tell(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    struct progress *progress = context;
    progress->total = total_bytes;
    progress_update(progress, done_bytes, NULL);
}

int pipeline_compact_writer(const struct pipeline *pipeline, struct history_writer *writer,
                            size_t segment_count_max, struct error *err)
{
    struct progress progress = pipeline_progress(pipeline, "compact", NULL, PROGRESS_BYTES, 0);
    struct segment_watch watch = {.tell = tell, .context = &progress};
    int result = history_writer_compact(writer, segment_count_max, &watch, err);
    progress_clear(&progress);
    return result;
}

int pipeline_compact(const struct pipeline *pipeline, struct error *err)
{
    const char *dir = pipeline_history_dir(pipeline, err);
    /* A writer would make a history where there is none; a reader says that there is none. */
    struct history_reader *reader = dir == NULL ? NULL : history_reader_open(dir, err);
    if (reader == NULL) {
        return -1;
    }
    history_reader_close(reader);
    struct history_writer *writer = history_writer_open(dir, 0, err);
    if (writer == NULL) {
        return -1;
    }
    size_t before = history_writer_segment_count(writer);
    int result = pipeline_compact_writer(pipeline, writer, 1, err);
    if (result == 0) {
        message_note(pipeline->message, "compact: segments: %zu before, %zu now", before,
                     history_writer_segment_count(writer));
    }
    history_writer_close(writer);
    return result;
}
