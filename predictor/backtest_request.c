/* backtest_request.c - see backtest_request.h.
 * Room: predictor (top). May touch: predictor/calendar, predictor/history, predictor/backtest. */
#include "predictor/backtest_request.h"

#include "predictor/attribute_files.h"

#include "common/units.h"

#include "predictor/history/bucket.h"

#include <inttypes.h>
#include <string.h>

static const char *const baselines[BACKTEST_BASELINE_COUNT] = {"recency", "frequency", "decayed",
                                                               "bgnbd"};
static const char *const default_models = "auto";

/* ---- who and by what */

static int choose_entities(struct backtest_request *request, const char *name, struct error *err)
{
    enum entity only;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        request->is_wanted[i] = name == NULL;
    }
    if (name == NULL) {
        return 0;
    }
    if (entity_parse(slice_of(name), &only) != 0) {
        return error_set(err, ERROR_USAGE, "--entity: '%.40s' is neither user nor product", name);
    }
    request->is_wanted[only] = true;
    return 0;
}

static bool is_listed(const struct backtest_request *request, const char *model)
{
    for (size_t i = 0; i < request->model_count; i++) {
        if (strcmp(request->models[i], model) == 0) {
            return true;
        }
    }
    return false;
}

/* The baselines first, then those asked for. Their names are checked where the models are. */
static int choose_models(struct backtest_request *request, const char *names, struct error *err)
{
    names = names == NULL ? default_models : names;
    if (strlen(names) >= sizeof request->models_text) {
        return error_set(err, ERROR_USAGE, "--models: '%.40s...' is too long", names);
    }
    memcpy(request->models_text, names, strlen(names) + 1);
    for (size_t i = 0; i < BACKTEST_BASELINE_COUNT; i++) {
        request->models[request->model_count++] = baselines[i];
    }
    char *rest = request->models_text;
    while (rest != NULL) {
        char *name = rest;
        rest = strchr(name, ',');
        if (rest != NULL) {
            *rest++ = '\0';
        }
        if (is_listed(request, name)) {
            continue;
        }
        if (request->model_count == BACKTEST_MODELS_MAX) {
            return error_set(err, ERROR_USAGE, "--models: at most %d with the baselines",
                             (int)BACKTEST_MODELS_MAX);
        }
        request->models[request->model_count++] = name;
    }
    return 0;
}

/* ---- times */

