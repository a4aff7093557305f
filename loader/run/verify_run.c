/* verify_run.c - the conductor of `verify`: is what was warmed there, right, and alive past the window?
 * Room: loader/run. May touch: the plan, the journal, the sources, Redis; all of them reading only.
 *
 * DESIGN
 *  1. The plan is read and checked; the run's journal, where there is one, says what to expect of each row: a key that
 *     was warmed must be there. One that existed belongs to the application: it must be there, and is not judged.
 *     Without a journal every planned key is expected.
 *  2. A window at a time: whether all keys are there, 64 a command; then, of every so many-th warmed row (--sample),
 *     expiry and value, whose digest is compared with that of the row as the source renders it now.
 *  3. Differences are counted, the first ones named; any is exit code 1. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/progress.h"
#include "common/terminal.h"
#include "common/units.h"
#include "loader/load_options.h"
#include "loader/warm/checked_plan.h"
#include "loader/warm/prefetch.h"
#include "loader/warm/recheck.h"
#include "loader/live/run_switch.h"
#include "loader/folder/settled_rows.h"
#include "loader/folder/value_digest.h"
#include "loader/sink/sink.h"

enum { WINDOW_ROWS = 5000, VALUE_LOOKS = 200, SHOWN_DIFFERENCES = 20 };

enum difference { IS_GONE, NEVER_EXPIRES, EXPIRES_TOO_EARLY, VALUE_DIFFERS, DIFFERENCE_COUNT };

static const char *const difference_texts[] = {
    [IS_GONE] = "is gone",
    [NEVER_EXPIRES] = "never expires, so it was written by somebody else",
    [EXPIRES_TOO_EARLY] = "expires before the window ends",
    [VALUE_DIFFERS] = "is not what the source says now",
};
_Static_assert(sizeof difference_texts / sizeof *difference_texts == DIFFERENCE_COUNT,
               "every difference has its words");

struct verify_session {
    const struct load_job *job;
    struct checked_plan plan;
    struct sink *sink;
    struct run_folder folder;
    bool has_run;
    struct journal_survey survey;
    struct settled_rows *settled; /* NULL without a run */
    struct source_set sources;
    struct recheck recheck;
    struct prefetch *prefetch;            /* reads the plan while Redis is asked */
    struct load_window *window;           /* the one at hand */
    struct sink_look looks[WINDOW_ROWS];  /* one for each expected row of the window */
    size_t rows_of_looks[WINDOW_ROWS];    /* which row of the window it is */
    bool is_warmed[WINDOW_ROWS];          /* by this run; else it existed */
    uint64_t sample_step;                 /* every so many-th warmed row's value; 0: none */
    uint64_t warmed_count, existed_count; /* rows looked at */
    uint64_t unsettled_count;             /* rows of which nothing is expected */
    uint64_t compared_count;
    uint64_t differences[DIFFERENCE_COUNT];
    int64_t window_end_unix_ms;
};

/* ---- opening */

