/* ready_session.c - see ready_session.h.
 * Room: loader/run. May touch: the plan, the journal, Redis (looking only), `ready-plan.csv` in the run's folder. */
#include "loader/run/ready_session.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/progress.h"
#include "loader/load_options.h"
#include "loader/live/run_switch.h"

/* ---- opening */

static int open_run(struct ready_session *session, struct error *err)
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
    if (found == 0) {
        return error_set(err, ERROR_INPUT,
                         "there is no run of this plan and target in %s: `rekindle-load run` with "
                         "the same --plan makes one",
                         job->config->run_dir);
    }
    const struct run_manifest *run = &session->folder.manifest;
    session->window_end_unix_ms = (run->window_end_unix + run->clock_shift_second) * MS_PER_SECOND;
    if (journal_survey_read(run_folder_file(&session->folder, "journal", path), NULL,
                            &session->survey, err) != 0) {
        return -1;
    }
    if (session->survey.is_rolled_back) {
        return error_set(err, ERROR_STOPPED,
                         "%s was rolled back: there is nothing to be ready; `rekindle-load run "
                         "--again` warms its plan anew",
                         session->folder.name);
    }
    session->settled = settled_rows_open(path, &session->survey, err);
    return session->settled == NULL ? -1 : 0;
}

int ready_session_open(struct ready_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct sink_options sink_options = {.kind = SINK_DRY_RUN,
                                        .redis = &job->redis,
                                        .patience_ms = job->config->patience_ms,
                                        .stop = run_switch_stop_flag()};
    if (checked_plan_open_wide(&session->plan, job, err) != 0 ||
        (session->sink = sink_open(&sink_options, err)) == NULL || open_run(session, err) != 0) {
        return -1;
    }
    const struct plan_identity *identity = &session->plan.identity;
    ready_coverage_init(&session->coverage, identity->benefit_ms, identity->warm_count);
    run_folder_file(&session->folder, "ready-plan.csv", session->missing_path);
    session->missing = plan_writer_open(session->missing_path, err);
    return session->missing == NULL ? -1 : 0;
}

void ready_session_close(struct ready_session *session)
{
    plan_writer_abandon(session->missing);
    settled_rows_close(session->settled);
    journal_survey_free(&session->survey);
    sink_close(session->sink);
    checked_plan_close(&session->plan);
    arena_free(&session->text);
    free(session->tenths);
    free(session);
}

/* ---- the first look */

static int remember_tenth(struct ready_session *session, int tenth, struct error *err)
{
    enum { CAPACITY_MIN = 4096 };
    if (session->missing_count == session->tenth_capacity) {
        size_t capacity = session->tenth_capacity == 0 ? CAPACITY_MIN : 2 * session->tenth_capacity;
        signed char *tenths = realloc(session->tenths, capacity);
        if (tenths == NULL) {
            return error_set_memory(err, "listing what is missing");
        }
        session->tenths = tenths;
        session->tenth_capacity = capacity;
    }
    session->tenths[session->missing_count++] = (signed char)tenth;
    return 0;
}

static int judge_row(struct ready_session *session, size_t index, struct error *err)
{
    const struct ready_waiting *waiting = &session->rows[index];
    const struct sink_look *look = &session->looks[index];
    struct ready_row row = {.benefit_ms = waiting->row.benefit_ms, .is_present = look->is_present};
    row.is_early = look->is_present && look->expire_unix_ms != SINK_EXPIRY_NONE &&
                   look->expire_unix_ms < session->window_end_unix_ms;
    int tenth = ready_coverage_add(&session->coverage, &row);
    if (look->is_present || !waiting->is_lost) {
        return 0;
    }
    if (remember_tenth(session, tenth, err) != 0) {
        return -1;
    }
    return plan_writer_append(session->missing, &waiting->row, err);
}