/* The last moment that may be looked at, at a bucket's start. */
static int find_end(const struct backtest_request *request, const struct pipeline *pipeline,
                    int64_t *end_unix, struct error *err)
{
    const struct history_totals *totals = history_reader_totals(request->reader);
    int64_t bucket_second = totals->bucket_second;
    int64_t history_end_unix = ((int64_t)totals->last_bucket + 1) * bucket_second;
    const char *as_of = pipeline->options->as_of;
    char text[CIVIL_TEXT_SIZE];
    *end_unix = history_end_unix;
    if (as_of == NULL) {
        return 0;
    }
    if (civil_parse_time(as_of, request->zone, end_unix, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--as-of");
    }
    *end_unix = bucket_floor(*end_unix, bucket_second) * bucket_second;
    if (*end_unix - history_end_unix >= SECONDS_PER_DAY) {
        message_warn(pipeline->message,
                     "the history ends at %s, before --as-of: returns after that are not seen",
                     civil_print_rfc3339(text, history_end_unix, request->zone));
    }
    return 0;
}

static int64_t round_up(int64_t second, int64_t bucket_second)
{
    int64_t over = second % bucket_second;
    return over == 0 ? second : second + bucket_second - over;
}

/* A window is a promotion when one of the calendar fills at least half of it. */
static void find_event(const struct backtest_request *request, struct backtest_origin *origin)
{
    int64_t length_second = origin->end_unix - origin->start_unix;
    origin->event_kind = "";
    for (size_t i = 0; i < request->frame.event_count; i++) {
        const struct event_window *event = &request->frame.events[i];
        int64_t start =
            event->start_unix > origin->start_unix ? event->start_unix : origin->start_unix;
        int64_t end = event->end_unix < origin->end_unix ? event->end_unix : origin->end_unix;
        if ((end - start) * 2 >= length_second) {
            origin->is_event = true;
            origin->event_kind = event->kind;
            origin->event_members = event->members;
            return;
        }
    }
}

static int complain_of_short_history(const struct backtest_request *request, int64_t end_unix,
                                     struct error *err)
{
    const struct history_totals *totals = history_reader_totals(request->reader);
    char first[CIVIL_TEXT_SIZE];
    char last[CIVIL_TEXT_SIZE];
    return error_set(
        err, ERROR_INPUT,
        "the history is too short for a backtest: from %s to %s there is no room for lead and "
        "window; give a shorter --length or --lead",
        civil_print_rfc3339(first, bucket_start_unix(totals->first_bucket, totals->bucket_second),
                            request->zone),
        civil_print_rfc3339(last, end_unix, request->zone));
}

/* Where origins may lie, in seconds. */
struct origin_frame {
    int64_t first_unix,
        end_unix; /* nobody can be dormant so early; nothing may be looked at so late */
    int64_t length, lead, step;
};

static struct backtest_origin *add_origin(struct backtest_request *request, int64_t as_of_unix,
                                          int64_t start_unix, int64_t end_unix)
{
    struct backtest_origin *origin = &request->origins[request->origin_count++];
    *origin = (struct backtest_origin){
        .as_of_unix = as_of_unix,
        .start_unix = start_unix,
        .end_unix = end_unix,
    };
    return origin;
}

/* As many windows as were asked for, less those before which there is no history. */
static void place_rolling(struct backtest_request *request, const struct origin_frame *frame,
                          uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        int64_t as_of_unix =
            frame->end_unix - frame->length - frame->lead - (int64_t)i * frame->step;
        if (as_of_unix <= frame->first_unix) {
            break;
        }
        int64_t start_unix = as_of_unix + frame->lead;
        find_event(request,
                   add_origin(request, as_of_unix, start_unix, start_unix + frame->length));
    }
}

/* The latest events that have ended, each forecast from the lead before it. */
static void place_at_events(struct backtest_request *request, const struct origin_frame *frame,
                            uint64_t count)
{
    for (size_t i = request->frame.event_count; i > 0 && request->origin_count < count; i--) {
        const struct event_window *event = &request->frame.events[i - 1];
        int64_t as_of_unix = event->start_unix - frame->lead;
        if (event->end_unix <= frame->end_unix && as_of_unix > frame->first_unix) {
            struct backtest_origin *origin =
                add_origin(request, as_of_unix, event->start_unix, event->end_unix);
            origin->is_event = true;
            origin->event_kind = event->kind;
            origin->event_members = event->members;
        }
    }
}

static int complain_of_no_event(struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "--at-events: no event of the calendar lies within the history, with a time "
                     "before it in which keys can have fallen silent");
}

static int place_origins(struct backtest_request *request, const struct pipeline *pipeline,
                         struct error *err)
{
    const struct predict_options *options = pipeline->options;
    const struct history_totals *totals = history_reader_totals(request->reader);
    int64_t bucket_second = totals->bucket_second;
    struct origin_frame frame = {
        .first_unix = bucket_start_unix(totals->first_bucket, bucket_second) +
                      request->frame.dormant_after_second,
        .length = round_up(options->length_second, bucket_second),
        .lead = round_up(options->lead_second, bucket_second),
        .step = round_up(options->step_second, bucket_second),
    };
    if (find_end(request, pipeline, &frame.end_unix, err) != 0) {
        return -1;
    }
    if (options->is_at_events) {
        place_at_events(request, &frame, options->origins);
        return request->origin_count == 0 ? complain_of_no_event(err) : 0;
    }
    place_rolling(request, &frame, options->origins);
    if (request->origin_count == 0) {
        return complain_of_short_history(request, frame.end_unix, err);
    }
    if (request->origin_count < options->origins) {
        message_note(pipeline->message,
                     "%zu of %" PRIu64 " origins: before the others no key can be dormant",
                     request->origin_count, options->origins);
    }
    return 0;
}

