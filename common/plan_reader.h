/* plan_reader.h - reads plan.csv as a spreadsheet may have left it: BOM, CRLF, `;` and a decimal comma,
 * columns in any order and others beside them, rows in any order, rows deleted, `action` edited.
 * Room: common. May touch: files.
 * Promises: rows come out in rank order whatever the order of lines; memory does not grow with the plan
 * when its lines are in rank order (else 16 bytes a row). Every refusal names file, line, column, value. */
#ifndef REKINDLE_COMMON_PLAN_READER_H
#define REKINDLE_COMMON_PLAN_READER_H

#include "common/error.h"
#include "common/plan_columns.h"
#include "common/plan_digest.h"
#include "common/plan_row.h"

#include <stdbool.h>

/* What one whole pass over the plan found; the same plan has the same identity however it is sorted. */
struct plan_identity {
    uint64_t row_count;     /* rows in the file */
    uint64_t warm_count;    /* of these with action warm */
    uint64_t deleted_count; /* rows that plan.csv.sum knows and the file lacks; 0 without .sum */
    uint64_t last_rank;     /* the highest rank */
    double benefit_ms;      /* sum over the warm rows */
    uint64_t size_bytes;    /* sum over the warm rows */
    char digest
        [PLAN_DIGEST_TEXT_SIZE]; /* hex, over rank, family, id and action of all rows, any order */
    int64_t window_start_unix, window_end_unix, as_of_unix; /* one and the same in all rows */
    char event[PLAN_EVENT_SIZE_MAX + 1];
};

/* Sees each row while the plan is read for the first time, in the order of lines, and perhaps all from the first one
 * again. -1 with `err`: the plan is refused, if nothing else is wrong with it. */
typedef int (*plan_row_watcher)(void *context, const struct plan_row *row, uint64_t line,
                                struct error *err);

/* A context for rows that another thread sees, with nothing seen yet; NULL: it cannot be. */
typedef void *(*plan_watch_fork)(void *context);
/* Frees it; `is_kept`: and `context` has seen its rows, too. Their lines are not known. */
typedef void (*plan_watch_join)(void *context, void *forked, bool is_kept);

struct plan_limits {
    int64_t now_unix;            /* a window that has ended is refused against this */
    int64_t max_plan_age_second; /* now - as_of may not be more; 0: no limit */
    bool is_removal_allowed;     /* --allow-removed: over 20 % of the rows gone is fine */
    plan_row_watcher watch;      /* NULL: nobody watches */
    void *watch_context;
    plan_watch_fork fork;      /* NULL: the watcher sees rows from one thread only */
    plan_watch_join join;      /* with fork */
    uint64_t split_from_bytes; /* a file of this size is read by two threads; 0: 8 MiB */
    bool
        is_narrow; /* rows that are handed out hold only rank, entity, id, family, key, action, benefit_ms and
                     * size_bytes; all else in them is zero */
};

struct plan_reader;

/* Reads the whole plan once: checks every row, fills `identity`. ERROR_INPUT for: a column that is
 * missing or there twice, an empty, duplicate or unreadable rank, an unreadable number or time, an action other than
 * warm/skip, mixed event/window/as_of, a window that has ended, a plan that is too old, no rows, more
 * than 20 % of the rows of plan.csv.sum gone, exactly 1048575 rows left of more (a spreadsheet's limit). */
struct plan_reader *plan_reader_open(const char *path, const struct plan_limits *limits,
                                     struct plan_identity *identity, struct error *err) MUST_CHECK;

/* 1 and the next row in rank order, 0 at the end, -1 on error. The row's slices live until the next call. */
int plan_reader_next(struct plan_reader *reader, struct plan_row *row,
                     struct error *err) MUST_CHECK;

/* The line of the row last handed out, counted from 1, the header being line 1. */
uint64_t plan_reader_line(const struct plan_reader *reader);

/* Back to the lowest rank. */
int plan_reader_rewind(struct plan_reader *reader, struct error *err) MUST_CHECK;

void plan_reader_close(struct plan_reader *reader);

#endif
