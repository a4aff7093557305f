/* warm_session.c - see warm_session.h.
 * Room: loader/warm. May touch: everything of the loader. */
#include "loader/warm/warm_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "loader/folder/run_manner.h"
#include "loader/load_options.h"
#include "loader/warm/write_mode.h"

enum { WINDOW_BYTES_MAX = 6 << 20 };

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
    return 0;
}

/* What somebody has taken back is not warmed again because cron says so. */
static int respect_rollback(struct warm_session *session, struct error *err)
{
    if (!session->survey.is_rolled_back) {
        return 0;
    }
    if (session->job->options->is_again) {
        return journal_declare_lost(session->journal, &session->survey, session->job->now_unix,
                                    err);
    }
    return error_set(err, ERROR_STOPPED,
                     "%s was rolled back; --again warms its plan anew, and a run in a new folder "
                     "(--run) does too",
                     session->folder.name);
}

/* What is settled is so only while Redis holds it. */
static int look_back(struct warm_session *session, struct error *err)
{
    char path[RUN_PATH_SIZE];
    const struct still_there *found = &session->still_there;
    if (session->survey.done_count == 0) {
        return 0;
    }
    if (still_there_look(run_folder_file(&session->folder, "journal", path), &session->survey,
                         session->sink, &session->still_there, err) != 0) {
        return -1;
    }
    if (still_there_is_lost(found, session->job->options->is_lost)) {
        message_note(session->job->message,
                     "%" PRIu64 " of %" PRIu64 " keys that were warm are gone from %s: it has lost "
                     "them, and the whole plan is warmed again",
                     found->gone_count, found->looked_count, sink_name(session->sink));
        return journal_declare_lost(session->journal, &session->survey, session->job->now_unix,
                                    err);
    }
    session->is_finished_before = session->survey.done_rank >= session->plan.identity.last_rank;
    return 0;
}

static int set_bounds(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    session->window_ranks =
        (size_t)(job->options->window_ranks > 0 ? job->options->window_ranks
                                                : (uint64_t)job->config->window_ranks);
    session->bounds = (struct load_bounds){.curve = session->plan.curve, .message = job->message};
    return load_bounds_set_deadline(&session->bounds, job->options->deadline, job->now_unix, err);
}

/* A resumed run does not write again what it has written: if the config's families say something else by now, the plan's
 * head and its tail are of two minds, and somebody should know. */
static void tell_changed_families(const struct warm_session *session,
                                  const struct run_manifest *wanted)
{
    const char *before = session->folder.manifest.families;
    if (before[0] != '\0' && strcmp(before, wanted->families) != 0) {
        message_warn(session->job->message,
                     "the families' source, query, value or ttl were changed since this run began: "
                     "what it has written stays as it was, the rest follows the config; a run in a "
                     "new folder (--run) writes all keys anew");
    }
}

/* What guard needs to warm the plan again as this run does. */
static int note_manner(const struct warm_session *session, struct error *err)
{
    const struct load_options *options = session->job->options;
    struct run_manner manner = {.holdout_share = options->holdout_share,
                                .memory_high = options->memory_high,
                                .memory_budget_bytes = options->memory_budget_bytes,
                                .is_stale_accepted = options->is_stale_accepted,
                                .is_removal_allowed = options->is_removal_allowed};
    snprintf(manner.growth, sizeof manner.growth, "%s",
             options->growth != NULL ? options->growth : "");
    snprintf(manner.accept_eviction, sizeof manner.accept_eviction, "%s",
             options->accept_eviction != NULL ? options->accept_eviction : "");
    return run_manner_save(&session->folder, &manner, err);
}

/* Waves and mode, as rollback and status will want to know them. */
static int note_how(struct warm_session *session, struct error *err)
{
    const struct load_options *options = session->job->options;
    const struct wave_plan *known = session->job->waves;
    if (known != NULL) {
        session->waves = *known;
    } else if (wave_plan_parse(options->waves, session->plan.identity.last_rank, &session->waves,
                               err) != 0) {
        return -1;
    }
    if (wave_soak_parse_action(options->on_unhealthy, &session->on_unhealthy, err) != 0) {
        return -1;
    }
    if (write_mode_remember(&session->folder, session->mode, err) != 0 ||
        note_manner(session, err) != 0) {
        return -1;
    }
    return session->waves.count > 1 ? wave_plan_save(&session->waves, &session->folder, err) : 0;
}