/* --sample N to every so many-th row of those that the run has warmed, or of all without a run. */
static int choose_sample(struct verify_session *session, struct error *err)
{
    const char *text = session->job->options->sample;
    uint64_t warmed = session->has_run ? session->survey.tally.count[OUTCOME_WARMED]
                                       : session->plan.identity.warm_count;
    uint64_t count = warmed;
    if (strcmp(text, "all") != 0 && units_parse_count(text, &count, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--sample");
    }
    count = count < warmed ? count : warmed;
    session->sample_step = count == 0 ? 0 : (warmed + count - 1) / count;
    return 0;
}

static int open_run(struct verify_session *session, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct run_manifest manifest;
    const struct load_job *job = session->job;
    checked_plan_fill_manifest(&session->plan, job, sink_name(session->sink), &manifest);
    int found =
        run_folder_find(&session->folder, job->options->run, job->config->run_dir, &manifest, err);
    if (found < 0) {
        return -1;
    }
    session->has_run = found == 1;
    if (!session->has_run) {
        message_note(job->message,
                     "there is no run of this plan and target in %s: every planned key is "
                     "expected to be there",
                     job->config->run_dir);
        session->folder.manifest = manifest;
    } else if (journal_survey_read(run_folder_file(&session->folder, "journal", path), NULL,
                                   &session->survey, err) != 0 ||
               (session->settled = settled_rows_open(path, &session->survey, err)) == NULL) {
        return -1;
    }
    const struct run_manifest *run = &session->folder.manifest;
    session->window_end_unix_ms = (run->window_end_unix + run->clock_shift_second) * MS_PER_SECOND;
    return 0;
}

static int open_session(struct verify_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct sink_options sink_options = {.kind = SINK_DRY_RUN,
                                        .redis = &job->redis,
                                        .patience_ms = job->config->patience_ms,
                                        .stop = run_switch_stop_flag()};
    if (checked_plan_open(&session->plan, job, err) != 0 ||
        (session->sink = sink_open(&sink_options, err)) == NULL || open_run(session, err) != 0 ||
        choose_sample(session, err) != 0) {
        return -1;
    }
    recheck_init(&session->recheck, &session->sources);
    session->recheck.is_by_value = true;
    return session->sample_step == 0
               ? 0
               : source_set_open(&session->sources, job->config, session->plan.is_family_needed,
                                 run_switch_stop_flag(), NULL, err);
}

static void close_session(struct verify_session *session)
{
    recheck_free(&session->recheck);
    source_set_close(&session->sources);
    settled_rows_close(session->settled);
    journal_survey_free(&session->survey);
    sink_close(session->sink);
    checked_plan_close(&session->plan);
    free(session);
}

/* ---- one window */

static void tell(struct verify_session *session, size_t look, enum difference difference)
{
    enum { SHOWN_KEY_SIZE = 200 };
    struct error line;
    uint64_t sum = 0;
    for (int i = 0; i < DIFFERENCE_COUNT; i++) {
        sum += session->differences[i];
    }
    session->differences[difference]++;
    if (sum < SHOWN_DIFFERENCES) {
        const struct slice key = session->window->rows[session->rows_of_looks[look]].key;
        int size = (int)(key.size < SHOWN_KEY_SIZE ? key.size : SHOWN_KEY_SIZE);
        error_set(&line, ERROR_LOSSES, "%.*s %s", size, key.bytes, difference_texts[difference]);
        terminal_print(stdout, "%s\n", line.text);
    }
}

/* What the run says of a row: 1 when its key must be there. */
static int is_expected(struct verify_session *session, uint64_t rank, bool *is_warmed,
                       struct error *err)
{
    struct journal_done_row row = {.outcome = OUTCOME_NOT_REACHED};
    int64_t at_unix;
    *is_warmed = true;
    if (session->settled == NULL) {
        return 1;
    }
    if (settled_rows_find(session->settled, rank, &row, &at_unix, err) < 0) {
        return -1;
    }
    *is_warmed = row.outcome == OUTCOME_WARMED;
    return row.outcome == OUTCOME_WARMED || row.outcome == OUTCOME_EXISTS;
}

/* Lists the window's rows that must be there; their number, or -1. */
static int list_expected(struct verify_session *session, size_t *count, struct error *err)
{
    *count = 0;
    for (size_t i = 0; i < session->window->count; i++) {
        const struct window_row *row = &session->window->rows[i];
        const struct family *family = &session->job->config->families[row->family_index];
        bool is_warmed;
        int expected = is_expected(session, row->rank, &is_warmed, err);
        if (expected < 0) {
            return -1;
        }
        if (expected == 0) {
            session->unsettled_count++;
            continue;
        }
        session->looks[*count] = (struct sink_look){
            .key = row->key, .kind = family->value == VALUE_HASH ? RECORD_HASH : RECORD_STRING};
        session->rows_of_looks[*count] = i;
        session->is_warmed[(*count)++] = is_warmed;
    }
    return 0;
}

static void judge_presence(struct verify_session *session, size_t look)
{
    session->warmed_count += session->is_warmed[look];
    session->existed_count += !session->is_warmed[look];
    if (!session->looks[look].is_present) {
        tell(session, look, IS_GONE);
    }
}

/* Of a key that this run has warmed. */
static void judge_expiry(struct verify_session *session, size_t look)
{
    int64_t expire_unix_ms = session->looks[look].expire_unix_ms;
    if (expire_unix_ms == SINK_EXPIRY_NONE) {
        tell(session, look, NEVER_EXPIRES);
    } else if (expire_unix_ms != SINK_EXPIRY_ABSENT &&
               expire_unix_ms < session->window_end_unix_ms) {
        tell(session, look, EXPIRES_TOO_EARLY);
    }
}

/* Keeps the looks whose values are to be compared, in front; the sample is spread evenly over the warmed rows. */
static size_t keep_sampled(struct verify_session *session, size_t count, uint64_t warmed_before)
{
    size_t kept = 0;
    for (size_t i = 0; i < count && session->sample_step > 0; i++) {
        if (!session->is_warmed[i]) {
            continue;
        }
        bool is_sampled = warmed_before++ % session->sample_step == 0;
        if (is_sampled && session->looks[i].is_present) {
            session->looks[kept] = session->looks[i];
            session->rows_of_looks[kept++] = session->rows_of_looks[i];
        }
    }
    return kept;
}

static int compare_values(struct verify_session *session, size_t from, size_t count,
                          struct error *err)
{
    struct recheck_row rows[VALUE_LOOKS];
    if (sink_look(session->sink, SINK_LOOK_VALUE, &session->looks[from], count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct window_row *row = &session->window->rows[session->rows_of_looks[from + i]];
        struct value_digest digest = value_digest_of(session->looks[from + i].value);
        rows[i] = (struct recheck_row){.family_index = row->family_index,
                                       .id = row->id,
                                       .digest_high = digest.high,
                                       .digest_low = digest.low};
    }
    if (recheck_judge(&session->recheck, rows, count, monotonic_us(), err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct sink_look *look = &session->looks[from + i];
        session->compared_count++;
        judge_expiry(session, from + i);
        if (look->is_other_kind || rows[i].verdict != RECHECK_FRESH) {
            tell(session, from + i, VALUE_DIFFERS);
        }
    }
    return 0;
}

static int verify_window(struct verify_session *session, struct error *err)
{
    size_t count;
    uint64_t warmed_before = session->warmed_count;
    if (list_expected(session, &count, err) != 0 ||
        sink_look(session->sink, SINK_LOOK_PRESENCE, session->looks, count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        judge_presence(session, i);
    }
    size_t sampled = keep_sampled(session, count, warmed_before);
    for (size_t from = 0; from < sampled; from += VALUE_LOOKS) {
        size_t left = sampled - from;
        if (compare_values(session, from, left < VALUE_LOOKS ? left : VALUE_LOOKS, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the whole */

static int verify_windows(struct verify_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct progress progress;
    enum prefetch_state state;
    progress_init(&progress, job->message->verbosity == VERBOSITY_QUIET ? NULL : stderr, "verify",
                  "keys", PROGRESS_COUNT, session->plan.identity.warm_count);
    while ((state = prefetch_take(session->prefetch, US_PER_SECOND, &session->window, err)) !=
           PREFETCH_END) {
        if (state == PREFETCH_ERROR ||
            (state == PREFETCH_WINDOW && verify_window(session, err) != 0)) {
            progress_clear(&progress);
            return -1;
        }
        if (state == PREFETCH_WINDOW) {
            prefetch_give_back(session->prefetch, session->window);
        }
        progress_update(&progress,
                        session->warmed_count + session->existed_count + session->unsettled_count,
                        NULL);
    }
    progress_clear(&progress);
    return 0;
}

static int verify_all(struct verify_session *session, struct error *err)
{
    struct prefetch_options options = {.feed = {.plan = session->plan.reader,
                                                .plan_path = session->plan.path,
                                                .config = session->job->config},
                                       .row_count_max = WINDOW_ROWS,
                                       .bytes_max = UINT64_MAX};
    session->prefetch = prefetch_start(&options, err);
    if (session->prefetch == NULL) {
        return -1;
    }
    int result = verify_windows(session, err);
    prefetch_stop(session->prefetch);
    return result;
}

static int print_verdict(const struct verify_session *session, struct error *err)
{
    uint64_t sum = 0;
    terminal_print(stdout,
                   "%" PRIu64 " warmed keys looked for, %" PRIu64 " expiries and values compared\n",
                   session->warmed_count, session->compared_count);
    if (session->existed_count > 0) {
        terminal_print(
            stdout, "%" PRIu64 " keys that the application had written: looked for, not compared\n",
            session->existed_count);
    }
    if (session->unsettled_count > 0) {
        terminal_print(stdout,
                       "%" PRIu64 " planned keys that the run has not warmed: not expected\n",
                       session->unsettled_count);
    }
    for (int i = 0; i < DIFFERENCE_COUNT; i++) {
        sum += session->differences[i];
        if (session->differences[i] > 0) {
            printf("  %12" PRIu64 " %s\n", session->differences[i], difference_texts[i]);
        }
    }
    if (sum == 0) {
        terminal_print(stdout, "no differences\n");
        return 0;
    }
    return error_set(err, ERROR_LOSSES, "%" PRIu64 " differences", sum);
}

int verify_run(const struct load_job *job, struct error *err)
{
    struct verify_session *session = calloc(1, sizeof *session);
    int result = -1;
    if (session == NULL) {
        return error_set_memory(err, "verifying");
    }
    session->job = job;
    if (run_switch_install(err) == 0 && open_session(session, err) == 0 &&
        verify_all(session, err) == 0) {
        result = print_verdict(session, err);
    }
    close_session(session);
    return result;
}
