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
 *     If keys that the run calls warm are gone, Redis was lost since: the journal takes that down, nothing counts as
 *     settled any more, and the whole plan is warmed again. The same when Redis is restarted in mid-load.
 *  4. One thread reads windows of the plan, fetches their values in primary-key order, and brings their intents to the
 *     disk; this one writes the window before, in rank order, with the expiry past the end of the event: commands, second
 *     look at the source, done. A done is in the file before the next window's first command, and on the disk with a
 *     later intent: a kill has one window looked at and written again, a power cut perhaps the settled one before it.
 *     A batch is written again when a server was replaced in the middle of it, and settled only when a replica has it
 *     (where there are replicas); after a failover all keys that were warm are looked for.
 *  5. A run that settles the whole plan in one go writes results.csv while it goes on (results_feed); at every other end
 *     it is written from journal and plan.
 *
 * What is retried: sink and source retry lost connections for a while by themselves; nothing else is retried here.
 * What a crash leaves behind: the folder, at most one open intent, a lease that this host may take over at once. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <time.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "loader/load_options.h"
#include "loader/warm/lost_keys.h"
#include "loader/warm/bucket_plan.h"
#include "loader/run/warm_end.h"
#include "loader/warm/warm_session.h"
#include "loader/warm/write_mode.h"

enum { TAKE_WAIT_US = 100000 };

static int declare_lost(struct warm_session *session, const struct lost_keys *lost,
                        struct error *err)
{
    session->pulse.totals = (struct run_totals){0};
    if (journal_declare_lost(session->journal, &session->survey, (int64_t)time(NULL), err) != 0) {
        return -1;
    }
    return error_set(err, ERROR_BACKEND,
                     "%s was restarted, or replaced by its replica, while it was being loaded: of "
                     "%" PRIu64 " keys that were warm %" PRIu64 " are gone; none counts as warm "
                     "now, and the same command writes them again",
                     sink_name(session->sink), lost->warmed_count, lost->gone_count);
}

/* Keys that were warm before a restart or a failover may be gone: then what is left must not be reported as a whole.
 * Some keys are always gone, as the application deletes them; but where no replica had confirmed ours, one is enough. */
static int check_restart(struct warm_session *session, struct error *err)
{
    struct sink_account account = sink_account(session->sink);
    char path[RUN_PATH_SIZE];
    struct lost_keys lost;
    if (account.restart_count == session->checked_restart_count) {
        return 0;
    }
    session->checked_restart_count = account.restart_count;
    run_folder_file(&session->folder, "journal", path);
    if (lost_keys_count(path, session->sink, &lost, err) != 0) {
        return -1;
    }
    double share = account.unconfirmed_count > 0 ? 0 : session->job->options->max_loss_share;
    if ((double)lost.gone_count > share * (double)lost.warmed_count) {
        return declare_lost(session, &lost, err);
    }
    message_warn(session->job->message,
                 "%s was restarted, or replaced by its replica: of %" PRIu64 " keys that were warm "
                 "%" PRIu64 " are gone",
                 sink_name(session->sink), lost.warmed_count, lost.gone_count);
    return 0;
}

/* The nearer the deadline, the less is fetched ahead. What is written in parts has an intent for each. */
static void limit_next_window(const struct warm_session *session)
{
    const struct deadline *deadline = &session->bounds.deadline;
    size_t most = session->window_ranks;
    size_t paced = pulse_window_rows(&session->pulse, most);
    prefetch_limit_rows(session->prefetch, deadline_window_rows(deadline, paced, monotonic_us()));
    prefetch_write_ahead(session->prefetch, pulse_batch_rows(&session->pulse, most) == most);
}

/* The next window, beating while it is fetched. */
static enum prefetch_state wait_for_window(struct warm_session *session,
                                           struct load_window **window, struct error *err)
{
    struct pulse *pulse = &session->pulse;
    for (;;) {
        int64_t before_us = monotonic_us();
        enum prefetch_state state = prefetch_take(session->prefetch, TAKE_WAIT_US, window, err);
        pace_account(&pulse->pace, pulse_source_reason(pulse), monotonic_us() - before_us);
        if (state == PREFETCH_ERROR && err->kind == ERROR_STOPPED) {
            int beaten = pulse_beat(pulse, err); /* says which stop it was */
            (void)beaten;
        }
        if (state != PREFETCH_NOT_YET) {
            return state;
        }
        if (journal_sync(session->journal, err) != 0 || pulse_beat(pulse, err) != 0 ||
            load_bounds_look(&session->bounds, pulse, err) != 0) {
            return PREFETCH_ERROR;
        }
    }
}

