/* log_layout.c - see log_layout.h.
 * Room: predictor/ingest. May touch: the file of --ignore-agents. */
#include "predictor/ingest/log_layout.h"

#include "predictor/ingest/log_time.h"
#include "predictor/ingest/ndjson_format.h"

#include <string.h>

enum { COST_IN_SECONDS = 6, COST_IN_MS = 3 };

/* ---- the formats */

static int plan_web(struct log_layout *layout, const struct log_layout_options *options,
                    const char *text, struct error *err)
{
    if (options->columns != NULL) {
        return error_set(err, ERROR_USAGE, "--columns is for csv and ndjson, not for web logs");
    }
    if (web_format_init(&layout->web, text, err) != 0) {
        return -1;
    }
    return web_format_cast_roles(&layout->web, &layout->fields, err);
}

static int plan_common(struct log_layout *layout, const struct log_layout_options *options,
                       const char *argument, struct error *err)
{
    (void)argument;
    return plan_web(layout, options, WEB_FORMAT_COMMON, err);
}

static int plan_combined(struct log_layout *layout, const struct log_layout_options *options,
                         const char *argument, struct error *err)
{
    (void)argument;
    return plan_web(layout, options, WEB_FORMAT_COMBINED, err);
}

static int plan_nginx(struct log_layout *layout, const struct log_layout_options *options,
                      const char *argument, struct error *err)
{
    if (argument == NULL) {
        return error_set(err, ERROR_USAGE,
                         "--format nginx: needs the text of log_format, as 'nginx:$remote_addr "
                         "[$time_local] \"$request\" $status'");
    }
    return plan_web(layout, options, argument, err);
}

static bool has_web_field(const void *layout, struct slice name)
{
    return web_format_has(&((const struct log_layout *)layout)->web, name);
}

static void offer_web_fields(const void *layout, struct spelling *spelling)
{
    web_format_offer(&((const struct log_layout *)layout)->web, spelling);
}

static int bind_web(struct log_layout *layout, struct error *err)
{
    (void)err;
    web_format_bind(&layout->web, &layout->fields);
    return 0;
}

static enum line_fate parse_web(const struct log_layout *layout, struct slice line,
                                struct parse_scratch *scratch, struct log_fields *fields,
                                size_t *column)
{
    return web_format_parse(&layout->web, line, scratch, fields, column);
}

static int plan_columns(struct log_layout *layout, const struct log_layout_options *options,
                        struct error *err)
{
    if (options->columns == NULL) {
        return error_set(err, ERROR_USAGE,
                         "--format %s needs --columns, as time=ts,user=user_id,product=item_id",
                         options->format);
    }
    return field_map_parse_columns(&layout->fields, options->columns, err);
}

static int plan_csv(struct log_layout *layout, const struct log_layout_options *options,
                    const char *argument, struct error *err)
{
    (void)argument;
    if (csv_format_init(&layout->csv, options->delimiter, err) != 0) {
        return -1;
    }
    return plan_columns(layout, options, err);
}

static int bind_csv(struct log_layout *layout, struct error *err)
{
    return csv_format_bind(&layout->csv, &layout->fields, err);
}

static enum line_fate parse_csv(const struct log_layout *layout, struct slice line,
                                struct parse_scratch *scratch, struct log_fields *fields,
                                size_t *column)
{
    return csv_format_parse(&layout->csv, line, scratch, fields, column);
}

static int plan_ndjson(struct log_layout *layout, const struct log_layout_options *options,
                       const char *argument, struct error *err)
{
    (void)argument;
    return plan_columns(layout, options, err);
}

static enum line_fate parse_ndjson(const struct log_layout *layout, struct slice line,
                                   struct parse_scratch *scratch, struct log_fields *fields,
                                   size_t *column)
{
    return ndjson_format_parse(&layout->fields, line, scratch, fields, column);
}

static const struct log_format formats[] = {
    {"common", COST_IN_SECONDS, plan_common, has_web_field, offer_web_fields, bind_web, parse_web},
    {"combined", COST_IN_SECONDS, plan_combined, has_web_field, offer_web_fields, bind_web,
     parse_web},
    {"nginx", COST_IN_SECONDS, plan_nginx, has_web_field, offer_web_fields, bind_web, parse_web},
    {"csv", COST_IN_MS, plan_csv, NULL, NULL, bind_csv, parse_csv},
    {"ndjson", COST_IN_MS, plan_ndjson, NULL, NULL, NULL, parse_ndjson},
};

static const size_t format_count = sizeof formats / sizeof *formats;

/* ---- the layout */

static int find_format(struct log_layout *layout, const char *text, const char **argument,
                       struct error *err)
{
    if (text == NULL) {
        return error_set(
            err, ERROR_USAGE,
            "which format? --format combined, common, nginx:LOG_FORMAT, csv or ndjson");
    }
    struct slice name = {.bytes = text, .size = strcspn(text, ":")};
    bool has_argument = text[name.size] == ':';
    for (size_t i = 0; i < format_count; i++) {
        bool takes_argument = strcmp(formats[i].name, "nginx") == 0;
        if (slice_is_equal(name, slice_of(formats[i].name)) && takes_argument >= has_argument) {
            layout->format = &formats[i];
            *argument = has_argument ? text + name.size + 1 : NULL;
            return 0;
        }
    }
    return error_set(err, ERROR_USAGE,
                     "--format '%.60s' is not known; there are combined, common, "
                     "nginx:LOG_FORMAT, csv and ndjson",
                     text);
}

