/* ready_run.c - the conductor of `ready`: minutes before the window, is it warm, and if not, can it still be?
 * Room: loader/run. May touch: the plan, the journal, Redis; and through a run of its own all that `run` touches.
 * Why: keys that were warmed and not read since are the first to be evicted, and a night is long.
 *
 * DESIGN
 *  1. All keys that can be warm are looked at in rank order; the coverage is counted tenth by tenth of the benefit.
 *     With --touch N the first N that are there count as used again: bounded, for it is at the expense of others.
 *  2. Those that the run has warmed and that are gone are written, in rank order, as a plan of their own into the
 *     run's folder, and `run` warms it there as RUN/ready-1, -2...: with its protections, journal, results and rollback.
 *  3. Those are looked at again. The verdict is the share of the expected benefit that is warm now; its exit code is
 *     that of a NO-GO. Lines, ready.csv and ready.html say the same. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/terminal.h"
#include "loader/load_options.h"
#include "loader/folder/cache_mark.h"
#include "loader/run/finish_hook.h"
#include "loader/run/ready_report.h"
#include "loader/run/ready_session.h"
#include "loader/live/run_switch.h"

/* ---- warming again what is missing */

static void choose_rewarm_folder(struct ready_session *session)
{
    enum { NAME_SIZE = 32 };
    char name[NAME_SIZE];
    for (unsigned number = 1;; number++) {
        snprintf(name, sizeof name, "ready-%u", number);
        run_folder_file(&session->folder, name, session->rewarm_path);
        if (access(session->rewarm_path, F_OK) != 0) {
            return;
        }
    }
}

/* A run of its own. What it could not warm is seen at the second look; only what keeps it from working is an error. */
static int rewarm(struct ready_session *session, struct error *err)
{
    struct load_options options = *session->job->options;
    struct load_job job = *session->job;
    choose_rewarm_folder(session);
    options.plan = session->missing_path;
    options.run = session->rewarm_path;
    options.holdout_share =
        0; /* who was held out is not missing; of another plan others would be drawn */
    job.is_part = true;
    job.options = &options;
    message_note(job.message, "%" PRIu64 " keys went missing; warming them again",
                 session->missing_count);
    if (warm_run(&job, err) == 0) {
        return 0;
    }
    if (err->kind == ERROR_LOSSES || err->kind == ERROR_RESOURCE || err->kind == ERROR_DEADLINE) {
        message_note(job.message, "%s", err->text);
        *err = (struct error){0};
        run_switch_reset(); /* its end has raised the flags */
        return 0;
    }
    return error_add_context(err, "warming again what went missing");
}

/* ---- the verdict */

static int find_out_since_load(struct ready_session *session, struct ready_finding *finding,
                               struct error *err)
{
    struct cache_mark mark;
    struct sink_status status;
    int known = cache_mark_load(&session->folder, &mark, err);
    if (known < 0 || sink_status(session->sink, &status, err) != 0) {
        return -1;
    }
    finding->is_load_known = known == 1;
    finding->is_restarted = known == 1 && strcmp(mark.run_id, status.run_id) != 0;
    if (known == 1 && !finding->is_restarted && status.evicted_count > mark.evicted_count) {
        finding->evicted_count = status.evicted_count - mark.evicted_count;
    }
    return 0;
}

static int write_reports(const struct ready_session *session, const struct ready_finding *finding,
                         struct error *err)
{
    char csv[RUN_PATH_SIZE], page[RUN_PATH_SIZE];
    run_folder_file(&session->folder, "ready.csv", csv);
    run_folder_file(&session->folder, "ready.html", page);
    if (ready_report_write_csv(csv, finding, err) != 0 ||
        ready_report_write_page(page, finding, err) != 0) {
        return -1;
    }
    terminal_print(stdout, "report: %s\n", page);
    return 0;
}

static int give_verdict(struct ready_session *session, struct error *err)
{
    struct ready_finding finding = {.folder = &session->folder,
                                    .coverage = &session->coverage,
                                    .at_unix = session->job->now_unix,
                                    .least_share = session->job->options->min_coverage,
                                    .touched_count = session->touched_count};
    struct ready_tenth total = ready_coverage_total(&session->coverage);
    if (find_out_since_load(session, &finding, err) != 0) {
        return -1;
    }
    finding.is_go = ready_coverage_share(&total) >= finding.least_share;
    if (!finding.is_go && session->survey.done_rank < session->plan.identity.last_rank) {
        snprintf(finding.why, sizeof finding.why,
                 "the run has not reached the end of its plan: `rekindle-load run` goes on");
    } else if (!finding.is_go && session->job->options->is_look_only) {
        snprintf(finding.why, sizeof finding.why, "nothing was warmed again, as --look-only asks");
    }
    ready_report_print(stdout, &finding);
    if (write_reports(session, &finding, err) != 0) {
        return -1;
    }
    static const double PERCENT = 100;
    return finding.is_go ? 0
                         : error_set(err, ERROR_NO_GO,
                                     "NO-GO: less than --min-coverage %g%% of the expected benefit "
                                     "is warm",
                                     finding.least_share * PERCENT);
}

static void tell_end(const struct ready_session *session, const struct error *err)
{
    char report[RUN_PATH_SIZE] = "";
    if (session->folder.path[0] != '\0') {
        run_folder_file(&session->folder, "ready.csv", report);
    }
    struct finish_hook hook = {.command = session->job->config->on_finish,
                               .what = "ready",
                               .run = session->folder.path,
                               .event = session->folder.manifest.event,
                               .report = report,
                               .err = err};
    finish_hook_call(&hook, session->job->message);
}

int ready_run(const struct load_job *job, struct error *err)
{
    struct ready_session *session = calloc(1, sizeof *session);
    int result = -1;
    if (session == NULL) {
        return error_set_memory(err, "looking whether it is warm");
    }
    session->job = job;
    if (run_switch_install(err) == 0 && ready_session_open(session, err) == 0 &&
        ready_session_look_at_all(session, err) == 0) {
        bool is_rewarming = session->missing_count > 0 && !job->options->is_look_only;
        if (!is_rewarming ||
            (rewarm(session, err) == 0 && ready_session_look_again(session, err) == 0)) {
            result = give_verdict(session, err);
        }
    }
    tell_end(session, err);
    ready_session_close(session);
    return result;
}
