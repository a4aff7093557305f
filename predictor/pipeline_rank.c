/* pipeline_rank.c - the conductor of `rank`: history to plan.csv and reports.
 * Room: predictor (top). May touch: history, calendar, forecast, rank, report.
 *
 * DESIGN
 *   1. Settle what is asked: as-of, window, past events, families, lists (rank_request.c).
 *   2. Pass 1 over the history shows every key to the forecaster of its entity, which then fits.
 *   3. Pass 2 scores each key that is dormant, or pinned, and offers a row for each family to the ranker, which keeps
 *      no more than the plan can hold. The reports see every row that is offered.
 *   4. The ranker's order is written out: plan.csv and its .sum by one rename each, then the reports.
 *   Memory follows the plan and the distinct (x, t_x, T), not the keys. Nothing but the outputs is written. */
#include "predictor/feature_files.h"
#include "predictor/rank_summary.h"
#include "predictor/stop_signal.h"

#include "common/file_io.h"
#include "common/plan_edits.h"
#include "common/plan_writer.h"

#include "predictor/forecast/forecaster.h"
#include "predictor/rank/rank_score.h"
#include "predictor/rank/ranker.h"
#include "predictor/report/rank_report.h"

#include <stdlib.h>

static const char *const default_model = "auto";

struct rank_job {
    const struct pipeline *pipeline;
    struct rank_request request;
    struct forecaster *forecasters[ENTITY_COUNT];
    struct forecast_options forecast_options[ENTITY_COUNT];
    struct ranker *ranker;
    struct rank_report *report;     /* NULL: not asked for */
    struct feature_files *features; /* NULL: not asked for */
    struct plan_writer
        *writer; /* open from the start: a place that cannot be written to is told at once */
    struct rank_totals totals;
    struct progress progress;
    uint64_t key_count, asked_count[ENTITY_COUNT]; /* asked: dormant, or all by --scope */
    double expected_return_count[ENTITY_COUNT];
};

/* ---- pass 1 */

