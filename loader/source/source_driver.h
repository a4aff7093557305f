/* source_driver.h - what a kind of database must be able to do: one row of source.c's table, and a file.
 * Room: loader/source. May touch: nothing.
 * A connection is used by one thread at a time; different connections by different threads at once. */
#ifndef REKINDLE_LOADER_SOURCE_DRIVER_H
#define REKINDLE_LOADER_SOURCE_DRIVER_H

#include "common/arena.h"
#include "common/config.h"
#include "common/error.h"
#include "loader/source/source.h"
#include "loader/source/value_encoding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the query's first column wants to be asked. */
enum id_kind { ID_SIGNED, ID_UNSIGNED, ID_TEXT, ID_BINARY };

/* What can go wrong with a question, by what helps. */
enum source_failure {
    SOURCE_FAILURE_NONE,
    SOURCE_FAILURE_AGAIN, /* deadlock, time limit, busy: ask again on this connection */
    SOURCE_FAILURE_LOST,  /* the connection is gone: make another */
    SOURCE_FAILURE_IDS,   /* the database cannot compare one of these ids: ask in smaller groups */
    SOURCE_FAILURE_FATAL, /* nothing helps but a person */
};

/* What a connection is made from. */
struct source_setup {
    const struct config *config;
    const struct family *family;
    const atomic_int *stop; /* as in source_options */
    size_t chunk_rows; /* ids in one question, at most; a prepared statement has exactly so many */
};

/* What the query's columns are; names live in the arena given to `describe`. */
struct source_description {
    const char **names; /* [column_count] */
    size_t column_count;
    enum id_kind id_kind;
    enum version_kind version_kind;
};

/* Gets one row: all columns, or id and version. -1 when out of memory: the driver then gives up. */
typedef int (*source_row_taker)(void *context, const struct cell cells[]);

struct source_question {
    enum source_content content;
    const struct slice *
        ids; /* [count], 1..chunk_rows, each fit for the id kind; ascending and distinct but for is_in_asked_order */
    size_t count;
    source_row_taker take;
    void *context;
    size_t *
        expected; /* which of `ids` the next row is likely of; a driver may set it, to spare the search */
};

struct source_driver {
    bool
        is_in_asked_order; /* ids come as the plan has them, not sorted, and `expected` is set before each row */
    size_t chunk_rows; /* ids in one question, at most; 0: what [mysql] chunk_rows says */
    bool has_no_query; /* a family with a query is refused, one without is not */
    /* How many connections are worth having. */
    size_t (*connection_count)(const struct config *config);
    /* NULL: failed, and `*failure` says whether another try may help. */
    void *(*connect)(const struct source_setup *setup, enum source_failure *failure,
                     struct error *err);
    void (*disconnect)(void *connection); /* NULL is fine */
    int (*describe)(void *connection, struct arena *arena, struct source_description *description,
                    struct error *err);
    /* Asks once and hands on every row that came; on failure some rows may have been handed on. */
    enum source_failure (*ask)(void *connection, const struct source_question *question,
                               struct error *err);
    int (*clock)(void *connection, int64_t *now_unix_us, struct error *err);
    int (*explain)(void *connection, const struct source_question *question, char *plan,
                   size_t size, bool *is_scan, struct error *err);
};

extern const struct source_driver mysql_source_driver;
extern const struct source_driver sqlite_source_driver;
extern const struct source_driver file_source_driver;
extern const struct source_driver http_source_driver;

#endif
