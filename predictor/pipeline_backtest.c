/* pipeline_backtest.c - the conductor of `backtest`: how well would each model have forecast the past?
 * Room: predictor (top). May touch: history, calendar, forecast, rank, backtest.
 *
 * DESIGN
 *   1. Settle what is asked: origins, models, events (backtest_request.c).
 *   2. For each origin, the latest first, and each model, two passes over the history: all keys are shown to the
 *      forecaster as of the origin; then each dormant key is scored, and the first model also notes what came.
 *   3. When the history has been read, metrics and their bootstrap intervals are taken from the scores alone.
 *   Memory: one forecaster for each entity at a time, and 9 bytes a dormant key and origin, 8 more for each model.
 *   Nothing but the CSV is written, by one rename. */
#include "predictor/backtest_request.h"

#include "common/file_io.h"

#include "predictor/backtest/backtest_report.h"
#include "predictor/rank/rank_score.h"

#include <stdlib.h>

enum { TITLE_SIZE = 96 };

struct backtest_job {
    const struct pipeline *pipeline;
    struct backtest_request request;
    struct backtest_rows *rows[ENTITY_COUNT]; /* NULL: not wanted */
    struct family families[ENTITY_COUNT];     /* whose keys and values are counted in bytes */
    struct rank_frame rank_frame;
    struct event_window window;
    size_t origin; /* under way */
    char title[TITLE_SIZE];
    struct progress progress;
};

/* ---- the history as the backtest reads it */

static void rewind_history(void *self, const char *model, bool is_scoring)
{
    struct backtest_job *job = self;
    uint64_t size_bytes = history_reader_totals(job->request.reader)->size_bytes;
    progress_clear(&job->progress);
    (void)snprintf(job->title, sizeof job->title, "backtest %zu/%zu: %s %s", job->origin + 1,
                   job->request.origin_count, model, is_scoring ? "scores" : "learns");
    history_reader_rewind(job->request.reader);
    job->progress = pipeline_progress(job->pipeline, job->title, NULL, PROGRESS_BYTES, size_bytes);
}

static int next_key(void *self, struct key_history *key, struct error *err)
{
    struct backtest_job *job = self;
    progress_update(&job->progress, history_reader_bytes_read(job->request.reader), NULL);
    return history_reader_next(job->request.reader, key, err);
}

/* As in a plan. Mean sizes are of the whole history, which is why they are counted but never scored or ranked by. */
static uint32_t size_bytes_of(void *self, const struct key_history *key)
{
    const struct backtest_job *job = self;
    const struct demand demand = {.reason = ""};
    char cache_key[KEY_SIZE_MAX];
    struct rank_facts facts;
    struct plan_row row;
    (void)rank_facts_from_history(&job->rank_frame, key, &facts);
    rank_score_fill(&job->rank_frame, &job->families[key->entity], key->id, &facts, &demand,
                    cache_key, &row);
    return row.size_bytes < UINT32_MAX ? (uint32_t)row.size_bytes : UINT32_MAX;
}

/* ---- preparing */

/* The first family of the config, or `user:{id}`. */
static int choose_family(struct backtest_job *job, enum entity entity, struct error *err)
{
    enum { TEMPLATE_SIZE = 32 };
    char text[TEMPLATE_SIZE];
    const struct config *config = job->pipeline->config;
    for (size_t i = 0; i < config->family_count; i++) {
        if (config->families[i].entity == entity) {
            job->families[entity] = config->families[i];
            return 0;
        }
    }
    (void)snprintf(text, sizeof text, "%s:{id}", entity_name(entity));
    job->families[entity] = (struct family){.name = entity_name(entity), .entity = entity};
    return key_template_parse(text, &job->families[entity].key, err);
}

static int open_rows(struct backtest_job *job, struct error *err)
{
    const struct backtest_request *request = &job->request;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (!request->is_wanted[i]) {
            continue;
        }
        job->rows[i] = backtest_rows_new(request->models, request->model_count, err);
        if (job->rows[i] == NULL || choose_family(job, (enum entity)i, err) != 0) {
            return -1;
        }
    }
    job->window = (struct event_window){.name = "", .kind = ""};
    job->rank_frame = (struct rank_frame){.window = &job->window,
                                          .bucket_second = request->frame.bucket_second,
                                          .zone = request->zone};
    return 0;
}

static int run_origins(struct backtest_job *job, struct error *err)
{
    struct backtest_request *request = &job->request;
    const struct scorer_kind kind = forecast_scorer_kind(&request->frame);
    const struct key_stream stream = {
        .self = job,
        .bucket_second = request->frame.bucket_second,
        .rewind = rewind_history,
        .next = next_key,
        .size_bytes = size_bytes_of,
    };
    for (job->origin = 0; job->origin < request->origin_count; job->origin++) {
        const struct backtest_origin *origin = &request->origins[job->origin];
        char text[CIVIL_TEXT_SIZE];
        job->rank_frame.as_of_unix = origin->as_of_unix;
        if (origin_run(&stream, &kind, origin, job->rows, err) != 0) {
            return error_add_context(err, "origin %s",
                                     civil_print_rfc3339(text, origin->as_of_unix, request->zone));
        }
    }
    progress_clear(&job->progress);
    return 0;
}

/* ---- what comes out */

static int report_entity(const struct backtest_job *job, enum entity entity, FILE *out,
                         struct error *err)
{
    const struct backtest_rows *rows = job->rows[entity];
    if (rows == NULL) {
        return 0;
    }
    if (rows->origin_count == 0) {
        message_warn(job->pipeline->message, "%ss: none was dormant at any origin",
                     entity_name(entity));
        return 0;
    }
    struct backtest_evaluation *evaluation =
        backtest_evaluation_make(rows, BACKTEST_BASELINE_COUNT, &job->request.plan, err);
    if (evaluation == NULL) {
        return -1;
    }
    backtest_report_write(evaluation, rows, entity, out);
    backtest_report_say(evaluation, rows, entity, job->pipeline->message);
    backtest_evaluation_free(evaluation);
    return 0;
}

static int report(const struct backtest_job *job, struct error *err)
{
    struct file_draft *draft = file_draft_open(job->pipeline->options->out, err);
    if (draft == NULL) {
        return -1;
    }
    backtest_report_write_header(file_draft_stream(draft));
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (report_entity(job, (enum entity)i, file_draft_stream(draft), err) != 0) {
            file_draft_abandon(draft);
            return -1;
        }
    }
    return file_draft_commit(draft, err);
}

static int run_job(struct backtest_job *job, struct error *err)
{
    if (backtest_request_open(&job->request, job->pipeline, err) != 0 || open_rows(job, err) != 0 ||
        run_origins(job, err) != 0) {
        return -1;
    }
    return report(job, err);
}

int pipeline_backtest(const struct pipeline *pipeline, struct error *err)
{
    struct backtest_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return error_set_memory(err, "preparing the backtest");
    }
    job->pipeline = pipeline;
    int result = run_job(job, err);
    progress_clear(&job->progress);
    for (int i = 0; i < ENTITY_COUNT; i++) {
        backtest_rows_free(job->rows[i]);
    }
    backtest_request_close(&job->request);
    free(job);
    return result;
}
