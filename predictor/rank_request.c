/* rank_request.c - see rank_request.h.
 * Room: predictor (top). May touch: predictor/calendar, predictor/history, predictor/rank. */
#include "predictor/rank_request.h"

#include "predictor/attribute_files.h"

#include "common/civil_time.h"
#include "common/units.h"

#include "predictor/rank/rank_score.h"

#include <stdlib.h>

/* ---- times */

static int open_zone(struct rank_request *request, const struct pipeline *pipeline,
                     struct error *err)
{
    const char *name = pipeline->options->zone;
    if (name == NULL) {
        name = pipeline->config->history_zone;
    }
    request->zone = zone_open(name == NULL ? "UTC" : name, err);
    return request->zone == NULL ? -1 : 0;
}

static int load_calendar(struct rank_request *request, const struct pipeline *pipeline,
                         struct error *err)
{
    const char *path = pipeline->options->events;
    if (path == NULL) {
        path = pipeline->config->events_file;
    }
    if (path == NULL) {
        return 0;
    }
    request->calendar = event_calendar_load(path, request->zone, request->frame.bucket_second,
                                            pipeline->message, err);
    return request->calendar == NULL ? -1 : 0;
}

static int find_event(struct rank_request *request, const struct pipeline *pipeline,
                      struct error *err)
{
    const char *name = pipeline->options->event;
    if (request->calendar == NULL) {
        return error_set(err, ERROR_USAGE,
                         "--event needs a calendar: give --events FILE, or [events] file in the "
                         "config, or --window START/END instead");
    }
    const struct event_window *found = event_calendar_find(request->calendar, name);
    if (found == NULL) {
        char coming[256], hint[SPELLING_HINT_SIZE];
        struct spelling spelling = event_calendar_spell(request->calendar, name);
        event_calendar_print_coming(request->calendar, pipeline->now_unix, coming, sizeof coming);
        return error_set(err, ERROR_INPUT, "the calendar has no event '%.80s'; coming: %s%s", name,
                         coming, spelling_hint(&spelling, hint));
    }
    request->window = *found;
    return 0;
}

