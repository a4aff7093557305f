/* plan_writer.c - see plan_writer.h.
 * Room: common. May touch: files. */
#include "common/plan_writer.h"

#include "common/csv_writer.h"
#include "common/file_io.h"
#include "common/plan_columns.h"
#include "common/plan_digest.h"
#include "common/plan_sum.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

enum { STREAM_BUFFER_SIZE = 256 * 1024 };

struct plan_writer {
    struct file_draft *plan;
    struct file_draft *sum; /* NULL: the plan goes to stdout, a device or a pipe */
    struct csv_writer csv;
    struct plan_digest digest;
    uint64_t row_count, last_rank;
    char *stream_buffer;
};

static int open_sum(struct plan_writer *writer, const char *path, struct error *err)
{
    char sum_path[PATH_MAX];
    if (plan_sum_path(path, sum_path, sizeof sum_path, err) != 0) {
        return -1;
    }
    writer->sum = file_draft_open(sum_path, err);
    return writer->sum == NULL ? -1 : 0;
}

struct plan_writer *plan_writer_open(const char *path, struct error *err)
{
    struct plan_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        error_set_memory(err, "opening the plan");
        return NULL;
    }
    writer->plan = file_draft_open(path, err);
    if (writer->plan == NULL) {
        goto failed;
    }
    if (!file_draft_is_in_place(writer->plan)) {
        if (open_sum(writer, path, err) != 0) {
            goto failed;
        }
        writer->stream_buffer = malloc(STREAM_BUFFER_SIZE);
        if (writer->stream_buffer == NULL) {
            error_set_memory(err, "opening the plan");
            goto failed;
        }
        setvbuf(file_draft_stream(writer->plan), writer->stream_buffer, _IOFBF, STREAM_BUFFER_SIZE);
    }
    writer->csv.out = file_draft_stream(writer->plan);
    csv_writer_put_header(&writer->csv, PLAN_COLUMNS);
    return writer;
failed:
    plan_writer_abandon(writer);
    return NULL;
}

static int check_texts(const struct plan_row *row, struct error *err)
{
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        const struct plan_column *column = &plan_columns[i];
        if (column->cell != PLAN_CELL_TEXT) {
            continue;
        }
        const struct slice *text = (const void *)((const char *)row + column->offset);
        if (column->size_max > 0 && text->size > column->size_max) {
            return error_set(err, ERROR_INPUT,
                             "the plan's row %" PRIu64 ": %s is longer than %zu bytes: '%.*s...'",
                             row->rank, column->name, column->size_max, SLICE_SHOWN(*text));
        }
    }
    return 0;
}

static void put_cell(struct csv_writer *csv, const struct plan_column *column,
                     const struct plan_row *row)
{
    const void *field = (const char *)row + column->offset;
    switch (column->cell) {
    case PLAN_CELL_COUNT:
        csv_writer_put_count(csv, *(const uint64_t *)field);
        break;
    case PLAN_CELL_NUMBER:
        csv_writer_put_number(csv, *(const double *)field, column->places);
        break;
    case PLAN_CELL_TIME:
        csv_writer_put_time(csv, *(const int64_t *)field);
        break;
    case PLAN_CELL_TEXT:
        csv_writer_put_text(csv, *(const struct slice *)field);
        break;
    case PLAN_CELL_ENTITY:
        csv_writer_put_word(csv, entity_name(*(const enum entity *)field));
        break;
    case PLAN_CELL_ACTION:
        csv_writer_put_word(csv, plan_action_name(*(const enum plan_action *)field));
        break;
    }
}

int plan_writer_append(struct plan_writer *writer, const struct plan_row *row, struct error *err)
{
    assert(row->rank > writer->last_rank);
    writer->last_rank = row->rank;
    if (check_texts(row, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        put_cell(&writer->csv, &plan_columns[i], row);
    }
    csv_writer_end_record(&writer->csv);
    plan_digest_add(&writer->digest, row);
    writer->row_count++;
    return 0;
}

/* The sum first: a plan that is visible then never stands beside the sum of an older one. And before it the plan's
 * bytes: on a full disk the older plan keeps its sum. */
static int commit(struct plan_writer *writer, struct error *err)
{
    if (file_draft_sync(writer->plan, err) != 0) {
        return -1;
    }
    if (writer->sum != NULL) {
        struct plan_sum written = {.row_count = writer->row_count};
        struct file_draft *sum = writer->sum;
        writer->sum = NULL;
        plan_digest_print(&writer->digest, written.digest);
        plan_sum_write(&written, file_draft_stream(sum));
        if (file_draft_commit(sum, err) != 0) {
            return -1;
        }
    }
    struct file_draft *plan = writer->plan;
    writer->plan = NULL;
    return file_draft_commit(plan, err);
}

int plan_writer_close(struct plan_writer *writer, struct error *err)
{
    int result = commit(writer, err);
    plan_writer_abandon(writer);
    return result;
}

void plan_writer_abandon(struct plan_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    file_draft_abandon(writer->sum);
    file_draft_abandon(writer->plan);
    free(writer->stream_buffer);
    free(writer);
}
