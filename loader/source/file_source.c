/* file_source.c - the driver for a file of values: CSV or NDJSON, plain or gzip.
 * Room: loader/source. May touch: the file; nameless files in [run] dir.
 *
 * DESIGN
 * Ids are asked in the plan's order. While each asked id is that of the file's next record, the file is simply read
 * along, in one pass. The first time it is not, the file is read once from end to end and indexed (file_index.h); from
 * then on records are looked up, those of one question in the order in which they lie in the file. Of several records
 * with one id the first counts: while reading along, all before the next one have been asked for already. */
#include "loader/source/source_driver.h"

#include "common/monotonic.h"
#include "loader/source/file_index.h"
#include "loader/source/file_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

enum {
    SAME_HASH_MAX = 8,
    CHUNK_ROWS =
        4000 /* looked up in the order in which they lie: the more, the less is jumped about */
};

/* A record that a question wants. */
struct wanted {
    uint64_t offset;
    size_t at; /* in the question's ids */
};

struct file_connection {
    const struct source_setup *setup;
    struct file_records *records;
    struct file_index *index; /* NULL: the file is being read along */
    const struct cell *next;  /* the record that was read and not yet asked for; NULL: none */
    bool is_at_end;           /* of reading along */
    struct wanted *wanted;    /* [chunk_rows] */
};

static const char *path_of(const struct source_setup *setup)
{
    return setup->family->file != NULL ? setup->family->file : setup->config->file_source;
}

static const char *folder_of(const struct source_setup *setup)
{
    return setup->config->run_dir != NULL ? setup->config->run_dir : ".";
}

/* ---- connecting */

/* One reader: a file gives its rows in one order. */
static size_t connection_count(const struct config *config)
{
    (void)config;
    return 1;
}

static void disconnect(void *opaque)
{
    struct file_connection *connection = opaque;
    if (connection != NULL) {
        file_records_close(connection->records);
        file_index_free(connection->index);
        free(connection->wanted);
        free(connection);
    }
}

static void *connect_file(const struct source_setup *setup, enum source_failure *failure,
                          struct error *err)
{
    *failure = SOURCE_FAILURE_FATAL;
    if (path_of(setup) == NULL) {
        error_set(err, ERROR_INPUT,
                  "source = file needs the family's file = PATH, or [file] path = PATH");
        return NULL;
    }
    struct file_connection *connection = calloc(1, sizeof *connection);
    if (connection != NULL) {
        connection->wanted = calloc(setup->chunk_rows, sizeof *connection->wanted);
    }
    if (connection == NULL || connection->wanted == NULL) {
        disconnect(connection);
        error_set_memory(err, "opening a file");
        return NULL;
    }
    connection->setup = setup;
    connection->records = file_records_open(path_of(setup), folder_of(setup), err);
    if (connection->records == NULL) {
        disconnect(connection);
        return NULL;
    }
    return connection;
}

static int describe(void *opaque, struct arena *arena, struct source_description *description,
                    struct error *err)
{
    struct file_connection *connection = opaque;
    const char *const *names = file_records_names(connection->records, &description->column_count);
    description->id_kind = ID_BINARY;
    description->version_kind = VERSION_SNAPSHOT;
    description->names = arena_take(arena, description->column_count * sizeof *description->names);
    if (description->names == NULL) {
        return error_set_memory(err, "reading a file's columns");
    }
    memcpy(description->names, names, description->column_count * sizeof *names);
    return 0;
}

/* ---- the index */

static uint64_t hash_of(struct slice id)
{
    return XXH3_64bits(id.bytes, id.size);
}

static int add_records(struct file_connection *connection, struct error *err)
{
    const struct cell *cells;
    uint64_t offset;
    int got;
    while ((got = file_records_next(connection->records, &cells, &offset, err)) > 0) {
        if (file_index_add(connection->index, hash_of(cells[0].bytes), offset, err) != 0) {
            return -1;
        }
    }
    return got;
}

static int make_index(struct file_connection *connection, struct error *err)
{
    connection->next = NULL;
    connection->index = file_index_new(folder_of(connection->setup), err);
    if (connection->index == NULL || file_records_rewind(connection->records, err) != 0 ||
        add_records(connection, err) != 0 || file_index_finish(connection->index, err) != 0) {
        file_index_free(connection->index);
        connection->index = NULL;
        connection->is_at_end = true;
        return -1;
    }
    return 0;
}

/* ---- asking */

static int hand_over(const struct source_question *question, size_t at, const struct cell cells[],
                     struct error *err)
{
    *question->expected = at;
    return question->take(question->context, cells) == 0 ? 0
                                                         : error_set_memory(err, "reading a row");
}