static int open_forecasters(struct rank_job *job, struct error *err)
{
    const struct predict_options *options = job->pipeline->options;
    const struct rank_request *request = &job->request;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (!request->is_wanted[i]) {
            continue;
        }
        job->forecast_options[i] = (struct forecast_options){
            .model = options->model == NULL ? default_model : options->model,
            .entity = (enum entity)i,
            .as_of_unix = request->frame.as_of_unix,
            .window_start_unix = request->window.start_unix,
            .window_end_unix = request->window.end_unix,
            .dormant_after_second = request->dormant_after_second,
            .bucket_second = request->frame.bucket_second,
            .zone = request->zone,
            .events = request->frame.past,
            .event_count = request->frame.past_count,
            .attributes = request->attributes[i],
            .is_event = options->event != NULL,
            .event_kind = request->window.kind,
            .event_members = request->window.members,
            .event_strength = options->event_strength,
        };
        job->forecasters[i] = forecaster_open(&job->forecast_options[i], err);
        if (job->forecasters[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* 1 and a key of a wanted entity, 0 at the end, -1. */
static int next_key(struct rank_job *job, struct key_history *key, struct error *err)
{
    int found;
    while ((found = history_reader_next(job->request.reader, key, err)) == 1) {
        progress_update(&job->progress, history_reader_bytes_read(job->request.reader), NULL);
        if (stop_signal_check(err) != 0) {
            return -1;
        }
        if (job->request.is_wanted[key->entity]) {
            return 1;
        }
    }
    return found;
}

static void begin_pass(struct rank_job *job, const char *title)
{
    uint64_t size_bytes = history_reader_totals(job->request.reader)->size_bytes;
    history_reader_rewind(job->request.reader);
    job->progress = pipeline_progress(job->pipeline, title, NULL, PROGRESS_BYTES, size_bytes);
}

static int observe_all(struct rank_job *job, struct error *err)
{
    struct key_history key;
    int found;
    begin_pass(job, "rank: learning");
    while ((found = next_key(job, &key, err)) == 1) {
        if (forecaster_observe(job->forecasters[key.entity], &key, err) != 0) {
            return -1;
        }
        job->key_count++;
    }
    progress_clear(&job->progress);
    return found;
}

/* What changes how a plan is to be read. */
static bool is_to_be_heard(const char *fact)
{
    return strcmp(fact, "level_note") == 0 || strcmp(fact, "unlogged_event") == 0;
}

static void say_what_was_fitted(const struct rank_job *job, enum entity entity)
{
    struct forecast_fact facts[FORECAST_FACTS_MAX];
    size_t count = forecaster_describe(job->forecasters[entity], facts);
    for (size_t i = 0; i < count; i++) {
        if (is_to_be_heard(facts[i].name)) {
            message_warn(job->pipeline->message, "%s forecast: %s", entity_name(entity),
                         facts[i].value);
        } else {
            message_detail(job->pipeline->message, "%s forecast: %s %s", entity_name(entity),
                           facts[i].name, facts[i].value);
        }
    }
}

static int fit_all(struct rank_job *job, struct error *err)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (job->forecasters[i] == NULL) {
            continue;
        }
        if (forecaster_fit(job->forecasters[i], err) != 0) {
            return error_add_context(err, "%s forecast", entity_name((enum entity)i));
        }
        say_what_was_fitted(job, (enum entity)i);
        if (job->features != NULL &&
            feature_files_begin(job->features, (enum entity)i, job->forecasters[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- pass 2 */

static int offer_rows(struct rank_job *job, const struct key_history *key,
                      const struct rank_facts *facts, const struct demand *demand, bool is_pinned,
                      struct error *err)
{
    const struct rank_request *request = &job->request;
    char cache_key[KEY_SIZE_MAX];
    struct plan_row row;
    for (size_t i = 0; i < request->family_count[key->entity]; i++) {
        const struct family *family = request->families[key->entity][i];
        rank_score_fill(&request->frame, family, key->id, facts, demand, cache_key, &row);
        if (job->report != NULL) {
            rank_report_add(job->report, &row, i == 0);
        }
        if (ranker_add(job->ranker, &row, family, is_pinned, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int score_key(struct rank_job *job, const struct key_history *key, struct error *err)
{
    struct rank_request *request = &job->request;
    struct rank_facts facts;
    struct demand demand;
    if (!rank_facts_from_history(&request->frame, key, &facts)) {
        return 0;
    }
    bool is_excluded = key_list_find(request->exclusions, key->entity, key->id);
    bool is_pinned = key_list_find(request->pins, key->entity, key->id);
    bool is_asked = forecaster_is_dormant(&job->forecast_options[key->entity], key);
    if (is_excluded || (!is_asked && !is_pinned)) {
        return 0;
    }
    forecaster_score(job->forecasters[key->entity], key, &demand);
    if (is_asked) {
        job->asked_count[key->entity]++;
        job->expected_return_count[key->entity] += demand.p_return;
    }
    if (is_asked && job->features != NULL &&
        feature_files_add(job->features, job->forecasters[key->entity], key, err) != 0) {
        return -1;
    }
    return offer_rows(job, key, &facts, &demand, is_pinned, err);
}

static int score_all(struct rank_job *job, struct error *err)
{
    struct key_history key;
    int found;
    begin_pass(job, "rank: scoring");
    while ((found = next_key(job, &key, err)) == 1) {
        if (score_key(job, &key, err) != 0) {
            return -1;
        }
    }
    progress_clear(&job->progress);
    ranker_finish(job->ranker, &job->totals);
    return found;
}

/* ---- what is written */

/* What a growth team has reviewed is not lost to the next night's cron. */
static int check_plan_in_place(const struct rank_job *job, struct error *err)
{
    const struct predict_options *options = job->pipeline->options;
    return options->is_replaced ? 0 : plan_edits_check(options->out, err);
}

static int write_plan(struct rank_job *job, struct error *err)
{
    struct plan_row row;
    while (ranker_next(job->ranker, &row) == 1) {
        if (job->report != NULL) {
            rank_report_add_planned(job->report, &row);
        }
        if (stop_signal_check(err) != 0 || plan_writer_append(job->writer, &row, err) != 0) {
            return -1;
        }
    }
    /* Once more: ranking takes its time, and somebody may have saved the plan meanwhile. */
    if (check_plan_in_place(job, err) != 0) {
        return -1;
    }
    struct plan_writer *writer = job->writer;
    job->writer = NULL;
    return plan_writer_close(writer, err);
}

static int write_report(const struct rank_job *job, struct error *err)
{
    if (job->report == NULL) {
        return 0;
    }
    return rank_report_save(job->report, job->pipeline->options->report, err);
}

static int put_features(struct rank_job *job, struct error *err)
{
    struct feature_files *features = job->features;
    job->features = NULL;
    return features == NULL ? 0 : feature_files_commit(features, err);
}

/* Of the command line, else of the config; 0: no limit. */
static uint64_t budget_of(const struct rank_job *job)
{
    uint64_t budget_bytes = job->pipeline->options->budget_bytes;
    return budget_bytes != 0 ? budget_bytes : job->pipeline->config->budget_memory_bytes;
}

static void say_summary(const struct rank_job *job)
{
    struct rank_summary summary = {
        .message = job->pipeline->message,
        .request = &job->request,
        .totals = &job->totals,
        .asked_count = job->asked_count,
        .expected_return_count = job->expected_return_count,
        .budget_bytes = budget_of(job),
    };
    rank_summary_say(&summary);
}

/* ---- the whole */

static int open_ranker(struct rank_job *job, struct error *err)
{
    struct rank_limits limits = {.top = job->pipeline->options->top,
                                 .budget_bytes = budget_of(job)};
    job->ranker = ranker_new(&job->request.frame, &limits, err);
    return job->ranker == NULL ? -1 : 0;
}

static int open_writer(struct rank_job *job, struct error *err)
{
    if (check_plan_in_place(job, err) != 0) {
        return -1;
    }
    job->writer = plan_writer_open(job->pipeline->options->out, err);
    return job->writer == NULL ? -1 : 0;
}

static int open_report(struct rank_job *job, struct error *err)
{
    if (job->pipeline->options->report == NULL) {
        return 0;
    }
    job->report = rank_report_new(err);
    return job->report == NULL ? -1 : file_make_folder(job->pipeline->options->report, err);
}

static int open_features(struct rank_job *job, struct error *err)
{
    if (job->pipeline->options->dump_features == NULL) {
        return 0;
    }
    job->features = feature_files_open(job->pipeline->options->dump_features, err);
    return job->features == NULL ? -1 : 0;
}

static int run_job(struct rank_job *job, struct error *err)
{
    if (rank_request_open(&job->request, job->pipeline, err) != 0 ||
        open_forecasters(job, err) != 0 || open_ranker(job, err) != 0 ||
        open_report(job, err) != 0 || open_features(job, err) != 0 || open_writer(job, err) != 0 ||
        observe_all(job, err) != 0 || fit_all(job, err) != 0 || score_all(job, err) != 0 ||
        write_plan(job, err) != 0 || write_report(job, err) != 0 || put_features(job, err) != 0) {
        return -1;
    }
    say_summary(job);
    return 0;
}

int pipeline_rank(const struct pipeline *pipeline, struct error *err)
{
    struct rank_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return error_set_memory(err, "preparing the ranking");
    }
    job->pipeline = pipeline;
    stop_signal_watch();
    int result = run_job(job, err);
    progress_clear(&job->progress);
    plan_writer_abandon(job->writer);
    rank_report_free(job->report);
    feature_files_abandon(job->features);
    ranker_free(job->ranker);
    for (int i = 0; i < ENTITY_COUNT; i++) {
        forecaster_close(job->forecasters[i]);
    }
    rank_request_close(&job->request);
    free(job);
    return result;
}
