/* line_chunk.c - see line_chunk.h.
 * Room: predictor/ingest. May touch: malloc. */
#include "predictor/ingest/line_chunk.h"

#include "predictor/ingest/ingest_account.h"

#include <stdlib.h>
#include <string.h>

int line_chunk_init(struct line_chunk *chunk, struct error *err)
{
    memset(chunk, 0, sizeof *chunk);
    chunk->bytes = malloc(LOG_CHUNK_CAPACITY);
    return chunk->bytes == NULL ? error_set_memory(err, "reading logs") : 0;
}

void line_chunk_free(struct line_chunk *chunk)
{
    free(chunk->bytes);
    free(chunk->bad);
    memset(chunk, 0, sizeof *chunk);
}

int line_chunk_reader_init(struct line_chunk_reader *reader, const struct log_layout *layout,
                           struct error *err)
{
    memset(reader, 0, sizeof *reader);
    return line_judge_init(&reader->judge, layout, err);
}

void line_chunk_reader_free(struct line_chunk_reader *reader)
{
    line_judge_free(&reader->judge);
}

struct slice line_chunk_take_line(const char **at, const char *end)
{
    const char *first = *at;
    const char *newline = memchr(first, '\n', (size_t)(end - first));
    const char *line_end = newline == NULL ? end : newline;
    *at = newline == NULL ? end : newline + 1;
    size_t size = (size_t)(line_end - first);
    size -= size > 0 && first[size - 1] == '\r';
    return (struct slice){.bytes = first, .size = size};
}

struct slice line_chunk_without_mark(struct slice line)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t mark_size = sizeof mark - 1;
    bool has_mark = line.size >= mark_size && memcmp(line.bytes, mark, mark_size) == 0;
    return has_mark ? (struct slice){line.bytes + mark_size, line.size - mark_size} : line;
}

static int hand_over(struct line_chunk_reader *reader, struct error *err)
{
    size_t count = reader->batch_count;
    reader->batch_count = 0;
    if (count > 0 && reader->receiver.take(reader->receiver.self, reader->batch, count, err) != 0) {
        return -1;
    }
    line_judge_forget(&reader->judge);
    return 0;
}

static int keep_bad(struct line_chunk *chunk, const struct line_chunk_reader *reader,
                    struct slice line, enum line_fate fate, struct error *err)
{
    if (!chunk->keeps_all_bad && chunk->bad_count == BAD_SAMPLE_MAX) {
        return 0;
    }
    if (chunk->bad_count == chunk->bad_capacity) {
        size_t capacity = chunk->bad_capacity == 0 ? BAD_SAMPLE_MAX : 2 * chunk->bad_capacity;
        struct bad_line *bad = realloc(chunk->bad, capacity * sizeof *bad);
        if (bad == NULL) {
            return error_set_memory(err, "keeping bad lines");
        }
        chunk->bad = bad;
        chunk->bad_capacity = capacity;
    }
    chunk->bad[chunk->bad_count++] = (struct bad_line){
        .bytes = line, .line = reader->counts.lines, .column = reader->judge.column, .fate = fate};
    return 0;
}

static enum line_fate judge_line(const struct line_chunk *chunk, struct line_chunk_reader *reader,
                                 struct slice line, size_t *count)
{
    *count = 0;
    if (line.size > LINE_SIZE_MAX || chunk->kind == LOG_CHUNK_OVERLONG) {
        reader->judge.column = LINE_SIZE_MAX + 1;
        return LINE_BAD_TOO_LONG;
    }
    if (chunk->is_first && reader->counts.lines == 0) {
        if (log_layout_has_header(reader->judge.layout)) {
            return LINE_IGNORED_HEADER;
        }
        line = line_chunk_without_mark(line);
    }
    enum line_fate fate =
        line_judge_read(&reader->judge, line, reader->batch + reader->batch_count, count);
    bool is_unfinished = chunk->kind == LOG_CHUNK_TAIL && chunk->is_tail_excused;
    return is_unfinished && line_fate_is_bad(fate) ? LINE_IGNORED_UNFINISHED : fate;
}

static int read_line(struct line_chunk *chunk, struct line_chunk_reader *reader, struct slice line,
                     struct error *err)
{
    if ((reader->batch_count >= EVENT_BATCH_SIZE ||
         !line_judge_has_room(&reader->judge, line.size)) &&
        hand_over(reader, err) != 0) {
        return -1;
    }
    size_t count;
    enum line_fate fate = judge_line(chunk, reader, line, &count);
    if (fate == LINE_WITH_EVENT) {
        for (size_t i = 0; i < count; i++) {
            reader->counts.events[reader->batch[reader->batch_count + i].entity]++;
        }
        reader->batch_count += count;
    } else if (line_fate_is_bad(fate) && keep_bad(chunk, reader, line, fate, err) != 0) {
        return -1;
    }
    reader->counts.fates[fate]++;
    reader->counts.lines++;
    return 0;
}

int line_chunk_read(struct line_chunk *chunk, struct line_chunk_reader *reader, struct error *err)
{
    chunk->bad_count = 0;
    memset(&reader->counts, 0, sizeof reader->counts);
    reader->judge.is_free_of_nul = memchr(chunk->bytes, '\0', chunk->size) == NULL;
    const char *at = chunk->bytes;
    const char *end = chunk->bytes + chunk->size;
    while (at < end) {
        struct slice line = line_chunk_take_line(&at, end);
        if (read_line(chunk, reader, line, err) != 0) {
            return -1;
        }
    }
    chunk->counts = reader->counts;
    return hand_over(reader, err);
}