/* Is the file's next record that of `id`? 1 and its cells, 0, -1. */
static int read_along(struct file_connection *connection, struct slice id,
                      const struct cell **cells, struct error *err)
{
    uint64_t offset;
    if (connection->next == NULL && !connection->is_at_end) {
        int got = file_records_next(connection->records, &connection->next, &offset, err);
        if (got < 0) {
            return -1;
        }
        connection->is_at_end = got == 0;
        connection->next = got == 0 ? NULL : connection->next;
    }
    if (connection->next == NULL || !slice_is_equal(connection->next[0].bytes, id)) {
        return 0;
    }
    *cells = connection->next;
    connection->next = NULL;
    return 1;
}

/* Reads the record at `offset` if it is that of `id`: 1, 0, -1. */
static int read_at(struct file_connection *connection, uint64_t offset, struct slice id,
                   const struct cell **cells, struct error *err)
{
    uint64_t found;
    if (file_records_seek(connection->records, offset, err) != 0) {
        return -1;
    }
    int got = file_records_next(connection->records, cells, &found, err);
    return got > 0 ? slice_is_equal((*cells)[0].bytes, id) : got;
}

/* The first of the file's records with this id; most often the first with its hash. */
static int look_up(struct file_connection *connection, const struct source_question *question,
                   const struct wanted *wanted, struct error *err)
{
    const struct cell *cells;
    struct slice id = question->ids[wanted->at];
    int found = read_at(connection, wanted->offset, id, &cells, err);
    if (found == 0) {
        uint64_t offsets[SAME_HASH_MAX];
        int count = file_index_find(connection->index, hash_of(id), offsets, SAME_HASH_MAX, err);
        found = count < 0 ? -1 : 0;
        for (int i = 1; i < count && found == 0; i++) {
            found = read_at(connection, offsets[i], id, &cells, err);
        }
    }
    return found > 0 ? hand_over(question, wanted->at, cells, err) : found;
}

static int compare_wanted(const void *a, const void *b)
{
    const struct wanted *left = a;
    const struct wanted *right = b;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/* Looks up the ids from `from` on. */
static int look_up_rest(struct file_connection *connection, const struct source_question *question,
                        size_t from, struct error *err)
{
    size_t count = 0;
    for (size_t i = from; i < question->count; i++) {
        uint64_t offset;
        int found = file_index_find(connection->index, hash_of(question->ids[i]), &offset, 1, err);
        if (found < 0) {
            return -1;
        }
        if (found > 0) {
            connection->wanted[count++] = (struct wanted){.offset = offset, .at = i};
        }
    }
    qsort(connection->wanted, count, sizeof *connection->wanted, compare_wanted);
    for (size_t i = 0; i < count; i++) {
        if (look_up(connection, question, &connection->wanted[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int answer(struct file_connection *connection, const struct source_question *question,
                  struct error *err)
{
    size_t at = 0;
    while (connection->index == NULL && at < question->count) {
        const struct cell *cells;
        int found = read_along(connection, question->ids[at], &cells, err);
        if (found < 0 || (found > 0 && hand_over(question, at, cells, err) != 0)) {
            return -1;
        }
        if (found == 0 && make_index(connection, err) != 0) {
            return -1;
        }
        at += found > 0;
    }
    return at < question->count ? look_up_rest(connection, question, at, err) : 0;
}

static enum source_failure ask(void *opaque, const struct source_question *question,
                               struct error *err)
{
    struct file_connection *connection = opaque;
    bool is_answered = answer(connection, question, err) == 0 &&
                       file_records_check_unchanged(connection->records, err) == 0;
    return is_answered ? SOURCE_FAILURE_NONE : SOURCE_FAILURE_FATAL;
}

/* ---- the rest */

static int read_clock(void *opaque, int64_t *now_unix_us, struct error *err)
{
    (void)opaque;
    (void)err;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *now_unix_us = (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / NS_PER_US;
    return 0;
}

static int explain(void *opaque, const struct source_question *question, char *plan, size_t size,
                   bool *is_scan, struct error *err)
{
    const struct file_connection *connection = opaque;
    (void)question;
    (void)err;
    snprintf(plan, size, "%s %s", connection->index == NULL ? "READ ALONG" : "INDEXED",
             path_of(connection->setup));
    *is_scan = false;
    return 0;
}

const struct source_driver file_source_driver = {
    .is_in_asked_order = true,
    .has_no_query = true,
    .chunk_rows = CHUNK_ROWS,
    .connection_count = connection_count,
    .connect = connect_file,
    .disconnect = disconnect,
    .describe = describe,
    .ask = ask,
    .clock = read_clock,
    .explain = explain,
};