static int load_calendar(struct backtest_request *request, const struct pipeline *pipeline,
                         struct error *err)
{
    const char *path = pipeline->options->events;
    path = path == NULL ? pipeline->config->events_file : path;
    if (path == NULL && pipeline->options->is_at_events) {
        return error_set(
            err, ERROR_USAGE,
            "--at-events needs a calendar: give --events FILE, or [events] file in the "
            "config");
    }
    if (path == NULL) {
        return 0;
    }
    request->calendar = event_calendar_load(path, request->zone, request->frame.bucket_second,
                                            pipeline->message, err);
    if (request->calendar == NULL) {
        return -1;
    }
    request->frame.events = event_calendar_windows(request->calendar, &request->frame.event_count);
    return 0;
}

static int settle_times(struct backtest_request *request, const struct pipeline *pipeline,
                        struct error *err)
{
    const struct history_totals *totals = history_reader_totals(request->reader);
    const char *zone = pipeline->options->zone;
    zone = zone == NULL ? pipeline->config->history_zone : zone;
    request->zone = zone_open(zone == NULL ? "UTC" : zone, err);
    if (request->zone == NULL) {
        return -1;
    }
    if (totals->event_count == 0) {
        return error_set(err, ERROR_INPUT,
                         "the history is empty: run rekindle-predict ingest first");
    }
    request->frame.zone = request->zone;
    request->frame.bucket_second = totals->bucket_second;
    request->frame.dormant_after_second =
        round_up(pipeline->options->dormant_after_second, totals->bucket_second);
    return load_calendar(request, pipeline, err) == 0 ? place_origins(request, pipeline, err) : -1;
}

/* ---- the whole */

static int check_options(const struct predict_options *options, struct error *err)
{
    if (options->out == NULL) {
        return error_set(err, ERROR_USAGE, "where do the metrics go? give --out FILE, or --out -");
    }
    if (options->length_second == 0 && !options->is_at_events) {
        return error_set(
            err, ERROR_USAGE,
            "how long is the window to forecast? give --length, as 3d, or --at-events");
    }
    if (options->length_second != 0 && options->is_at_events) {
        return error_set(err, ERROR_USAGE, "--length or --at-events: events have a length already");
    }
    if (options->length_second < 0 || options->lead_second < 0 || options->step_second <= 0) {
        return error_set(err, ERROR_USAGE, "--length, --lead and --step go forward in time");
    }
    if (options->origins == 0 || options->origins > BACKTEST_ORIGINS_MAX) {
        return error_set(err, ERROR_USAGE, "--origins: %" PRIu64 " is not within 1 to %d",
                         options->origins, (int)BACKTEST_ORIGINS_MAX);
    }
    return 0;
}

int backtest_request_open(struct backtest_request *request, const struct pipeline *pipeline,
                          struct error *err)
{
    const struct predict_options *options = pipeline->options;
    *request = (struct backtest_request){0};
    if (check_options(options, err) != 0 || choose_entities(request, options->entity, err) != 0 ||
        choose_models(request, options->models, err) != 0) {
        return -1;
    }
    request->plan =
        (struct ranking_plan){.top = options->top, .budget_bytes = options->budget_bytes};
    if (request->plan.budget_bytes == 0) {
        request->plan.budget_bytes = pipeline->config->budget_memory_bytes;
    }
    const char *dir = pipeline_history_dir(pipeline, err);
    if (dir == NULL) {
        return -1;
    }
    request->reader = history_reader_open(dir, err);
    if (request->reader == NULL || attribute_files_load(pipeline, request->attributes, err) != 0) {
        return -1;
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        request->frame.attributes[i] = request->attributes[i];
    }
    return settle_times(request, pipeline, err);
}

void backtest_request_close(struct backtest_request *request)
{
    attribute_files_free(request->attributes);
    event_calendar_free(request->calendar);
    zone_close(request->zone);
    history_reader_close(request->reader);
}