/* The highest ranks that are there, until --touch is used up. */
static int touch(struct ready_session *session, struct error *err)
{
    uint64_t left = session->job->options->touch_count - session->touched_count;
    size_t count = session->count < left ? session->count : (size_t)left;
    if (count == 0) {
        return 0;
    }
    if (sink_look(session->sink, SINK_LOOK_TOUCH, session->looks, count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        session->touched_count += session->looks[i].is_present;
    }
    return 0;
}

static int look_at_rows(struct ready_session *session, struct error *err)
{
    if (touch(session, err) != 0 ||
        sink_look(session->sink, SINK_LOOK_EXPIRY, session->looks, session->count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < session->count; i++) {
        if (judge_row(session, i, err) != 0) {
            return -1;
        }
    }
    session->count = 0;
    arena_clear(&session->text);
    return 0;
}

static int keep_text(struct ready_session *session, struct slice *text, struct error *err)
{
    *text = arena_copy(&session->text, *text);
    return text->bytes == NULL ? error_set_memory(err, "reading the plan") : 0;
}

static int take_row(struct ready_session *session, const struct plan_row *row, struct error *err)
{
    int64_t at_unix;
    struct journal_done_row settled = {.outcome = OUTCOME_NOT_REACHED};
    if (settled_rows_find(session->settled, row->rank, &settled, &at_unix, err) < 0) {
        return -1;
    }
    if (!ready_coverage_is_warmable(settled.outcome)) {
        ready_coverage_pass(&session->coverage, row->benefit_ms);
        return 0;
    }
    struct ready_waiting *waiting = &session->rows[session->count];
    *waiting = (struct ready_waiting){*row, ready_coverage_is_lost(settled.outcome)};
    if (keep_text(session, &waiting->row.id, err) != 0 ||
        keep_text(session, &waiting->row.family, err) != 0 ||
        keep_text(session, &waiting->row.key, err) != 0 ||
        keep_text(session, &waiting->row.reason, err) != 0 ||
        keep_text(session, &waiting->row.event, err) != 0) {
        return -1;
    }
    session->looks[session->count++] =
        (struct sink_look){.key = waiting->row.key, .kind = RECORD_STRING};
    return session->count == READY_LOOK_COUNT ? look_at_rows(session, err) : 0;
}

static int look_at_plan(struct ready_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct progress progress;
    struct plan_row row;
    uint64_t done = 0;
    int more;
    progress_init(&progress, job->message->verbosity == VERBOSITY_QUIET ? NULL : stderr, "look",
                  "keys", PROGRESS_COUNT, session->plan.identity.warm_count);
    while ((more = plan_reader_next(session->plan.reader, &row, err)) == 1) {
        if (row.action == PLAN_SKIP) {
            continue;
        }
        if (take_row(session, &row, err) != 0) {
            more = -1;
            break;
        }
        progress_update(&progress, ++done, NULL);
    }
    progress_clear(&progress);
    return more < 0 ? -1 : look_at_rows(session, err);
}

static int close_missing_plan(struct ready_session *session, struct error *err)
{
    struct plan_writer *writer = session->missing;
    session->missing = NULL;
    if (session->missing_count > 0) {
        return plan_writer_close(writer, err);
    }
    plan_writer_abandon(writer);
    return 0;
}

int ready_session_look_at_all(struct ready_session *session, struct error *err)
{
    return look_at_plan(session, err) == 0 ? close_missing_plan(session, err) : -1;
}

/* ---- the second look */

/* Looks at the rows [first, first + count) of the missing ones. */
static int count_rewarmed(struct ready_session *session, uint64_t first, struct error *err)
{
    if (sink_look(session->sink, SINK_LOOK_PRESENCE, session->looks, session->count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < session->count; i++) {
        if (session->looks[i].is_present) {
            ready_coverage_rewarm(&session->coverage, session->tenths[first + i],
                                  session->rows[i].row.benefit_ms);
        }
    }
    session->count = 0;
    arena_clear(&session->text);
    return 0;
}

int ready_session_look_again(struct ready_session *session, struct error *err)
{
    struct checked_plan missing;
    struct load_options options = *session->job->options;
    struct load_job job = *session->job;
    struct plan_row row;
    uint64_t first = 0;
    options.plan = session->missing_path;
    job.options = &options;
    if (checked_plan_open(&missing, &job, err) != 0) {
        return -1;
    }
    int more;
    while ((more = plan_reader_next(missing.reader, &row, err)) == 1) {
        session->rows[session->count].row.benefit_ms = row.benefit_ms;
        session->looks[session->count].key = row.key;
        if (keep_text(session, &session->looks[session->count].key, err) != 0) {
            more = -1;
            break;
        }
        if (++session->count == READY_LOOK_COUNT) {
            if (count_rewarmed(session, first, err) != 0) {
                more = -1;
                break;
            }
            first += READY_LOOK_COUNT;
        }
    }
    checked_plan_close(&missing);
    return more < 0 ? -1 : count_rewarmed(session, first, err);
}
