/* warm_end.c - see warm_end.h.
 * Room: loader/run. May touch: the run's folder, stdout. */
#include "loader/run/warm_end.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/terminal.h"
#include "loader/load_options.h"
#include "loader/folder/cache_mark.h"
#include "loader/run/finish_hook.h"
#include "loader/folder/results_writer.h"
#include "loader/run/run_report.h"
#include "loader/run/run_summary.h"

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
    return err->kind == ERROR_STOPPED || err->kind == ERROR_DEADLINE ? "stopped" : "failed";
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

int warm_end_say_nothing_to_do(struct warm_session *session, struct error *err)
{
    const struct still_there *found = &session->still_there;
    struct outcome_tally tally = session->survey.tally;
    if (!has_results(session) && results_writer_write(&session->folder, session->plan.reader,
                                                      OUTCOME_NOT_REACHED, &tally, err) != 0) {
        return -1;
    }
    double most = session->job->options->max_loss_share * (double)found->looked_count;
    if ((double)found->gone_count > most) {
        return error_set(err, ERROR_LOSSES,
                         "%" PRIu64 " of %" PRIu64 " keys that were warm are gone from %s; "
                         "`rekindle-load verify` counts them all, and a run in a new folder "
                         "(--run) writes them again",
                         found->gone_count, found->looked_count, sink_name(session->sink));
    }
    terminal_print(stdout, "already warm: nothing to do (%s, %" PRIu64 " keys settled)\n",
                   session->folder.path, outcome_tally_sum(&tally));
    return judge_losses(session, &tally, err);
}

static void save_summary(const struct warm_session *session, const struct outcome_tally *tally,
                         const struct error *err)
{
    struct error failure = {0};
    struct run_summary summary = {.pulse = &session->pulse,
                                  .tally = tally,
                                  .state = end_state(err),
                                  .err = err,
                                  .ended_unix = (int64_t)time(NULL),
                                  .account = sink_account(session->sink)};
    if (run_summary_save(&summary, &failure) != 0) {
        message_warn(session->job->message, "%s", failure.text);
    }
}

void warm_end_roll_back_wave(const struct warm_session *session, const struct error *err)
{
    struct error failure = {0};
    struct load_options options = *session->job->options;
    struct load_job job = *session->job;
    (void)err;
    options.run = session->folder.path;
    options.wave = (uint64_t)session->bad_wave;
    job.options = &options;
    message_note(job.message, "taking wave %d back", session->bad_wave);
    run_switch_reset(); /* the run's end has raised the flags */
    if (rollback_run(&job, &failure) != 0) {
        message_warn(job.message,
                     "wave %d was not taken back: %s; `rekindle-load rollback --run "
                     "%s --wave %d` does",
                     session->bad_wave, failure.text, session->folder.path, session->bad_wave);
    }
}

void warm_end_tell(const struct warm_session *session, const struct error *err)
{
    char report[RUN_PATH_SIZE] = "";
    bool has_folder = session->folder.path[0] != '\0';
    if (session->job->is_part) {
        return;
    }
    if (has_folder) {
        run_folder_file(&session->folder, "summary.json", report);
    }
    struct finish_hook hook = {.command = session->job->config->on_finish,
                               .what = "run",
                               .run = session->folder.path,
                               .event = session->folder.manifest.event,
                               .report = report,
                               .err = err};
    finish_hook_call(&hook, session->job->message);
}

/* `has_settled_all`: then every row has gone through the feed, if there is one. */
static int write_results(struct warm_session *session, bool has_settled_all,
                         struct outcome_tally *tally, struct error *err)
{
    struct results_feed *feed = session->results;
    session->results = NULL;
    if (!has_settled_all) {
        results_feed_stop(feed);
    } else if (feed != NULL &&
               results_feed_finish(feed, session->plan.identity.row_count, tally) == 1) {
        return 0;
    }
    enum outcome rest =
        session->bounds.memory.has_refused ? OUTCOME_REFUSED_BUDGET : OUTCOME_NOT_REACHED;
    return results_writer_write(&session->folder, session->plan.reader, rest, tally, err);
}

int warm_end_finish(struct warm_session *session, int result, struct error *err)
{
    char expiries[CHECKED_PLAN_TEXT_SIZE];
    struct outcome_tally tally = {0};
    struct error later = {0};
    double second = (double)(monotonic_us() - session->pulse.started_us) / US_PER_SECOND;
    progress_clear(&session->pulse.progress);
    int written = write_results(session, result == 0, &tally, &later);
    if (written == 0) {
        run_report_print(stdout, &session->pulse, &tally, second);
        terminal_print(
            stdout, "expiries: at most %s\n",
            checked_plan_print_expiries(expiries, &session->plan, &session->expiry_peak));
        terminal_print(stdout, "results: %s/results.csv\n", session->folder.path);
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
        char advice[RUN_PATH_SIZE];
        error_set(err, ERROR_STOPPED, "%s; %s", session->pulse.run_switch.why,
                  run_switch_advice(&session->pulse.run_switch, advice, sizeof advice));
    }
    run_image_finish(&session->image, err->kind == ERROR_NONE || err->kind == ERROR_LOSSES ||
                                          err->kind == ERROR_DEADLINE);
    load_bounds_tell_end(&session->bounds, &session->pulse, err);
    cache_mark_save(&session->folder, session->sink);
    save_summary(session, &tally, err);
    pulse_end(&session->pulse, end_state(err), err->kind == ERROR_NONE ? "" : err->text);
    return result;
}
