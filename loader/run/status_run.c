/* status_run.c - the conductor of `status`: what runs are doing, in words.
 * Room: loader/run. May touch: the folders of runs, reading only. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/civil_time.h"
#include "common/terminal.h"
#include "common/units.h"
#include "loader/load_options.h"
#include "loader/folder/journal.h"
#include "loader/run/run_choice.h"
#include "loader/run/run_report.h"
#include "loader/folder/run_status.h"
#include "loader/folder/switch_latch.h"

enum { SILENT_SECOND = 10 };

static bool is_state(const struct run_status *status, const char *state)
{
    return strcmp(status->state, state) == 0;
}

/* What the switch says, and how to go on. */
static void print_latch(const struct run_folder *folder, const struct switch_latch *latch)
{
    char time[CIVIL_TEXT_SIZE];
    bool is_stop = latch->wish == WISH_STOP;
    terminal_print(stdout, "%s since %s %s\n", is_stop ? "switched off" : "switched to pause",
                   civil_print_rfc3339(time, latch->at_unix, NULL), latch->why);
    printf("to go on:\n  rekindle-load resume --run %s\n%s", folder->path,
           is_stop ? "  and then the same `rekindle-load run` command\n" : "");
}

/* What to do about it. */
static void print_advice(const struct run_folder *folder, const struct run_status *status,
                         const struct switch_latch *latch)
{
    bool is_going = is_state(status, "running") || is_state(status, "paused");
    int64_t silent_second = (int64_t)time(NULL) - status->updated_unix;
    if (latch->wish != WISH_RUN && (!is_going || is_state(status, "paused"))) {
        print_latch(folder, latch);
    } else if (is_going && !run_choice_is_alive(status)) {
        terminal_print(stdout,
                       "it died (process %" PRId64
                       "): the same `rekindle-load run` command resumes it\n",
                       status->pid);
    } else if (is_state(status, "paused")) {
        terminal_print(stdout, "%s\n", status->note);
    } else if (is_going && silent_second > SILENT_SECOND) {
        terminal_print(stdout,
                       "process %" PRId64 " has said nothing for %" PRId64
                       " s: does Redis or the database hang?\n",
                       status->pid, silent_second);
    } else if (is_going) {
        printf("process %" PRId64 "; to pause or stop it:\n  rekindle-load pause --run %s\n"
               "  rekindle-load stop --run %s\n",
               status->pid, folder->path, folder->path);
    } else if (is_state(status, "rolled back")) {
        terminal_print(stdout, "nothing to do; `rekindle-load run --again` warms its plan anew\n");
    } else if (is_state(status, "finished")) {
        terminal_print(stdout,
                       "nothing to do; `rekindle-load verify` looks whether all is still there\n");
    } else {
        terminal_print(stdout, "the same `rekindle-load run` command resumes it\n");
    }
}

static void print_heading(const struct run_folder *folder, const char *state)
{
    char start[CIVIL_TEXT_SIZE], end[CIVIL_TEXT_SIZE];
    const struct run_manifest *manifest = &folder->manifest;
    terminal_print(stdout, "%s: %s\n", folder->name, state);
    terminal_print(stdout, "  folder  %s\n  plan    %s\n  target  %s\n", folder->path,
                   manifest->plan_path, manifest->target);
    terminal_print(stdout, "  window  %s to %s\n",
                   civil_print_rfc3339(start, manifest->window_start_unix, NULL),
                   civil_print_rfc3339(end, manifest->window_end_unix, NULL));
}

static void print_deadline(const struct run_status *status)
{
    static const double PERCENT = 100;
    char time[CIVIL_TEXT_SIZE];
    if (status->deadline_unix != 0) {
        terminal_print(stdout,
                       "deadline %s: %" PRIu64 " keys fit, %.1f%% of the expected benefit\n",
                       civil_print_rfc3339(time, status->deadline_unix, NULL),
                       status->fitting_count, status->fitting_share * PERCENT);
    }
}

/* The journal is the truth about what is settled; the status file says the rest. */
static int print_run(const struct run_folder *folder, struct error *err)
{
    char path[RUN_PATH_SIZE];
    static const double PERCENT = 100;
    struct run_status status;
    struct switch_latch latch;
    struct journal_survey survey = {0};
    if (switch_latch_load(folder->path, &latch, err) < 0 ||
        run_status_load(folder, &status, err) < 0 ||
        journal_survey_read(run_folder_file(folder, "journal", path), NULL, &survey, err) != 0) {
        journal_survey_free(&survey);
        return -1;
    }
    uint64_t settled = outcome_tally_sum(&survey.tally);
    print_heading(folder, status.state[0] != '\0' ? status.state : "not started");
    terminal_print(stdout,
                   "%" PRIu64 " of %" PRIu64
                   " planned keys settled, %.1f%% of the expected benefit %s\n",
                   settled, status.warm_count, status.benefit_share * PERCENT,
                   survey.is_rolled_back ? "was warm" : "warm");
    print_deadline(&status);
    run_report_print_tally(stdout, &survey.tally);
    run_report_print_throttled(stdout, status.throttled_second);
    if (status.note[0] != '\0' && !is_state(&status, "paused")) {
        terminal_print(stdout, "%s\n", status.note);
    }
    if (survey.is_rolled_back && !is_state(&status, "rolled back")) {
        terminal_print(stdout, "a rollback was begun: `rekindle-load rollback --run %s` goes on\n",
                       folder->path);
    } else {
        print_advice(folder, &status, &latch);
    }
    journal_survey_free(&survey);
    return 0;
}

struct all_runs {
    int printed;
    struct error trouble; /* of the first run whose files cannot be read */
};

/* A run that cannot be read hides no other one. */
static int print_next_run(void *context, const struct run_folder *folder, struct error *err)
{
    struct all_runs *all = context;
    struct error trouble = {0};
    (void)err;
    printf("%s", all->printed++ > 0 ? "\n" : "");
    if (print_run(folder, &trouble) != 0) {
        terminal_print(stdout, "%s: %s\n", folder->name, trouble.text);
        all->trouble = all->trouble.kind == ERROR_NONE ? trouble : all->trouble;
    }
    return 0;
}

/* Every folder of `base` that is a run's; others are passed over. */
static int print_all_runs(const char *base, struct error *err)
{
    struct all_runs all = {0};
    if (run_choice_each(base, print_next_run, &all, err) != 0) {
        return -1;
    }
    if (all.printed == 0) {
        terminal_print(stdout, "no runs in %s\n", base);
    }
    if (all.trouble.kind != ERROR_NONE) {
        *err = all.trouble;
        return -1;
    }
    return 0;
}

int status_run(const struct load_job *job, struct error *err)
{
    struct run_folder folder;
    if (job->options->run == NULL) {
        return print_all_runs(job->config->run_dir, err);
    }
    return run_choice_open(&folder, job, err) == 0 ? print_run(&folder, err) : -1;
}
