/* plan_survey.c - see plan_survey.h.
 * Room: common. May touch: the plan's file, one thread of its own.
 * While the ranks rise from line to line nothing is remembered; at the first that does not, the survey starts again
 * and keeps (rank, line, offset) of every row, sorted afterwards.
 *
 *   this thread    rows up to the middle ──┬─ the halves fit ──▶ added up
 *   another one    rows from there on ─────┘  else this thread reads on, and what the other one saw is dropped */
#include "common/plan_survey.h"

#include "common/plan_digest.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { SPLIT_FROM_BYTES = 8 << 20 };

struct survey {
    struct plan_fields *fields;
    struct plan_identity *identity;
    struct plan_digest digest;
    struct plan_row first; /* its `event` lies in identity->event; the other texts are not kept */
    uint64_t first_line;
    plan_row_watcher watch;
    void *watch_context;
    struct error *refusal;      /* the watcher's first */
    struct plan_places *places; /* NULL: the ranks have to rise */
    uint64_t until_offset;      /* rows from there on are not read; UINT64_MAX: to the end */
};

/* ---- one row */

static bool is_shared_value(const struct plan_column *column, const struct plan_row *row,
                            const struct plan_row *first)
{
    const char *mine = (const char *)row + column->offset;
    const char *theirs = (const char *)first + column->offset;
    if (column->cell == PLAN_CELL_TIME) {
        return *(const int64_t *)(const void *)mine == *(const int64_t *)(const void *)theirs;
    }
    return slice_is_equal(*(const struct slice *)(const void *)mine,
                          *(const struct slice *)(const void *)theirs);
}

static bool is_sharing(const struct plan_row *row, const struct plan_row *first, size_t *column)
{
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        if (plan_columns[i].is_shared && !is_shared_value(&plan_columns[i], row, first)) {
            *column = i;
            return false;
        }
    }
    return true;
}

static int check_shared(const struct survey *survey, const struct csv_record *record,
                        const struct plan_row *row, struct error *err)
{
    size_t column;
    const struct plan_fields *fields = survey->fields;
    if (is_sharing(row, &survey->first, &column)) {
        return 0;
    }
    return csv_reader_refuse(fields->csv, fields->line, err,
                             "%s is '%.*s', which differs from line %" PRIu64
                             ": a plan is made for one event at one time",
                             plan_columns[column].name,
                             SLICE_SHOWN(record->fields[fields->cells[column]]),
                             survey->first_line);
}

static void keep_shared(struct survey *survey, const struct plan_row *row, uint64_t line)
{
    struct plan_identity *identity = survey->identity;
    if (row->event.size > 0) {
        memcpy(identity->event, row->event.bytes, row->event.size);
    }
    identity->event[row->event.size] = '\0';
    identity->window_start_unix = row->window_start_unix;
    identity->window_end_unix = row->window_end_unix;
    identity->as_of_unix = row->as_of_unix;
    survey->first = *row;
    survey->first.event.bytes = identity->event;
    survey->first_line = line;
}

static int keep_place(struct plan_places *places, const struct csv_record *record, uint64_t rank,
                      struct error *err)
{
    enum { ROOM_FIRST = 4096 };
    if (places->count == places->room) {
        size_t room = places->room == 0 ? ROOM_FIRST : places->room * 2;
        struct plan_place *grown = realloc(places->places, room * sizeof *grown);
        if (grown == NULL) {
            return error_set_memory(err, "sorting the plan by rank");
        }
        places->places = grown;
        places->room = room;
    }
    places->places[places->count++] = (struct plan_place){
        .rank = (uint32_t)rank,
        .line = record->line < UINT32_MAX ? (uint32_t)record->line : UINT32_MAX,
        .offset = record->offset,
    };
    return 0;
}

static void count_row(struct survey *survey, const struct plan_row *row)
{
    struct plan_identity *identity = survey->identity;
    identity->row_count++;
    if (row->rank > identity->last_rank) {
        identity->last_rank = row->rank;
    }
    if (row->action == PLAN_WARM) {
        identity->warm_count++;
        identity->benefit_ms += row->benefit_ms;
        identity->size_bytes += row->size_bytes;
    }
    plan_digest_add(&survey->digest, row);
}

