/* rollback_run.c - the conductor of `rollback`: takes back exactly what one run has written, where it is still ours.
 * Room: loader/run. May touch: the run's folder, Redis.
 *
 * DESIGN
 *  1. The run is named by --run: taking back the wrong one is not a thing to guess. Its target must be the Redis that
 *     the config names. The plan is not needed: the journal knows key, digest and expiry of all that was written.
 *  2. The locks of a run are taken, so that nothing writes what is being removed.
 *  3. The journal, and those of the runs that `ready` has made inside the folder, are gone through: a key is removed, by
 *     compare-and-delete, if it holds our digest and our expiry; what the application has written or refilled stays.
 *     Killed, the same command goes on; the journal of the run keeps account.
 *     A run in a mode that replaces what it finds cannot be undone: it wants --delete-overwritten.
 *  4. rollback.csv tells of every key, results.csv says `rolled_back`, and `run` does not begin again without --again.
 *  The latch of the switch does not hold a rollback: it is what follows a stop. Signals do: SIGTERM, SIGINT, SIGUSR1. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/progress.h"
#include "common/terminal.h"
#include "loader/load_options.h"
#include "loader/rules/pace.h"
#include "loader/run/rollback_report.h"
#include "loader/run/run_choice.h"
#include "loader/live/run_lock.h"
#include "loader/live/run_switch.h"
#include "loader/folder/wave_plan.h"
#include "loader/warm/write_mode.h"

enum { SLICE_NS = 50 * 1000 * 1000 };

struct rollback_session {
    const struct load_job *job;
    struct run_folder folder;
    struct sink *sink;
    struct run_lock lock;
    struct run_switch run_switch;
    struct pace pace;
    struct progress progress;
    uint64_t after_rank, until_rank; /* of --wave; until 0: all */
    uint64_t looked_count;
    uint64_t counts[ROLLBACK_VERDICT_COUNT]; /* over all folders */
};

/* ---- opening */

static int check_target(const struct rollback_session *session, struct error *err)
{
    const char *target = session->folder.manifest.target;
    if (strcmp(target, sink_name(session->sink)) == 0) {
        return 0;
    }
    return error_set(err, ERROR_INPUT, "%s was loaded into %s, and the config names %s",
                     session->folder.name, target, sink_name(session->sink));
}

static int choose_wave(struct rollback_session *session, struct error *err)
{
    struct wave_plan waves;
    uint64_t wave = session->job->options->wave;
    if (wave == 0) {
        return 0;
    }
    if (wave_plan_load(&waves, &session->folder, err) < 0) {
        return -1;
    }
    if (wave > (uint64_t)waves.count) {
        return error_set(err, ERROR_USAGE, "--wave %" PRIu64 ": %s has %d waves", wave,
                         session->folder.name, waves.count);
    }
    session->after_rank = wave > 1 ? waves.end_ranks[wave - 2] : 0;
    session->until_rank = waves.end_ranks[wave - 1];
    return 0;
}

/* What was replaced cannot be brought back: removing is then a decision of its own. */
static int check_mode(const struct rollback_session *session, struct error *err)
{
    enum sink_mode mode;
    if (write_mode_recall(&session->folder, &mode, err) != 0) {
        return -1;
    }
    if (mode == SINK_NX || session->job->options->is_deleting_overwritten ||
        session->job->options->is_dry_run) {
        return 0;
    }
    return error_set(err, ERROR_INPUT,
                     "%s has replaced values that stood there (--mode): they cannot be brought "
                     "back; --delete-overwritten removes what it wrote all the same",
                     session->folder.name);
}

static int open_session(struct rollback_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    bool is_dry = job->options->is_dry_run;
    struct sink_options options = {.kind = is_dry ? SINK_DRY_RUN : SINK_REDIS,
                                   .redis = &job->redis,
                                   .patience_ms = job->config->patience_ms,
                                   .stop = run_switch_abort_flag()};
    if (job->options->run == NULL) {
        return error_set(err, ERROR_USAGE,
                         "--run DIR is missing: which run is to be taken back? `rekindle-load "
                         "status` lists them");
    }
    if (run_choice_open(&session->folder, job, err) != 0 || choose_wave(session, err) != 0 ||
        check_mode(session, err) != 0 ||
        (!is_dry && run_lock_take_host(&session->lock, &job->redis, err) != 0) ||
        (session->sink = sink_open(&options, err)) == NULL || check_target(session, err) != 0) {
        return -1;
    }
    uint64_t rows = job->options->rows_per_second;
    rows = rows == LOAD_ROWS_NOT_GIVEN ? 0 : rows; /* [pace] is for loads: this is in a hurry */
    pace_init(&session->pace, rows, monotonic_us());
    run_switch_init(&session->run_switch, NULL, NULL);
    bool is_quiet = job->message->verbosity == VERBOSITY_QUIET;
    progress_init(&session->progress, is_quiet ? NULL : stderr, "roll back", "keys", PROGRESS_COUNT,
                  0);
    return is_dry ? 0 : run_lock_take_lease(&session->lock, &job->redis, monotonic_us(), err);
}

static void close_session(struct rollback_session *session)
{
    progress_clear(&session->progress);
    run_lock_release(&session->lock);
    sink_close(session->sink);
}

/* ---- between two batches */

