/* load_window.h - some 20,000 plan rows in rank order, with what the sources say of them.
 * Room: loader/warm. May touch: the plan's reader, the sources.
 * Promises: rows stand in rank order; ids are asked a family at a time (the source sorts them by primary key) and the
 * answers are put back beside their rows. Memory is reused from window to window and bounded by `bytes_max`. */
#ifndef REKINDLE_LOADER_LOAD_WINDOW_H
#define REKINDLE_LOADER_LOAD_WINDOW_H

#include "common/arena.h"
#include "common/plan_reader.h"
#include "loader/folder/journal_record.h"
#include "loader/rules/holdout.h"
#include "loader/warm/source_set.h"

#include <stdbool.h>

struct window_row {
    uint64_t rank;
    double benefit_ms;
    struct slice id, key;
    size_t family_index;
    size_t place;     /* of its id in the family's part, and of its record in the batch */
    bool is_held_out; /* left cold on purpose: it is not fetched and has no record */
    /* What became of it, once it is settled: for results.csv. */
    struct journal_done_row settled;
    int64_t settled_unix;
};

/* A row with action skip: only results.csv tells of it. */
struct window_skip {
    uint64_t rank;
    struct slice key;
};

/* What one family contributes. */
struct window_part {
    struct slice *ids; /* [count] */
    size_t count, capacity;
    struct record_batch batch;
};

struct load_window {
    struct window_row *rows; /* [count], action warm only */
    size_t count, capacity;
    struct window_part *parts; /* [part_count], one a family */
    size_t part_count;
    struct window_skip *skips; /* [skip_count], in rank order */
    size_t skip_count, skip_capacity;
    struct arena text;  /* ids and keys */
    uint64_t last_rank; /* of the last plan row that was read, warm or not; 0: none was left */
    int64_t read_us;    /* monotonic: when fetching began */
    struct write_batch *batch; /* of all its rows; filled when is_prepared */
    bool is_prepared;
    bool is_intended; /* the batch's intent is on the disk */
};

/* How large windows may become; keeps what is learned of the families' values. */
struct window_sizer {
    size_t row_count_max; /* of rows to warm, and of rows to skip */
    uint64_t bytes_max;   /* of values, by estimate */
    double *value_bytes;  /* [part_count]: mean by family; 0: nothing is known yet */
    size_t family_count;
};

/* What rows are read from. */
struct window_feed {
    struct plan_reader *plan;
    const char *plan_path;
    const struct config *config;
    uint64_t after_rank; /* rows up to this rank are passed over */
    uint64_t until_rank; /* the first row that reaches this rank is the last one; 0: to the end */
    struct holdout holdout;
};

int load_window_init(struct load_window *window, size_t family_count, struct error *err) MUST_CHECK;
void load_window_free(struct load_window *window);

int window_sizer_init(struct window_sizer *sizer, size_t family_count, size_t row_count_max,
                      uint64_t bytes_max, struct error *err) MUST_CHECK;
void window_sizer_free(struct window_sizer *sizer);

/* Reads the next rows of the plan: 1; 0 when none is left (then last_rank is 0). The first window of a family is small:
 * the plan's size is only a guess until some values were seen. */
int load_window_read(struct load_window *window, const struct window_feed *feed,
                     const struct window_sizer *sizer, struct error *err) MUST_CHECK;

/* Fetches the values of all rows, and tells `sizer` how large they were. */
int load_window_fetch(struct load_window *window, struct source_set *sources,
                      struct window_sizer *sizer, struct error *err) MUST_CHECK;

/* The record of a row of a fetched window. */
const struct record *load_window_record(const struct load_window *window,
                                        const struct window_row *row);

#endif