/* What is wrong with the file itself comes first: the watcher's word is kept until the file was read. */
static void show_row(struct survey *survey, const struct plan_row *row, uint64_t line)
{
    bool is_shown = survey->watch != NULL && survey->refusal->kind == ERROR_NONE;
    if (is_shown && survey->watch(survey->watch_context, row, line, survey->refusal) == 0) {
        error_clear(survey->refusal);
    }
}

/* 1 when all rows up to until_offset were looked at, 0 when the ranks do not rise, -1 on error. */
static int survey_rows(struct survey *survey, struct error *err)
{
    struct csv_record record;
    struct plan_row row = {0};
    int got = 1;
    while (csv_reader_offset(survey->fields->csv) < survey->until_offset &&
           (got = plan_fields_next(survey->fields, &record, &row, err)) > 0) {
        if (survey->identity->row_count == 0) {
            keep_shared(survey, &row, record.line);
        } else if (check_shared(survey, &record, &row, err) != 0) {
            return -1;
        }
        if (survey->places != NULL && keep_place(survey->places, &record, row.rank, err) != 0) {
            return -1;
        }
        if (survey->places == NULL && row.rank <= survey->identity->last_rank) {
            return 0;
        }
        count_row(survey, &row);
        show_row(survey, &row, record.line);
    }
    return got < 0 ? -1 : 1;
}

/* ---- the second half */

struct half {
    struct plan_fields fields; /* with a CSV reader of its own */
    struct survey survey;
    struct plan_identity identity;
    struct error refusal;
    uint64_t begin_offset;
    bool is_fine; /* every row of it is right */
    pthread_t thread;
};

static void *run_half(void *argument)
{
    struct half *half = argument;
    struct error ignored = {0}; /* it is found again in order, with its line */
    half->is_fine = survey_rows(&half->survey, &ignored) == 1 && half->refusal.kind == ERROR_NONE &&
                    half->identity.row_count > 0 &&
                    csv_reader_check_unchanged(half->fields.csv, &ignored) == 0;
    return NULL;
}

/* A reader of the same file, behind the first newline in its second half. */
static bool open_half(struct half *half, const struct csv_reader *whole)
{
    struct error ignored = {0};
    struct csv_reader *csv = csv_reader_open(csv_reader_path(whole), &ignored);
    half->fields.csv = csv; /* closed with the half */
    return csv != NULL && csv_reader_is_same_file(csv, whole) &&
           plan_fields_bind(&half->fields, csv, &ignored) == 0 &&
           csv_reader_skip_to(csv, csv_reader_size(whole) / 2, &ignored) == 0;
}

static void free_half(struct half *half)
{
    if (half != NULL) {
        csv_reader_close(half->fields.csv);
        free(half);
    }
}

static bool start_half(struct half *half, const struct plan_limits *limits)
{
    sigset_t all, before;
    half->begin_offset = csv_reader_offset(half->fields.csv);
    half->survey = (struct survey){.fields = &half->fields,
                                   .identity = &half->identity,
                                   .watch = limits->watch,
                                   .refusal = &half->refusal,
                                   .until_offset = UINT64_MAX};
    if (limits->watch != NULL &&
        (half->survey.watch_context = limits->fork(limits->watch_context)) == NULL) {
        return false;
    }
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&half->thread, NULL, run_half, half);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0 && limits->watch != NULL) {
        limits->join(limits->watch_context, half->survey.watch_context, false);
    }
    return failed == 0;
}

/* NULL: one thread reads all. */
static struct half *begin_half(const struct csv_reader *whole, const struct plan_limits *limits)
{
    uint64_t from = limits->split_from_bytes > 0 ? limits->split_from_bytes : SPLIT_FROM_BYTES;
    bool is_watched_by_one = limits->watch != NULL && limits->fork == NULL;
    if (is_watched_by_one || csv_reader_size(whole) < from) {
        return NULL;
    }
    struct half *half = calloc(1, sizeof *half);
    if (half == NULL || !open_half(half, whole) || !start_half(half, limits)) {
        free_half(half);
        return NULL;
    }
    return half;
}