int warm_session_open_target(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct run_manifest manifest;
    struct sink_options options = {.kind = SINK_REDIS,
                                   .redis = &job->redis,
                                   .patience_ms = job->config->patience_ms,
                                   .stop = run_switch_abort_flag()};
    if (checked_plan_open(&session->plan, job, err) != 0 || set_bounds(session, err) != 0 ||
        write_mode_parse(job->options->mode, job->config, session->plan.is_family_needed,
                         &session->mode, err) != 0 ||
        checked_plan_judge_expiries(&session->plan, job, &session->expiry_peak, err) != 0 ||
        run_lock_take_host(&session->lock, &job->redis, err) != 0 ||
        (session->sink = sink_open(&options, err)) == NULL ||
        sink_check_rights(session->sink, err) != 0) {
        return -1;
    }
    if (memory_watch_open(&session->bounds.memory, job, &session->plan, session->sink, err) != 0) {
        return -1;
    }
    checked_plan_fill_manifest(&session->plan, job, sink_name(session->sink), &manifest);
    if (run_folder_open(&session->folder, job->options->run, job->config->run_dir, &manifest,
                        err) != 0) {
        return -1;
    }
    tell_changed_families(session, &manifest);
    if (open_journal(session, err) != 0 || respect_rollback(session, err) != 0 ||
        look_back(session, err) != 0) {
        return -1;
    }
    memory_watch_resume(&session->bounds.memory, &session->plan, &session->survey);
    return note_how(session, err);
}

int warm_session_start_pulse(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    const struct plan_identity *identity = &session->plan.identity;
    struct pulse *pulse = &session->pulse;
    session->base = *job->config;
    session->base.pace.rows_per_second = (int64_t)load_options_rows(job->options, job->config);
    *pulse = (struct pulse){
        .folder = &session->folder,
        .lock = &session->lock,
        .metrics_path = job->config->metrics_file,
        .totals = {.tally = session->survey.tally,
                   .value_bytes = session->survey.value_bytes,
                   .benefit_ms = session->survey.benefit_ms},
        .warm_count = identity->warm_count,
        .benefit_ms = identity->benefit_ms,
        .base = &session->base,
        .message = job->message,
        .deadline_us = session->bounds.deadline.at_us,
    };
    pace_init(&pulse->pace, (uint64_t)session->base.pace.rows_per_second, monotonic_us());
    bool is_quiet = job->message->verbosity == VERBOSITY_QUIET;
    uint64_t settled = outcome_tally_sum(&session->survey.tally);
    uint64_t left = identity->warm_count > settled ? identity->warm_count - settled : 0;
    progress_init(&pulse->progress, is_quiet ? NULL : stderr, "warm", NULL, PROGRESS_COUNT, left);
    pulse_start(pulse, job->config->run_dir);
    if (run_switch_watch_keys(&pulse->run_switch, &job->redis, job->message, err) != 0) {
        return -1;
    }
    return pulse_beat(pulse, err);
}

/* The governor is there before the sources: it decides with how many connections they begin. */
static int start_watch(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct governor_watch_options options = {.config = &session->base,
                                             .redis = &job->redis,
                                             .is_family_needed = session->plan.is_family_needed,
                                             .stop = run_switch_stop_flag()};
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        source_limits_init(&session->limits[i]);
        options.limits[i] = &session->limits[i];
    }
    session->watch = governor_watch_start(&options, err);
    session->pulse.watch = session->watch;
    return session->watch == NULL ? -1 : 0;
}

static bool is_mysql_needed(const struct warm_session *session)
{
    const struct config *config = session->job->config;
    for (size_t i = 0; i < config->family_count; i++) {
        if (session->plan.is_family_needed[i] && config->families[i].source == SOURCE_MYSQL) {
            return true;
        }
    }
    return false;
}

/* Values may come from a replica, versions never do. */
static int open_sources(struct warm_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    const bool *needed = session->plan.is_family_needed;
    if (is_mysql_needed(session) && !job->options->is_stale_accepted &&
        source_replica_check_primary(job->config, err) != 0) {
        return -1;
    }
    const struct config *values = source_replica_config(job->config, &session->replica, err);
    if (values == NULL ||
        source_set_open(&session->fetch_sources, values, needed, run_switch_stop_flag(),
                        &session->limits[GOVERNOR_FETCH], err) != 0) {
        return -1;
    }
    if (job->options->is_recheck_off) {
        return 0;
    }
    return source_set_open_again(&session->recheck_sources, job->config, needed,
                                 run_switch_abort_flag(), &session->limits[GOVERNOR_RECHECK], err);
}

