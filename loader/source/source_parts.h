/* source_parts.h - what the files of an open source share: its connections, the window being fetched, its memory.
 * Room: loader/source, and nobody outside it. May touch: nothing. */
#ifndef REKINDLE_LOADER_SOURCE_PARTS_H
#define REKINDLE_LOADER_SOURCE_PARTS_H

#include "loader/source/id_order.h"
#include "loader/source/source_driver.h"
#include "loader/source/value_buffer.h"

#include <pthread.h>

/* One connection and what belongs to its thread. */
struct source_worker {
    struct source *source;
    void *connection; /* NULL: not made yet, or lost */
    size_t number;
    struct value_buffer buffer;
    struct source_account account;
    struct error err;
    pthread_t thread;
};

/* One call of source_fetch; all of it is read-only to the threads but the two atomics. */
struct source_window {
    enum source_content content;
    const struct slice *asked; /* [asked_count] ascending, distinct */
    const size_t *position_of; /* [asked_count]: where the record belongs */
    size_t asked_count;
    struct record_batch *batch;
    atomic_size_t next_begin; /* of `asked` */
    atomic_bool has_failed;
};

struct source {
    struct source_setup setup;
    const struct source_driver *driver;
    const atomic_int *stop;
    struct source_limits *limits; /* NULL: none */
    struct image_reader *image;   /* NULL: none */
    struct arena arena;           /* the columns' names */
    struct value_encoding_plan encoding;
    enum id_kind id_kind;
    enum version_kind version_kind;
    struct source_worker workers[SOURCE_CONNECTION_MAX];
    size_t worker_count;
    struct source_window window;
    struct source_account account;  /* of all finished fetches */
    size_t *order;                  /* [capacity] */
    struct id_order_entry *scratch; /* [2 * capacity] */
    struct slice *asked;            /* [capacity] */
    size_t *position_of;            /* [capacity] */
    size_t capacity;
};

#endif
