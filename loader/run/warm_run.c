/* warm_run.c - the conductor of `run`: from a checked plan to keys in Redis and an outcome for every row.
 * Room: loader/run. May touch: everything of the loader.
 * Promises: what stands in Redis at the end does not depend on how often the run was interrupted.
 *
 * DESIGN
 *  1. The plan is read and every row checked against the config: a plan that cannot be right warms nothing.
 *  2. The target is locked on this host, and later by a lease in Redis: a second run is kept out. The target's name,
 *     with the plan's digest, names the run's folder. A folder that is there is the same run: it is resumed.
 *  3. The journal is read: rows up to the last done are settled. Keys of an intent without a done are looked at: with
 *     the digest and the expiry of the intent they are ours, and are written and looked at again like all others.
 *     If the first keys of the run are gone, Redis was lost since, and resuming would report as warm what is not.
 *  4. One thread reads windows of the plan and fetches their values, in primary-key order; this one writes the window
 *     before, in rank order, with the expiry past the end of the event: intent to disk, commands, second look at the
 *     source, done to disk. The order in the journal is strict: a window's done comes before the next one's intent.
 *  5. At the end, and after every stop, results.csv is written from journal and plan.
 *
 * What is retried: sink and source retry lost connections for a while by themselves; nothing else is retried here.
 * What a crash leaves behind: the folder, at most one open intent, a lease that this host may take over at once. */
#include "loader/run/load_job.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/units.h"
#include "loader/load_options.h"
#include "loader/run/checked_plan.h"
#include "loader/run/prefetch.h"
#include "loader/run/results_writer.h"
#include "loader/run/run_report.h"
#include "loader/run/still_there.h"
#include "loader/run/warm_writer.h"

enum { WINDOW_BYTES_MAX = 12 << 20, TAKE_WAIT_US = 100000 };

/* Everything that a run holds open; all zero holds nothing. */
struct warm_session {
    const struct load_job *job;
    struct checked_plan plan;
    struct sink *sink;
    struct run_folder folder;
    struct run_lock lock;
    struct journal *journal;
    struct journal_survey survey;
    struct owned_keys owned;
    struct source_set fetch_sources, recheck_sources;
    struct recheck recheck;
    struct pulse pulse;
    struct warm_writer *writer;
    struct prefetch *prefetch;
    bool is_finished_before; /* an earlier session settled all rows */
};

/* ---- opening */

static int open_journal(struct warm_session *session, struct error *err)
{
    char path[RUN_PATH_SIZE];
    const struct run_manifest *manifest = &session->folder.manifest;
    struct journal_begin begin = {.plan_digest = slice_of(manifest->plan_digest),
                                  .target = slice_of(manifest->target)};
    run_folder_file(&session->folder, "journal", path);
    session->journal = journal_open(path, &begin, &session->survey, err);
    if (session->journal == NULL) {
        return -1;
    }
    if (session->survey.torn_size > 0) {
        message_note(session->job->message,
                     "%s: cut off %" PRIu64 " bytes of a record that was never finished", path,
                     session->survey.torn_size);
    }
    session->is_finished_before = session->survey.done_rank >= session->plan.identity.last_rank;
    return 0;
}

/* Steps 1 to 3, but for the look at open intents. */
static int open_target(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct run_manifest manifest;
    struct sink_options options = {
        .kind = SINK_REDIS, .redis = &job->redis, .stop = run_switch_abort_flag()};
    if (checked_plan_open(&session->plan, job, err) != 0 ||
        run_lock_take_host(&session->lock, &job->redis, err) != 0 ||
        (session->sink = sink_open(&options, err)) == NULL) {
        return -1;
    }
    checked_plan_fill_manifest(&session->plan, job, sink_name(session->sink), &manifest);
    if (run_folder_open(&session->folder, job->options->run, job->config->run_dir, &manifest,
                        err) != 0) {
        return -1;
    }
    return open_journal(session, err);
}

static void start_pulse(struct warm_session *session)
{
    const struct load_job *job = session->job;
    const struct plan_identity *identity = &session->plan.identity;
    struct pulse *pulse = &session->pulse;
    uint64_t rows_per_second = job->options->rows_per_second;
    if (rows_per_second == 0) {
        rows_per_second = (uint64_t)job->config->pace_rows_per_second;
    }
    *pulse = (struct pulse){
        .folder = &session->folder,
        .lock = &session->lock,
        .totals = {.tally = session->survey.tally,
                   .value_bytes = session->survey.value_bytes,
                   .benefit_ms = session->survey.benefit_ms},
        .warm_count = identity->warm_count,
        .benefit_ms = identity->benefit_ms,
    };
    pace_init(&pulse->pace, rows_per_second, monotonic_us());
    bool is_quiet = job->message->verbosity == VERBOSITY_QUIET;
    uint64_t settled = outcome_tally_sum(&session->survey.tally);
    uint64_t left = identity->warm_count > settled ? identity->warm_count - settled : 0;
    progress_init(&pulse->progress, is_quiet ? NULL : stderr, "warm", NULL, PROGRESS_COUNT, left);
    pulse_start(pulse, job->config->run_dir);
}