/* Is the half what one thread would have read next, and all of it right? */
static bool is_fitting(const struct survey *survey, const struct half *half)
{
    size_t column;
    return half->is_fine && csv_reader_offset(survey->fields->csv) == half->begin_offset &&
           survey->identity->row_count > 0 &&
           half->survey.first.rank > survey->identity->last_rank &&
           is_sharing(&half->survey.first, &survey->first, &column);
}

static void add_half(struct survey *survey, const struct half *half)
{
    struct plan_identity *identity = survey->identity;
    identity->row_count += half->identity.row_count;
    identity->warm_count += half->identity.warm_count;
    identity->benefit_ms += half->identity.benefit_ms;
    identity->size_bytes += half->identity.size_bytes;
    identity->last_rank = half->identity.last_rank;
    plan_digest_join(&survey->digest, &half->survey.digest);
}

/* As survey_rows, to the end of the file. */
static int survey_halves(struct survey *survey, const struct plan_limits *limits, struct error *err)
{
    struct half *half = begin_half(survey->fields->csv, limits);
    survey->until_offset = half == NULL ? UINT64_MAX : half->begin_offset;
    int got = survey_rows(survey, err);
    if (half == NULL) {
        return got;
    }
    pthread_join(half->thread, NULL);
    bool is_kept = got == 1 && is_fitting(survey, half);
    if (limits->watch != NULL) {
        limits->join(limits->watch_context, half->survey.watch_context, is_kept);
    }
    if (is_kept) {
        add_half(survey, half);
    } else if (got == 1) {
        survey->until_offset = UINT64_MAX;
        got = survey_rows(survey, err);
    }
    free_half(half);
    return got;
}

/* ---- the whole */

static int compare_places(const void *a, const void *b)
{
    const struct plan_place *left = a;
    const struct plan_place *right = b;
    if (left->rank != right->rank) {
        return left->rank < right->rank ? -1 : 1;
    }
    return (left->offset > right->offset) - (left->offset < right->offset);
}

static int sort_places(const struct csv_reader *csv, struct plan_places *places, struct error *err)
{
    if (places->count > 0) {
        qsort(places->places, places->count, sizeof *places->places, compare_places);
    }
    for (size_t i = 1; i < places->count; i++) {
        const struct plan_place *place = &places->places[i];
        if (place->rank == place[-1].rank) {
            return csv_reader_refuse(csv, place->line, err,
                                     "the rank %" PRIu32 " stands in line %" PRIu32 " already",
                                     place->rank, place[-1].line);
        }
    }
    return 0;
}

int plan_survey_run(struct plan_fields *fields, const struct plan_limits *limits,
                    struct plan_identity *identity, struct plan_places *places,
                    struct error *refusal, struct error *err)
{
    struct survey survey;
    bool is_indexed = false;
    int got;
    do {
        *identity = (struct plan_identity){0};
        error_clear(refusal);
        survey = (struct survey){.fields = fields,
                                 .identity = identity,
                                 .watch = limits->watch,
                                 .watch_context = limits->watch_context,
                                 .refusal = refusal,
                                 .places = is_indexed ? places : NULL,
                                 .until_offset = UINT64_MAX};
        got = is_indexed ? survey_rows(&survey, err) : survey_halves(&survey, limits, err);
        if (got < 0 || csv_reader_rewind(fields->csv, err) != 0) {
            return -1;
        }
        is_indexed = got == 0;
    } while (got == 0);
    plan_digest_print(&survey.digest, identity->digest);
    if (identity->row_count == 0) {
        return error_set(err, ERROR_INPUT, "%.400s has no rows", csv_reader_path(fields->csv));
    }
    return sort_places(fields->csv, places, err);
}
