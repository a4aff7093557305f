/* segment_sources.c - see segment_sources.h.
 * Room: predictor/history. May touch: malloc. */
#include "predictor/history/segment_sources.h"

#include <stdlib.h>

struct watched_segment {
    struct segment_reader *reader;
    struct segment_sources *all;
};

struct segment_sources {
    struct key_source *list;
    struct watched_segment *segments;
    const struct segment_watch *watch;
    uint64_t done_bytes, total_bytes;
};

static int next_of_segment(void *self, struct key_history *key, struct error *err)
{
    struct watched_segment *segment = self;
    struct segment_sources *all = segment->all;
    uint64_t before_bytes = segment_reader_bytes_read(segment->reader);
    int got = segment_reader_next(segment->reader, key, err);
    all->done_bytes += segment_reader_bytes_read(segment->reader) - before_bytes;
    if (all->watch != NULL) {
        all->watch->tell(all->watch->context, all->done_bytes, all->total_bytes);
    }
    return got;
}

struct segment_sources *segment_sources_new(struct segment_reader *const *readers, size_t count,
                                            const struct segment_watch *watch, struct error *err)
{
    struct segment_sources *sources = calloc(1, sizeof *sources);
    if (sources != NULL) {
        sources->list = calloc(count + 1, sizeof *sources->list);
        sources->segments = calloc(count + 1, sizeof *sources->segments);
    }
    if (sources == NULL || sources->list == NULL || sources->segments == NULL) {
        segment_sources_free(sources);
        error_set_memory(err, "merging segments");
        return NULL;
    }
    sources->watch = watch;
    for (size_t i = 0; i < count; i++) {
        sources->segments[i] = (struct watched_segment){.reader = readers[i], .all = sources};
        sources->list[i] =
            (struct key_source){.next = next_of_segment, .self = &sources->segments[i]};
        sources->total_bytes += segment_reader_totals(readers[i])->size_bytes;
    }
    return sources;
}

const struct key_source *segment_sources_list(const struct segment_sources *sources)
{
    return sources->list;
}

void segment_sources_free(struct segment_sources *sources)
{
    if (sources != NULL) {
        free(sources->segments);
        free(sources->list);
        free(sources);
    }
}