static int open_sources(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    const bool *needed = session->plan.is_family_needed;
    if (source_set_open(&session->fetch_sources, job->config, needed, run_switch_stop_flag(), NULL,
                        err) != 0) {
        return -1;
    }
    if (job->options->is_recheck_off) {
        return 0;
    }
    return source_set_open(&session->recheck_sources, job->config, needed, run_switch_abort_flag(),
                           NULL, err);
}

static int load_owned(struct warm_session *session, struct error *err)
{
    char path[RUN_PATH_SIZE];
    run_folder_file(&session->folder, "journal", path);
    /* An application deletes some of its keys all the time; half of them means that Redis has lost them. */
    static const double LOST_SHARE = 0.5;
    if ((session->survey.done_count > 0 &&
         still_there_check(path, &session->survey, session->sink, LOST_SHARE, ERROR_BACKEND, err) !=
             0) ||
        owned_keys_load(&session->owned, path, &session->survey, session->sink, err) != 0) {
        return -1;
    }
    if (session->survey.done_rank > 0 || session->survey.intent_count > 0) {
        message_note(session->job->message,
                     "resuming %s: %" PRIu64 " keys are settled, %zu more were under way and are "
                     "ours",
                     session->folder.name, outcome_tally_sum(&session->survey.tally),
                     session->owned.count);
    }
    return 0;
}

static struct warm_writer *open_writer(struct warm_session *session, struct error *err)
{
    const struct run_manifest *manifest = &session->folder.manifest;
    recheck_init(&session->recheck, &session->recheck_sources);
    struct warm_writer_options options = {
        .config = session->job->config,
        .message = session->job->message,
        .sink = session->sink,
        .pulse = &session->pulse,
        .journal = session->journal,
        .recheck = session->job->options->is_recheck_off ? NULL : &session->recheck,
        .owned = &session->owned,
        .window_end_unix = manifest->window_end_unix + manifest->clock_shift_second,
        .clock_shift_second = manifest->clock_shift_second,
    };
    return warm_writer_new(&options, err);
}

static struct prefetch *open_prefetch(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    uint64_t ranks = job->options->window_ranks > 0 ? job->options->window_ranks
                                                    : (uint64_t)job->config->window_ranks;
    struct prefetch_options options = {
        .feed = {.plan = session->plan.reader,
                 .plan_path = session->plan.path,
                 .config = job->config,
                 .after_rank = session->survey.done_rank},
        .sources = &session->fetch_sources,
        .row_count_max = (size_t)ranks,
        .bytes_max = WINDOW_BYTES_MAX,
    };
    return prefetch_start(&options, err);
}

static void close_session(struct warm_session *session)
{
    warm_writer_free(session->writer);
    recheck_free(&session->recheck);
    source_set_close(&session->fetch_sources);
    source_set_close(&session->recheck_sources);
    owned_keys_free(&session->owned);
    journal_close(session->journal);
    journal_survey_free(&session->survey);
    if (atomic_load(run_switch_abort_flag()) != 0) {
        run_lock_abandon(&session->lock);
    } else {
        run_lock_release(&session->lock);
    }
    sink_close(session->sink);
    checked_plan_close(&session->plan);
}

/* ---- the loop */

/* Keys that were written before a restart may be gone: what is left must not be reported as a whole. */
static int check_restart(const struct warm_session *session, struct error *err)
{
    if (sink_account(session->sink).restart_count == 0) {
        return 0;
    }
    return error_set(err, ERROR_BACKEND,
                     "%s was restarted while it was being loaded, so keys that were warm may be "
                     "gone; `rekindle-load verify` counts them, and a run in a new folder (--run) "
                     "writes them again",
                     sink_name(session->sink));
}

/* The next window, beating while it is fetched. */
static enum prefetch_state wait_for_window(struct warm_session *session,
                                           struct load_window **window, struct error *err)
{
    struct pulse *pulse = &session->pulse;
    for (;;) {
        int64_t before_us = monotonic_us();
        enum prefetch_state state = prefetch_take(session->prefetch, TAKE_WAIT_US, window, err);
        pace_account(&pulse->pace, THROTTLE_SOURCE, monotonic_us() - before_us);
        if (state == PREFETCH_ERROR && err->kind == ERROR_STOPPED) {
            int beaten = pulse_beat(pulse, err); /* says which stop it was */
            (void)beaten;
        }
        if (state != PREFETCH_NOT_YET) {
            return state;
        }
        if (pulse_beat(pulse, err) != 0) {
            return PREFETCH_ERROR;
        }
    }
}