static int find_window(struct rank_request *request, const struct pipeline *pipeline,
                       struct error *err)
{
    const struct predict_options *options = pipeline->options;
    if (options->event != NULL && options->window == NULL) {
        return find_event(request, pipeline, err);
    }
    if (options->window == NULL) {
        return error_set(err, ERROR_USAGE, "which event? give --event NAME or --window START/END");
    }
    request->window = (struct event_window){
        .name = options->event == NULL ? "" : options->event,
        .kind = "",
    };
    if (civil_parse_window(options->window, request->zone, &request->window.start_unix,
                           &request->window.end_unix, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--window");
    }
    if (event_calendar_round(&request->window, request->frame.bucket_second)) {
        message_note(pipeline->message, "the window was rounded outward to whole buckets");
    }
    return 0;
}

/* By default the present, or where the window opens if that is past: nothing later may be looked at. Rounded down
 * to a bucket, since half a bucket cannot be left out. */
static int find_as_of(struct rank_request *request, const struct pipeline *pipeline,
                      struct error *err)
{
    const struct predict_options *options = pipeline->options;
    int64_t as_of_unix = pipeline->now_unix;
    int64_t bucket_second = request->frame.bucket_second;
    if (options->as_of != NULL) {
        if (civil_parse_time(options->as_of, request->zone, &as_of_unix, err) != 0) {
            err->kind = ERROR_USAGE;
            return error_add_context(err, "--as-of");
        }
    } else if (as_of_unix > request->window.start_unix) {
        as_of_unix = request->window.start_unix;
    }
    int64_t rest = ((as_of_unix % bucket_second) + bucket_second) % bucket_second;
    if (rest != 0 && options->as_of != NULL) {
        message_note(pipeline->message, "as-of was rounded down to a whole bucket");
    }
    request->frame.as_of_unix = as_of_unix - rest;
    if (request->frame.as_of_unix > request->window.start_unix) {
        return error_set(err, ERROR_USAGE, "--as-of lies after the start of the window");
    }
    return 0;
}

static int check_history_age(const struct rank_request *request, const struct pipeline *pipeline,
                             struct error *err)
{
    const struct history_totals *totals = history_reader_totals(request->reader);
    int64_t limit_second = pipeline->options->max_history_age_second;
    int64_t end_unix = ((int64_t)totals->last_bucket + 1) * totals->bucket_second;
    int64_t age_second = request->frame.as_of_unix - end_unix;
    char end[CIVIL_TEXT_SIZE];
    char age[UNITS_TEXT_SIZE];
    if (totals->event_count == 0) {
        return error_set(err, ERROR_INPUT,
                         "the history is empty: run rekindle-predict ingest first");
    }
    if (age_second <= limit_second) {
        return 0;
    }
    return error_set(err, ERROR_INPUT,
                     "the history ends at %s, %s before as-of: logs are missing; ingest them, or "
                     "raise --max-history-age, or forecast from an earlier --as-of",
                     civil_print_rfc3339(end, end_unix, request->zone),
                     units_print_duration(age, (double)age_second));
}

/* A bucket that only ends after the threshold may hold an access after it, so whole buckets have to lie between. */
static void round_dormancy_up(struct rank_request *request)
{
    int64_t bucket_second = request->frame.bucket_second;
    int64_t over_second = request->dormant_after_second % bucket_second;
    if (over_second != 0) {
        request->dormant_after_second += bucket_second - over_second;
    }
}

/* Who looks back on purpose says from when. */
static void warn_of_past_window(const struct rank_request *request, const struct pipeline *pipeline)
{
    char end[CIVIL_TEXT_SIZE];
    if (request->window.end_unix <= pipeline->now_unix && pipeline->options->as_of == NULL) {
        message_warn(pipeline->message,
                     "the window ended at %s: rekindle-load will refuse this plan",
                     civil_print_rfc3339(end, request->window.end_unix, request->zone));
    }
}

static int settle_times(struct rank_request *request, const struct pipeline *pipeline,
                        struct error *err)
{
    request->frame.bucket_second = history_reader_totals(request->reader)->bucket_second;
    round_dormancy_up(request);
    if (open_zone(request, pipeline, err) != 0 || load_calendar(request, pipeline, err) != 0 ||
        find_window(request, pipeline, err) != 0 || find_as_of(request, pipeline, err) != 0) {
        return -1;
    }
    request->frame.zone = request->zone;
    request->frame.window = &request->window;
    warn_of_past_window(request, pipeline);
    if (request->calendar != NULL) {
        size_t count;
        request->frame.past = event_calendar_windows(request->calendar, &count);
        request->frame.past_count =
            event_calendar_count_past(request->calendar, request->frame.as_of_unix);
    }
    return check_history_age(request, pipeline, err);
}

/* ---- who, and under which keys */

static int choose_scope(struct rank_request *request, const struct predict_options *options,
                        struct error *err)
{
    enum entity only;
    request->dormant_after_second = options->dormant_after_second;
    if (options->scope != NULL && strcmp(options->scope, "all") == 0) {
        request->dormant_after_second = 0;
    } else if (options->scope != NULL && strcmp(options->scope, "dormant") != 0) {
        return error_set(err, ERROR_USAGE, "--scope: '%.40s' is neither dormant nor all",
                         options->scope);
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        request->is_wanted[i] = options->entity == NULL;
    }
    if (options->entity == NULL) {
        return 0;
    }
    if (entity_parse(slice_of(options->entity), &only) != 0) {
        return error_set(err, ERROR_USAGE, "--entity: '%.40s' is neither user nor product",
                         options->entity);
    }
    request->is_wanted[only] = true;
    return 0;
}

/* So that a history can be ranked before there is any config: keys `user:{id}` and `product:{id}`. */
static int use_fallback(struct rank_request *request, enum entity entity,
                        const struct pipeline *pipeline, struct error *err)
{
    enum { TEMPLATE_SIZE = 32 };
    char text[TEMPLATE_SIZE];
    struct family *family = &request->fallback[entity];
    snprintf(text, sizeof text, "%s:{id}", entity_name(entity));
    *family = (struct family){
        .name = entity_name(entity),
        .entity = entity,
    };
    if (key_template_parse(text, &family->key, err) != 0) {
        return -1;
    }
    request->families[entity][0] = family;
    request->family_count[entity] = 1;
    message_note(pipeline->message,
                 "no family of %ss in the config: planning keys %s; where the log told no size or "
                 "cost, %d bytes and %d ms",
                 entity_name(entity), text, VALUE_SIZE_DEFAULT_BYTES, MISS_COST_DEFAULT_MS);
    return 0;
}

static int choose_families(struct rank_request *request, const struct pipeline *pipeline,
                           struct error *err)
{
    const struct config *config = pipeline->config;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        enum entity entity = (enum entity)i;
        request->families[i] = calloc(config->family_count + 1, sizeof(struct family *));
        if (request->families[i] == NULL) {
            return error_set_memory(err, "choosing families");
        }
        for (size_t j = 0; j < config->family_count; j++) {
            if (config->families[j].entity == entity) {
                request->families[i][request->family_count[i]++] = &config->families[j];
            }
        }
        bool is_left_out = config->family_count > 0 && pipeline->options->entity == NULL;
        if (request->family_count[i] == 0 && is_left_out) {
            request->is_wanted[i] = false;
            if (history_reader_totals(request->reader)->key_count_max[i] > 0) {
                message_note(pipeline->message,
                             "%ss: the config has no family of them, so none are planned",
                             entity_name(entity));
            }
        } else if (request->family_count[i] == 0 && request->is_wanted[i] &&
                   use_fallback(request, entity, pipeline, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int load_list(struct key_list **list, const struct option_list *paths, struct error *err)
{
    *list = key_list_new(err);
    if (*list == NULL) {
        return -1;
    }
    for (size_t i = 0; i < paths->count; i++) {
        if (key_list_load(*list, paths->values[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

int rank_request_open(struct rank_request *request, const struct pipeline *pipeline,
                      struct error *err)
{
    *request = (struct rank_request){0};
    const struct predict_options *options = pipeline->options;
    if (options->out == NULL) {
        return error_set(err, ERROR_USAGE, "where does the plan go? give --out FILE, or --out -");
    }
    if (options->event == NULL && options->window == NULL) {
        return error_set(err, ERROR_USAGE, "which event? give --event NAME or --window START/END");
    }
    if (options->dump_features != NULL && options->model != NULL &&
        strcmp(options->model, "auto") != 0) {
        return error_set(err, ERROR_USAGE,
                         "--dump-features: the model %.40s has no features; auto has",
                         options->model);
    }
    if (options->event_strength < 0) {
        return error_set(err, ERROR_USAGE, "--event-strength %g: a share of 0 or more, as 1.3",
                         options->event_strength);
    }
    const char *dir = pipeline_history_dir(pipeline, err);
    if (dir == NULL || choose_scope(request, options, err) != 0) {
        return -1;
    }
    request->reader = history_reader_open(dir, err);
    if (request->reader == NULL || settle_times(request, pipeline, err) != 0 ||
        choose_families(request, pipeline, err) != 0 ||
        attribute_files_load(pipeline, request->attributes, err) != 0 ||
        load_list(&request->pins, &options->pins, err) != 0) {
        return -1;
    }
    return load_list(&request->exclusions, &options->exclude, err);
}

void rank_request_close(struct rank_request *request)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        free(request->families[i]);
    }
    attribute_files_free(request->attributes);
    key_list_free(request->pins);
    key_list_free(request->exclusions);
    event_calendar_free(request->calendar);
    zone_close(request->zone);
    history_reader_close(request->reader);
}