static void give_back(struct warm_session *session, struct load_window *window, bool is_settled)
{
    if (is_settled && session->results != NULL) {
        results_feed_put(session->results, window, session->prefetch);
    } else {
        prefetch_give_back(session->prefetch, window);
    }
}

static int write_windows(struct warm_session *session, struct error *err)
{
    struct load_window *window = NULL;
    enum prefetch_state state;
    while ((state = wait_for_window(session, &window, err)) == PREFETCH_WINDOW) {
        int result = load_bounds_look(&session->bounds, &session->pulse, err);
        if (result == 0) {
            result = warm_writer_write(session->writer, window, err);
        }
        if (result == 0) {
            result = check_restart(session, err);
        }
        run_image_take(&session->image, window);
        limit_next_window(session);
        give_back(session, window, result == 0);
        if (result != 0) {
            return -1;
        }
    }
    return state == PREFETCH_END ? journal_sync(session->journal, err) : -1;
}

/* One wave; its last rank is settled afterwards. */
static int write_wave(struct warm_session *session, int wave, uint64_t after_rank,
                      struct error *err)
{
    if (warm_session_open_wave(session, wave, after_rank, err) != 0) {
        return -1;
    }
    int result = write_windows(session, err);
    if (result != 0) {
        run_switch_raise_stop(); /* so that fetching ahead ends soon */
    }
    warm_session_close_wave(session);
    return result;
}

static int soak(struct warm_session *session, int wave, struct error *err)
{
    struct wave_soak soak = {.pulse = &session->pulse,
                             .bounds = &session->bounds,
                             .message = session->job->message,
                             .soak_second = session->job->options->soak_second,
                             .on_unhealthy = session->on_unhealthy,
                             .wave = wave,
                             .wave_count = session->waves.count};
    return wave_soak_run(&soak, err);
}

/* What was interrupted while it soaked soaks again. */
static int write_waves(struct warm_session *session, struct error *err)
{
    const struct wave_plan *waves = &session->waves;
    uint64_t done_rank = session->survey.done_rank;
    for (int wave = wave_plan_next(waves, done_rank); wave < waves->count; wave++) {
        if (wave_plan_is_between(waves, done_rank) && soak(session, wave, err) != 0) {
            session->bad_wave = err->kind == ERROR_NO_GO ? wave : 0;
            return -1;
        }
        if (write_wave(session, wave, done_rank, err) != 0) {
            return -1;
        }
        done_rank = waves->end_ranks[wave];
    }
    return 0;
}

static int warm(struct warm_session *session, struct error *err)
{
    if (warm_session_open_writing(session, err) != 0 ||
        memory_watch_begin(&session->bounds.memory, &session->pulse, err) != 0) {
        return -1;
    }
    return write_waves(session, err);
}

static int run_plan(const struct load_job *job, struct error *err)
{
    struct warm_session session = {.job = job};
    int result = -1;
    run_lock_init(&session.lock);
    pulse_be_nice(&job->config->pace); /* reading a large plan is work, too */
    if (run_switch_install(err) != 0 || warm_session_open_target(&session, err) != 0) {
        goto done;
    }
    if (session.is_finished_before) {
        result = warm_end_say_nothing_to_do(&session, err);
        goto done;
    }
    message_note(job->message, "run %s", session.folder.path);
    if (write_mode_warning(session.mode) != NULL) {
        message_warn(job->message, "%s", write_mode_warning(session.mode));
    }
    result = warm_session_start_pulse(&session, err) == 0 ? warm(&session, err) : -1;
    result = warm_end_finish(&session, result, err);
done:
    warm_session_close(&session);
    if (session.bad_wave > 0 && session.on_unhealthy == WAVE_ROLLBACK) {
        warm_end_roll_back_wave(&session, err);
    }
    warm_end_tell(&session, err);
    return result;
}

/* A plan in the order of the users' buckets is another plan, and then a run like any other. */
static int run_by_bucket(const struct load_job *job, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct wave_plan waves;
    struct load_options options = *job->options;
    struct load_job by_bucket = *job;
    if (bucket_plan_write(job, path, sizeof path, &waves, err) != 0) {
        return -1;
    }
    options.plan = path;
    by_bucket.options = &options;
    by_bucket.waves = &waves;
    message_note(job->message, "warming in the order of %s: ready and verify take that plan", path);
    return run_plan(&by_bucket, err);
}

int warm_run(const struct load_job *job, struct error *err)
{
    bool is_by_bucket;
    if (bucket_plan_is_wanted(job->options, &is_by_bucket, err) != 0) {
        return -1;
    }
    return is_by_bucket ? run_by_bucket(job, err) : run_plan(job, err);
}