static int obey(struct rollback_session *session, struct error *err)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    for (;;) {
        int64_t now_us = monotonic_us();
        enum run_wish wish = run_switch_look(&session->run_switch, now_us);
        if (wish == WISH_STOP) {
            return error_set(err, ERROR_STOPPED, "%s; the same command goes on",
                             session->run_switch.why);
        }
        if (run_lock_renew(&session->lock, now_us, err) != 0) {
            return -1;
        }
        if (wish == WISH_RUN) {
            return 0;
        }
        nanosleep(&slice, NULL);
    }
}

static int beat(void *context, size_t key_count, struct error *err)
{
    struct rollback_session *session = context;
    for (uint64_t left = key_count; left > 0;) {
        int64_t wait_us = 0;
        if (obey(session, err) != 0) {
            return -1;
        }
        uint64_t taken = pace_take(&session->pace, left, monotonic_us(), &wait_us);
        left -= taken;
        pace_spend(&session->pace, taken, 0, monotonic_us());
        if (taken == 0) {
            const struct timespec rest = {.tv_sec = wait_us / US_PER_SECOND,
                                          .tv_nsec = wait_us % US_PER_SECOND * NS_PER_US};
            nanosleep(&rest, NULL);
        }
    }
    session->looked_count += key_count;
    progress_update(&session->progress, session->looked_count, NULL);
    return 0;
}

/* ---- one folder */

static int report(const struct rollback_session *session, const struct run_folder *folder,
                  const struct rollback_verdicts *verdicts, struct error *err)
{
    int64_t now_unix = session->job->now_unix;
    return rollback_report_write(folder, verdicts, err) == 0
               ? rollback_report_mend_results(folder, verdicts, now_unix, err)
               : -1;
}

/* For `status`: how the run stands now. What fails here is only not told. */
static void save_status(const struct run_folder *folder, const struct rollback_verdicts *verdicts)
{
    struct run_status status;
    struct error ignored = {0};
    if (run_status_load(folder, &status, &ignored) != 1) {
        return;
    }
    snprintf(status.state, sizeof status.state, "rolled back");
    snprintf(status.note, sizeof status.note,
             "%" PRIu64 " keys were removed, %" PRIu64 " stay that the application has written, "
             "%" PRIu64 " were gone; see rollback.csv",
             verdicts->counts[ROLLBACK_OURS], verdicts->counts[ROLLBACK_REWRITTEN],
             verdicts->counts[ROLLBACK_GONE]);
    status.updated_unix = (int64_t)time(NULL);
    int saved = run_status_save(folder, &status, &ignored);
    (void)saved;
}

static int roll_back(struct rollback_session *session, const struct run_folder *folder,
                     struct error *err)
{
    bool is_dry = session->job->options->is_dry_run;
    struct rollback_verdicts verdicts = {0};
    struct rollback_pass pass = {.folder = folder,
                                 .after_rank = session->after_rank,
                                 .until_rank = session->until_rank,
                                 .sink = session->sink,
                                 .is_dry = is_dry,
                                 .beat = beat,
                                 .context = session};
    int result = rollback_pass_run(&pass, &verdicts, err);
    for (int i = 0; i < ROLLBACK_VERDICT_COUNT; i++) {
        session->counts[i] += verdicts.counts[i];
    }
    if (result == 0 && !is_dry) {
        result = report(session, folder, &verdicts, err);
        save_status(folder, &verdicts);
    }
    rollback_verdicts_free(&verdicts);
    return result;
}

/* The runs of `ready` inside the folder, then the run itself: it is the last to be called rolled back. */
static int roll_back_all(struct rollback_session *session, struct error *err)
{
    enum { NAME_SIZE = 32 };
    char name[NAME_SIZE], path[RUN_PATH_SIZE];
    struct run_folder part;
    for (unsigned number = 1;; number++) {
        snprintf(name, sizeof name, "ready-%u", number);
        if (access(run_folder_file(&session->folder, name, path), F_OK) != 0) {
            break;
        }
        if (run_folder_load(&part, path, err) != 0 || roll_back(session, &part, err) != 0) {
            return -1;
        }
    }
    return roll_back(session, &session->folder, err);
}

static void print_summary(const struct rollback_session *session)
{
    bool is_dry = session->job->options->is_dry_run;
    terminal_print(stdout, "%s%s\n", session->folder.name,
                   is_dry ? ": nothing was removed (--dry-run)" : "");
    printf("  %12" PRIu64 " %s\n", session->counts[ROLLBACK_OURS],
           is_dry ? "would be removed: still as the run wrote them" : "removed");
    printf("  %12" PRIu64 " stay: the application has written or refilled them\n",
           session->counts[ROLLBACK_REWRITTEN]);
    printf("  %12" PRIu64 " were gone already\n", session->counts[ROLLBACK_GONE]);
    if (!is_dry) {
        terminal_print(stdout, "report: %s/rollback.csv\n", session->folder.path);
    }
}

int rollback_run(const struct load_job *job, struct error *err)
{
    struct rollback_session session = {.job = job};
    run_lock_init(&session.lock);
    int result = -1;
    if (run_switch_install(err) == 0 && open_session(&session, err) == 0) {
        result = roll_back_all(&session, err);
        progress_clear(&session.progress);
        if (result == 0 || err->kind == ERROR_STOPPED) {
            print_summary(&session);
        }
    }
    close_session(&session);
    return result;
}