static int load_owned(struct warm_session *session, struct error *err)
{
    char path[RUN_PATH_SIZE];
    run_folder_file(&session->folder, "journal", path);
    if (owned_keys_load(&session->owned, path, &session->survey, session->sink, err) != 0) {
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
    session->recheck.pulse = &session->pulse;
    struct warm_writer_options options = {
        .config = session->job->config,
        .message = session->job->message,
        .sink = session->sink,
        .pulse = &session->pulse,
        .bounds = &session->bounds,
        .mode = session->mode,
        .journal = session->journal,
        .recheck = session->job->options->is_recheck_off ? NULL : &session->recheck,
        .owned = &session->owned,
        .is_ours_kept = session->survey.lost_count > 0,
        .window_end_unix = manifest->window_end_unix + manifest->clock_shift_second,
        .clock_shift_second = manifest->clock_shift_second,
    };
    return warm_writer_new(&options, err);
}

int warm_session_open_wave(struct warm_session *session, int wave, uint64_t after_rank,
                           struct error *err)
{
    const struct load_job *job = session->job;
    size_t ranks = session->window_ranks;
    struct prefetch_options options = {
        .feed = {.plan = session->plan.reader,
                 .plan_path = session->plan.path,
                 .config = job->config,
                 .after_rank = after_rank,
                 .until_rank = session->waves.end_ranks[wave],
                 .holdout =
                     holdout_of(job->options->holdout_share, session->folder.manifest.plan_digest)},
        .sources = &session->fetch_sources,
        .message = wave == 0 ? job->message : NULL,
        .filler = warm_writer_filler(session->writer),
        .journal = session->journal,
        .is_ahead = pulse_batch_rows(&session->pulse, ranks) == ranks,
        .row_count_max = ranks,
        .row_limit = deadline_window_rows(
            &session->bounds.deadline, pulse_window_rows(&session->pulse, ranks), monotonic_us()),
        .bytes_max = WINDOW_BYTES_MAX,
    };
    session->prefetch = prefetch_start(&options, err);
    return session->prefetch == NULL ? -1 : 0;
}

void warm_session_close_wave(struct warm_session *session)
{
    results_feed_drain(session->results);
    prefetch_stop(session->prefetch);
    session->prefetch = NULL;
}

/* A run that goes on where another ended has rows that it does not see: only the journal knows them. */
static void start_results(struct warm_session *session)
{
    struct error ignored = {0}; /* whatever is wrong will be so at the end, too, and is told then */
    const struct journal_survey *survey = &session->survey;
    if (survey->done_rank == 0 && survey->intent_count == 0 && survey->lost_count == 0) {
        session->results = results_feed_start(&session->folder, &ignored);
    }
}

static void open_image(struct warm_session *session)
{
    run_image_open(&session->image, session->job, &session->folder, session->survey.done_rank > 0);
    source_set_use_image(&session->fetch_sources, session->image.reader);
}

int warm_session_open_writing(struct warm_session *session, struct error *err)
{
    if (run_lock_take_lease(&session->lock, &session->job->redis, monotonic_us(), err) != 0 ||
        start_watch(session, err) != 0 || open_sources(session, err) != 0 ||
        load_owned(session, err) != 0 || (session->writer = open_writer(session, err)) == NULL) {
        return -1;
    }
    start_results(session);
    open_image(session);
    return 0;
}

void warm_session_close(struct warm_session *session)
{
    run_switch_end(&session->pulse.run_switch);
    governor_watch_stop(session->watch);
    results_feed_stop(session->results);
    warm_writer_free(session->writer);
    recheck_free(&session->recheck);
    source_set_close(&session->fetch_sources);
    run_image_close(&session->image);
    source_set_close(&session->recheck_sources);
    owned_keys_free(&session->owned);
    journal_close(session->journal);
    journal_survey_free(&session->survey);
    if (atomic_load(run_switch_abort_flag()) != 0) {
        run_lock_abandon(&session->lock);
    } else {
        run_lock_release(&session->lock);
    }
    memory_watch_close(&session->bounds.memory);
    sink_close(session->sink);
    checked_plan_close(&session->plan);
}
