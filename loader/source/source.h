/* source.h - rows of a database, asked by id: the same few calls for MySQL, SQLite, ...
 * Room: loader/source. May touch: the family's database, read-only.
 * Promises: a row is used only if its id, as text, equals the asked id byte for byte. A fetch that fails
 * gives nothing; one that succeeds gives a record for each id. A source and its batches share nothing
 * with a sink, so a window may be fetched on one thread while another writes the one before.
 *
 * The family's query: its FIRST column is the id, `({ids})` stands for the list of asked ids, and a
 * column named `version` is not part of the value. */
#ifndef REKINDLE_LOADER_SOURCE_H
#define REKINDLE_LOADER_SOURCE_H

#include "common/arena.h"
#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"
#include "loader/source/record.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum source_content {
    SOURCE_VALUES,   /* value and version of each record */
    SOURCE_VERSIONS, /* the version only, where the family has one; else the same as SOURCE_VALUES */
};

/* What a version can prove: the recheck trusts a counter and a fine time, never a coarse one. */
enum version_kind {
    VERSION_NONE,
    VERSION_COUNTER,
    VERSION_FINE_TIME,
    VERSION_FINE_LOCAL_TIME, /* the same without a zone: whoever writes it may count in any */
    VERSION_COARSE_TIME,
    VERSION_SNAPSHOT /* the source is a file, which does not change: there is nothing to look at again */
};

enum { SOURCE_CONNECTION_MAX = 64 };

/* Where the records of one window live; reused, so that a run takes memory once. All zero is empty. */
struct record_batch {
    struct record *records; /* [count], in the order of the asked ids */
    size_t count;
    size_t capacity; /* of `records` */
    struct arena
        arenas[SOURCE_CONNECTION_MAX]; /* one for each fetching thread: the values' bytes */
};

/* What fetching has cost since the source was opened. */
struct source_account {
    uint64_t asked_count;     /* ids */
    uint64_t found_count;     /* records that are a value or too big */
    uint64_t missing_count;   /* also those that the database matched loosely */
    uint64_t ambiguous_count; /* more than one row, and they differ */
    uint64_t image_count;     /* of found_count: they came from the image */
    uint64_t chunk_count;     /* statements that were executed */
    uint64_t retry_count;     /* statements that had to be executed again */
    uint64_t value_bytes;     /* of the values kept */
    int64_t chunk_us_total; /* time from asking to the last row, over all chunks and connections */
    int64_t chunk_us_max;
};

/* What a governor may change while fetches are running: each connection looks before each of its questions. Shared by as
 * many sources as shall obey it together; what they measure is added up in it. Outlives them. */
struct source_limits {
    atomic_int chunk_rows; /* ids in one question, at most; the config's is never exceeded */
    atomic_int
        connections; /* how many of a fetch's connections may ask; 0: they wait until it rises */
    atomic_int
        rest_percent; /* after a question its connection rests so much of the time that it took */
    atomic_int rows_per_second; /* asked for, by all connections together and evenly; 0: no limit */
    atomic_int_least64_t next_us; /* under that limit: monotonic, no question before */
    atomic_int_least64_t chunk_count, row_count,
        chunk_us_total; /* questions, their ids, their time */
};

/* No limits but the config's. */
void source_limits_init(struct source_limits *limits);

struct source_options {
    const struct config *config; /* borrowed while the source is open, as is the family */
    const struct family *family;
    const atomic_int *stop;       /* not 0: fetches end soon with ERROR_STOPPED; NULL: never */
    struct source_limits *limits; /* NULL: none but the config's */
};

/* For how long a source that is away is asked again: [run] patience, or 30 s. */
static inline int64_t source_patience_ms(const struct config *config)
{
    enum { DEFAULT_MS = 30 * 1000 };
    return config->patience_ms > 0 ? config->patience_ms : DEFAULT_MS;
}

struct source;

/* Connects, prepares the family's query and reads what columns it has. ERROR_INPUT when the query cannot
 * be used as it is (the sentence says how to mend it), ERROR_BACKEND when the database does not answer. */
struct source *source_open(const struct source_options *options, struct error *err) MUST_CHECK;
void source_close(struct source *source);

struct image_reader;
/* From now on values that the image has are not asked of the database; versions always are. Borrowed while the source is
 * open. A file has no need of one, and does not use it. */
void source_use_image(struct source *source, struct image_reader *image);

/* Fills `batch->records[i]` for `ids[i]`, i < count, ids in any order and possibly repeated; what the
 * batch held before is gone. Asks in primary-key order, in chunks, on several connections at once; a lost
 * connection, a deadlock or a time limit is tried again a few times. One fetch at a time a source. */
int source_fetch(struct source *source, enum source_content content, const struct slice ids[],
                 size_t count, struct record_batch *batch, struct error *err) MUST_CHECK;

/* Valid after source_open. */
enum version_kind source_version_kind(const struct source *source);
/* The database's own clock in Unix microseconds: what the age of a version is measured with. */
int source_clock(struct source *source, int64_t *now_unix_us, struct error *err) MUST_CHECK;
/* The database's plan for a chunk of these ids, as lines of text in `plan` (terminated, cut to `size`);
 * `*is_scan` when it would read a whole table. */
int source_explain(struct source *source, const struct slice ids[], size_t count, char *plan,
                   size_t size, bool *is_scan, struct error *err) MUST_CHECK;
/* Not while a fetch is running. */
struct source_account source_account(const struct source *source);

/* Frees what the batch holds and makes it empty. */
void record_batch_free(struct record_batch *batch);

#endif
