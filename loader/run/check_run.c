/* check_run.c - the conductor of `check`: what a run would do, from the same code with a sink that writes nothing.
 * Room: loader/run. May touch: the plan, the sources, Redis; all of them reading only.
 *
 * DESIGN
 *  1. The plan is read and every row checked, as `run` does.
 *  2. The first windows go the way of a run: fetched, looked up in Redis, paced; nothing is journaled or written.
 *  3. What they took, in seconds, queries and bytes, is scaled to the whole plan and held against Redis' memory. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/terminal.h"
#include "common/units.h"
#include "loader/load_options.h"
#include "loader/warm/bucket_plan.h"
#include "loader/warm/checked_plan.h"
#include "loader/warm/scan_warning.h"
#include "loader/run/run_report.h"
#include "loader/warm/warm_writer.h"
#include "loader/warm/wave_soak.h"
#include "loader/warm/write_mode.h"

enum { SAMPLE_WINDOWS = 4, WINDOW_BYTES_MAX = 12 << 20 };

struct check_session {
    const struct load_job *job;
    struct checked_plan plan;
    struct sink *sink;
    struct source_set sources;
    struct pulse pulse;
    struct load_window window;
    struct window_sizer sizer;
    enum sink_mode mode;
    struct load_bounds bounds; /* its deadline only */
    struct memory_watch memory;
    struct warm_writer *writer;
    bool *is_explained; /* [family_count] */
    uint64_t key_bytes; /* of the sampled rows */
    double elapsed_second;
};

static uint64_t window_ranks(const struct load_job *job)
{
    return job->options->window_ranks > 0 ? job->options->window_ranks
                                          : (uint64_t)job->config->window_ranks;
}

/* What `run` would refuse at night. */
static int check_words(const struct check_session *session, struct error *err)
{
    const struct load_options *options = session->job->options;
    struct wave_plan waves;
    enum wave_action action;
    bool is_by_bucket;
    return bucket_plan_is_wanted(options, &is_by_bucket, err) != 0 ||
                   wave_plan_parse(options->waves, session->plan.identity.last_rank, &waves, err) !=
                       0 ||
                   wave_soak_parse_action(options->on_unhealthy, &action, err) != 0
               ? -1
               : 0;
}

static int open_session(struct check_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct sink_options sink_options = {.kind = SINK_DRY_RUN,
                                        .redis = &job->redis,
                                        .patience_ms = job->config->patience_ms,
                                        .stop = run_switch_abort_flag()};
    if (checked_plan_open(&session->plan, job, err) != 0 || check_words(session, err) != 0 ||
        write_mode_parse(job->options->mode, job->config, session->plan.is_family_needed,
                         &session->mode, err) != 0 ||
        load_bounds_set_deadline(&session->bounds, job->options->deadline, job->now_unix, err) !=
            0 ||
        (session->sink = sink_open(&sink_options, err)) == NULL ||
        sink_check_rights(session->sink, err) != 0 ||
        source_set_open(&session->sources, job->config, session->plan.is_family_needed,
                        run_switch_stop_flag(), NULL, err) != 0 ||
        load_window_init(&session->window, job->config->family_count, err) != 0 ||
        window_sizer_init(&session->sizer, job->config->family_count, (size_t)window_ranks(job),
                          WINDOW_BYTES_MAX, err) != 0) {
        return -1;
    }
    session->pulse = (struct pulse){.warm_count = session->plan.identity.warm_count,
                                    .benefit_ms = session->plan.identity.benefit_ms};
    pace_init(&session->pulse.pace, 0, monotonic_us());
    progress_init(&session->pulse.progress, NULL, "check", "keys", PROGRESS_COUNT, 0);
    pulse_start(&session->pulse, NULL);
    struct warm_writer_options options = {
        .config = job->config,
        .message = job->message,
        .sink = session->sink,
        .pulse = &session->pulse,
        .mode = session->mode,
        .window_end_unix = session->plan.identity.window_end_unix + job->clock_shift_second,
        .clock_shift_second = job->clock_shift_second,
    };
    session->writer = warm_writer_new(&options, err);
    session->is_explained = calloc(job->config->family_count + 1, sizeof *session->is_explained);
    if (session->is_explained == NULL) {
        return error_set_memory(err, "trying a plan");
    }
    return session->writer == NULL ? -1 : 0;
}