/* A user comes from a column that --columns calls user, or from --user, not from both. */
static int plan_rules(struct log_layout *layout, enum entity entity, const char *rule,
                      struct error *err)
{
    static const char *const option_names[] = {
        [ENTITY_USER] = "--user", [ENTITY_PRODUCT] = "--product"};
    static const enum field_role roles[] = {
        [ENTITY_USER] = ROLE_USER, [ENTITY_PRODUCT] = ROLE_PRODUCT};
    int column_slot = layout->fields.slots[roles[entity]];
    if (rule == NULL) {
        if (column_slot != FIELD_ABSENT) {
            id_rules_add_field(&layout->id_rules[entity], column_slot);
        }
        return 0;
    }
    if (column_slot != FIELD_ABSENT) {
        return error_set(err, ERROR_USAGE, "%s and %s= in --columns: only one of them, please",
                         option_names[entity], entity_name(entity));
    }
    struct field_source source = {.map = &layout->fields,
                                  .has = layout->format->has_field,
                                  .offer = layout->format->offer_fields,
                                  .format = layout};
    return id_rules_parse(&layout->id_rules[entity], option_names[entity], rule, &source, err);
}

static int check_filters(const struct log_layout *layout, struct error *err)
{
    if (layout->filter.range_count > 0 && layout->fields.slots[ROLE_STATUS] == FIELD_ABSENT) {
        return error_set(err, ERROR_USAGE,
                         "--status, but this format has no status (columns: status=)");
    }
    if (layout->filter.agent_count > 0 && layout->fields.slots[ROLE_AGENT] == FIELD_ABSENT) {
        return error_set(err, ERROR_USAGE,
                         "--ignore-agents, but this format has no user agent (columns: agent=)");
    }
    return 0;
}

static int plan_all_rules(struct log_layout *layout, const struct log_layout_options *options,
                          struct error *err)
{
    if (plan_rules(layout, ENTITY_USER, options->user_rule, err) != 0 ||
        plan_rules(layout, ENTITY_PRODUCT, options->product_rule, err) != 0) {
        return -1;
    }
    if (layout->id_rules[ENTITY_USER].count + layout->id_rules[ENTITY_PRODUCT].count == 0) {
        return error_set(err, ERROR_USAGE,
                         "neither user nor product is asked for: give --user cookie:uid, --product "
                         "path:/product/{id} or the like (columns: user=, product=)");
    }
    return 0;
}

int log_layout_init(struct log_layout *layout, const struct log_layout_options *options,
                    struct error *err)
{
    memset(layout, 0, sizeof *layout);
    field_map_init(&layout->fields);
    layout->zone = options->zone;
    layout->now_unix = options->now_unix;
    const char *argument = NULL;
    if (find_format(layout, options->format, &argument, err) != 0) {
        return -1;
    }
    layout->cost_digits = layout->format->cost_digits;
    if (options->delimiter != NULL && strcmp(layout->format->name, "csv") != 0) {
        return error_set(err, ERROR_USAGE, "--delimiter is for csv only");
    }
    if (layout->format->plan(layout, options, argument, err) != 0 ||
        plan_all_rules(layout, options, err) != 0 ||
        (layout->format->bind != NULL && layout->format->bind(layout, err) != 0) ||
        line_filter_init(&layout->filter, options->status, options->ignore_agents_path, err) != 0) {
        return -1;
    }
    return check_filters(layout, err);
}

void log_layout_free(struct log_layout *layout)
{
    web_format_free(&layout->web);
    line_filter_free(&layout->filter);
    field_map_free(&layout->fields);
}

bool log_layout_has_header(const struct log_layout *layout)
{
    return layout->csv.has_header;
}

int log_layout_begin_file(struct log_layout *layout, struct slice header, const char *path,
                          struct error *err)
{
    return csv_format_read_header(&layout->csv, &layout->fields, header, path, err);
}

/* ---- hints */

static bool would_read_web(const char *text, struct slice line, struct parse_scratch *scratch)
{
    struct error err;
    struct field_map map;
    struct web_format web;
    struct log_fields fields = {{{NULL, 0}}};
    struct log_clock clock;
    size_t column;
    int64_t at_unix;
    field_map_init(&map);
    log_clock_init(&clock, NULL);
    bool is_read = false;
    scratch->used = 0;
    if (web_format_init(&web, text, &err) == 0 && web_format_cast_roles(&web, &map, &err) == 0) {
        web_format_bind(&web, &map);
        is_read = web_format_parse(&web, line, scratch, &fields, &column) == LINE_WITH_EVENT &&
                  log_time_parse(&clock, fields.of[map.slots[ROLE_TIME]], &at_unix) == 0;
    }
    web_format_free(&web);
    field_map_free(&map);
    return is_read;
}

static bool would_read_ndjson(struct slice line, struct parse_scratch *scratch)
{
    struct field_map map;
    struct log_fields fields = {{{NULL, 0}}};
    size_t column;
    field_map_init(&map);
    scratch->used = 0;
    return ndjson_format_parse(&map, line, scratch, &fields, &column) == LINE_WITH_EVENT;
}

const char *log_layout_suggest(const struct log_layout *layout, struct slice line,
                               struct parse_scratch *scratch)
{
    const char *present = layout->format->name;
    if (strcmp(present, "combined") != 0 && would_read_web(WEB_FORMAT_COMBINED, line, scratch)) {
        return "combined";
    }
    if (strcmp(present, "common") != 0 && would_read_web(WEB_FORMAT_COMMON, line, scratch)) {
        return "common";
    }
    return strcmp(present, "ndjson") != 0 && would_read_ndjson(line, scratch) ? "ndjson" : NULL;
}