static int write_windows(struct warm_session *session, struct error *err)
{
    struct load_window *window = NULL;
    enum prefetch_state state;
    while ((state = wait_for_window(session, &window, err)) == PREFETCH_WINDOW) {
        int result = warm_writer_write(session->writer, window, err);
        if (result == 0) {
            result = check_restart(session, err);
        }
        prefetch_give_back(session->prefetch, window);
        if (result != 0) {
            return -1;
        }
    }
    return state == PREFETCH_END ? 0 : -1;
}

static int warm(struct warm_session *session, struct error *err)
{
    if (run_lock_take_lease(&session->lock, &session->job->redis, monotonic_us(), err) != 0 ||
        open_sources(session, err) != 0 || load_owned(session, err) != 0 ||
        (session->writer = open_writer(session, err)) == NULL ||
        (session->prefetch = open_prefetch(session, err)) == NULL) {
        return -1;
    }
    int result = write_windows(session, err);
    if (result != 0) {
        run_switch_raise_stop(); /* so that fetching ahead ends soon */
    }
    prefetch_stop(session->prefetch);
    session->prefetch = NULL;
    return result;
}

/* ---- the end */

static int judge_losses(const struct warm_session *session, const struct outcome_tally *tally,
                        struct error *err)
{
    uint64_t losses = outcome_tally_losses(tally);
    double most = session->job->options->max_loss_share;
    static const double PERCENT = 100;
    if ((double)losses <= most * (double)session->plan.identity.warm_count) {
        return 0;
    }
    return error_set(err, ERROR_LOSSES,
                     "%" PRIu64 " of %" PRIu64 " planned keys are missing in the source or failed, "
                     "more than --max-loss-share %g%%; results.csv in %s tells which",
                     losses, session->plan.identity.warm_count, most * PERCENT,
                     session->folder.path);
}

static const char *end_state(const struct error *err)
{
    if (err->kind == ERROR_NONE || err->kind == ERROR_LOSSES) {
        return "finished";
    }
    return err->kind == ERROR_STOPPED ? "stopped" : "failed";
}

static bool has_results(const struct warm_session *session)
{
    char path[RUN_PATH_SIZE];
    FILE *file = fopen(run_folder_file(&session->folder, "results.csv", path), "r");
    if (file == NULL) {
        return false;
    }
    fclose(file);
    return true;
}

/* A run that was finished before: nothing is sent, nothing is written but what is missing. */
static int say_nothing_to_do(struct warm_session *session, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct outcome_tally tally = session->survey.tally;
    if (!has_results(session) &&
        results_writer_write(&session->folder, session->plan.reader, &tally, err) != 0) {
        return -1;
    }
    if (still_there_check(run_folder_file(&session->folder, "journal", path), &session->survey,
                          session->sink, session->job->options->max_loss_share, ERROR_LOSSES,
                          err) != 0) {
        return -1;
    }
    printf("already warm: nothing to do (%s, %" PRIu64 " keys settled)\n", session->folder.path,
           outcome_tally_sum(&tally));
    return judge_losses(session, &tally, err);
}

/* Results and summary, whatever way the loop ended; `err` keeps how it ended. */
static int finish(struct warm_session *session, int result, struct error *err)
{
    struct outcome_tally tally = {0};
    struct error later = {0};
    double second = (double)(monotonic_us() - session->pulse.started_us) / US_PER_SECOND;
    progress_clear(&session->pulse.progress);
    int written = results_writer_write(&session->folder, session->plan.reader, &tally, &later);
    if (written == 0) {
        run_report_print(stdout, &session->pulse, &tally, second);
        printf("results: %s/results.csv\n", session->folder.path);
    }
    if (result == 0 && written == 0) {
        result = judge_losses(session, &tally, &later);
    }
    if (err->kind == ERROR_NONE && (written != 0 || result != 0)) {
        *err = later;
        result = -1;
    }
    if (err->kind == ERROR_STOPPED &&
        run_switch_look(&session->pulse.run_switch, monotonic_us()) == WISH_STOP) {
        error_set(err, ERROR_STOPPED, "%s; the same command resumes",
                  session->pulse.run_switch.why);
    }
    pulse_end(&session->pulse, end_state(err), err->kind == ERROR_NONE ? "" : err->text);
    return result;
}

int warm_run(const struct load_job *job, struct error *err)
{
    struct warm_session session = {.job = job};
    int result = -1;
    run_lock_init(&session.lock);
    if (run_switch_install(err) != 0 || open_target(&session, err) != 0) {
        goto done;
    }
    if (session.is_finished_before) {
        result = say_nothing_to_do(&session, err);
        goto done;
    }
    message_note(job->message, "run %s", session.folder.path);
    start_pulse(&session);
    result = finish(&session, warm(&session, err), err);
done:
    close_session(&session);
    return result;
}