static void close_session(struct check_session *session)
{
    free(session->is_explained);
    warm_writer_free(session->writer);
    window_sizer_free(&session->sizer);
    load_window_free(&session->window);
    source_set_close(&session->sources);
    memory_watch_close(&session->memory);
    sink_close(session->sink);
    checked_plan_close(&session->plan);
}

/* ---- the sample */

/* With the first ids of each family; the next window's ids take their place. */
static int look_for_scans(struct check_session *session, struct error *err)
{
    const struct config *config = session->job->config;
    for (size_t i = 0; i < config->family_count; i++) {
        const struct window_part *part = &session->window.parts[i];
        if (part->count == 0 || session->is_explained[i]) {
            continue;
        }
        session->is_explained[i] = true;
        if (scan_warning_tell(&config->families[i], session->sources.sources[i], part->ids,
                              part->count, session->job->message, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int try_windows(struct check_session *session, struct error *err)
{
    struct window_feed feed = {.plan = session->plan.reader,
                               .plan_path = session->plan.path,
                               .config = session->job->config};
    int64_t started_us = monotonic_us();
    int more = 1;
    for (int i = 0; i < SAMPLE_WINDOWS && more == 1; i++) {
        more = load_window_read(&session->window, &feed, &session->sizer, err);
        if (more == 1 &&
            (load_window_fetch(&session->window, &session->sources, &session->sizer, err) != 0 ||
             warm_writer_write(session->writer, &session->window, err) != 0 ||
             look_for_scans(session, err) != 0)) {
            return -1;
        }
        for (size_t row = 0; more == 1 && row < session->window.count; row++) {
            session->key_bytes += session->window.rows[row].key.size;
        }
    }
    session->elapsed_second = (double)(monotonic_us() - started_us) / US_PER_SECOND;
    return more < 0 ? -1 : 0;
}

/* ---- the families */

static const char *version_words(enum version_kind kind)
{
    switch (kind) {
    case VERSION_COUNTER:
        return "versions are a counter or an ETag: looked at again after writing";
    case VERSION_FINE_TIME:
        return "versions are times with fractions: looked at again after writing";
    case VERSION_FINE_LOCAL_TIME:
        return "versions are DATETIMEs with fractions, zone unknown: looked at again";
    case VERSION_COARSE_TIME:
        return "versions are neither a counter nor times with fractions: rows are read twice";
    case VERSION_SNAPSHOT:
        return "the source is a file: nothing is looked at again after writing";
    case VERSION_NONE:
        return "no column `version`: rows are read twice";
    }
    return "";
}

static void print_family(const struct check_session *session, size_t family_index)
{
    const struct family *family = &session->job->config->families[family_index];
    const struct source *source = session->sources.sources[family_index];
    terminal_print(stdout, "family %s:\n  %s\n", family->name,
                   version_words(source_version_kind(source)));
}

/* ---- the verdict */

/* What would be warm by the deadline at the rate of the sample. */
static void print_deadline(const struct check_session *session, uint64_t sampled, double limit)
{
    char text[DEADLINE_TEXT_SIZE];
    struct deadline deadline = session->bounds.deadline;
    deadline_measure(&deadline, sampled, (int64_t)(session->elapsed_second * US_PER_SECOND));
    struct deadline_projection projection =
        deadline_project(&deadline, session->plan.curve, 0, session->plan.identity.warm_count,
                         limit, monotonic_us());
    if (projection.is_known) {
        terminal_print(stdout, "deadline: %s\n", deadline_print(text, &deadline, &projection));
    }
}

static int judge_expiries(const struct check_session *session, struct error *err)
{
    char text[CHECKED_PLAN_TEXT_SIZE];
    struct expiry_peak peak;
    if (checked_plan_judge_expiries(&session->plan, session->job, &peak, err) != 0) {
        return -1;
    }
    terminal_print(stdout, "expiries: at most %s\n",
                   checked_plan_print_expiries(text, &session->plan, &peak));
    return 0;
}

static void print_seconds(const struct check_session *session, double scale)
{
    char text[UNITS_TEXT_SIZE];
    const struct load_job *job = session->job;
    uint64_t limit = load_options_rows(job->options, job->config);
    double second = session->elapsed_second * scale;
    double paced = limit > 0 ? (double)session->plan.identity.warm_count / (double)limit : 0;
    terminal_print(stdout, "estimated time: %s%s\n",
                   units_print_duration(text, paced > second ? paced : second),
                   paced > second ? ", by the row rate limit: see [pace] rows, or --rows" : "");
    print_deadline(session, outcome_tally_sum(&session->pulse.totals.tally), (double)limit);
}

static void print_node(const struct memory_watch *watch, size_t node)
{
    char used[UNITS_TEXT_SIZE], mark[MEMORY_TEXT_SIZE];
    const struct sink_status *status = &watch->statuses[node];
    terminal_print(stdout, "  %s: holds %s, mark %s, policy %s\n", status->address,
                   units_print_bytes(used, status->used_bytes),
                   memory_watch_print_mark(mark, watch, node), status->policy);
}

static int judge_memory(struct check_session *session, double bytes, struct error *err)
{
    char needed[UNITS_TEXT_SIZE], free_text[UNITS_TEXT_SIZE];
    struct memory_watch *watch = &session->memory;
    const struct plan_identity *identity = &session->plan.identity;
    units_print_bytes(needed, (uint64_t)bytes);
    terminal_print(stdout, "memory: about %s needed\n", needed);
    if (memory_watch_open(watch, session->job, &session->plan, session->sink, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < watch->status_count; i++) {
        print_node(watch, i);
    }
    double room = memory_budget_room(&watch->budget);
    if (bytes <= room) {
        return 0;
    }
    uint64_t fitting = (uint64_t)((double)identity->warm_count * room / bytes);
    static const double PERCENT = 100;
    return error_set(err, ERROR_RESOURCE,
                     "it will not fit: %s are left, which is room for about %" PRIu64 " of %" PRIu64
                     " keys, %.1f%% of the expected benefit; plan fewer (rank --budget), or give "
                     "Redis more memory",
                     units_print_bytes(free_text, (uint64_t)room), fitting, identity->warm_count,
                     benefit_curve_share(session->plan.curve, fitting) * PERCENT);
}

/* Seldom have all of them been deleted. */
static void warn_of_strange_ids(const struct check_session *session, uint64_t sampled)
{
    const struct outcome_tally *tally = &session->pulse.totals.tally;
    if (sampled > 0 && tally->count[OUTCOME_MISSING] == sampled) {
        message_warn(session->job->message,
                     "not one of these ids is in the source: is the first column of `query` the id "
                     "as the log has it, byte for byte?");
    }
}

static int print_verdict(struct check_session *session, struct error *err)
{
    char bytes_text[UNITS_TEXT_SIZE];
    const struct plan_identity *identity = &session->plan.identity;
    const struct run_totals *totals = &session->pulse.totals;
    struct source_account account = source_set_account(&session->sources);
    uint64_t sampled = outcome_tally_sum(&totals->tally);
    double scale = sampled > 0 ? (double)identity->warm_count / (double)sampled : 0;
    double value_bytes = (double)totals->value_bytes * scale;
    double new_count = (double)totals->tally.count[OUTCOME_WARMED] * scale;
    double key_bytes = sampled > 0 ? (double)session->key_bytes / (double)sampled : 0;
    terminal_print(stdout,
                   "%" PRIu64 " keys to warm, %" PRIu64 " rows set to skip\n"
                   "tried without writing: the first %" PRIu64 " keys would be\n",
                   identity->warm_count, identity->row_count - identity->warm_count, sampled);
    run_report_print_tally(stdout, &totals->tally);
    warn_of_strange_ids(session, sampled);
    for (size_t i = 0; i < session->job->config->family_count; i++) {
        if (session->plan.is_family_needed[i]) {
            print_family(session, i);
        }
    }
    if (write_mode_warning(session->mode) != NULL) {
        terminal_print(stdout, "%s\n", write_mode_warning(session->mode));
    }
    terminal_print(stdout, "estimated queries: %.0f, for %s of values\n",
                   (double)account.chunk_count * scale,
                   units_print_bytes(bytes_text, (uint64_t)((double)account.value_bytes * scale)));
    print_seconds(session, scale);
    if (judge_expiries(session, err) != 0) {
        return -1;
    }
    return judge_memory(session, value_bytes + new_count * (key_bytes + MEMORY_KEY_OVERHEAD_BYTES),
                        err);
}

int check_run(const struct load_job *job, struct error *err)
{
    struct check_session session = {.job = job};
    int result = -1;
    if (run_switch_install(err) == 0 && open_session(&session, err) == 0 &&
        try_windows(&session, err) == 0) {
        result = print_verdict(&session, err);
    }
    close_session(&session);
    return result;
}
