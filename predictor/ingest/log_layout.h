/* log_layout.h - all that the options say about the lines of a log, compiled once: format, columns, rules, filters.
 * Room: predictor/ingest. May touch: the file of --ignore-agents, once. Read-only while threads parse. */
#ifndef REKINDLE_PREDICTOR_LOG_LAYOUT_H
#define REKINDLE_PREDICTOR_LOG_LAYOUT_H

#include "common/civil_time.h"
#include "common/entity.h"
#include "common/error.h"
#include "common/slice.h"
#include "common/spelling.h"

#include "predictor/ingest/csv_format.h"
#include "predictor/ingest/field_map.h"
#include "predictor/ingest/id_rule.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/line_filter.h"
#include "predictor/ingest/parse_scratch.h"
#include "predictor/ingest/web_format.h"

#include <stdbool.h>
#include <stdint.h>

/* As the command line gives it; all borrowed for as long as the layout lives; NULL: not given. */
struct log_layout_options {
    const char *format;    /* combined, common, nginx:LOG_FORMAT, csv, ndjson */
    const char *columns;   /* csv and ndjson */
    const char *delimiter; /* csv */
    const char *user_rule, *product_rule;
    const char *status, *ignore_agents_path;
    const struct zone *zone; /* of times that tell none; NULL: UTC */
    int64_t now_unix;        /* times more than a day later are bad */
};

struct log_format;

struct log_layout {
    const struct log_format *format;
    struct field_map fields;
    struct web_format web; /* of the web formats */
    struct csv_format csv; /* of csv; learns the columns of each file from its header */
    struct id_rules id_rules[ENTITY_COUNT];
    struct line_filter filter;
    const struct zone *zone;
    int64_t now_unix;
    int cost_digits; /* 6: costs are seconds; 3: milliseconds */
};

/* A row of the table of formats. */
struct log_format {
    const char *name;
    int cost_digits; /* 6: costs are seconds; 3: milliseconds */
    /* Reads format and columns, and casts the roles. `argument` is what follows `name:`, or NULL. */
    int (*plan)(struct log_layout *layout, const struct log_layout_options *options,
                const char *argument, struct error *err);
    bool (*has_field)(const void *layout, struct slice name);            /* NULL: any */
    void (*offer_fields)(const void *layout, struct spelling *spelling); /* with has_field */
    /* After the rules have said which fields they want. NULL: nothing to do. */
    int (*bind)(struct log_layout *layout, struct error *err);
    enum line_fate (*parse)(const struct log_layout *layout, struct slice line,
                            struct parse_scratch *scratch, struct log_fields *fields,
                            size_t *column);
};

/* ERROR_USAGE with a sentence for every option that does not fit the others. Free also when it failed. */
int log_layout_init(struct log_layout *layout, const struct log_layout_options *options,
                    struct error *err) MUST_CHECK;
void log_layout_free(struct log_layout *layout);

/* Does each file begin with a header line? Then log_layout_begin_file must read it before lines are parsed. */
bool log_layout_has_header(const struct log_layout *layout);
int log_layout_begin_file(struct log_layout *layout, struct slice header, const char *path,
                          struct error *err) MUST_CHECK;

/* Finds the wanted fields of `line`. LINE_WITH_EVENT: nothing wrong so far. */
static inline enum line_fate log_layout_parse(const struct log_layout *layout, struct slice line,
                                              struct parse_scratch *scratch,
                                              struct log_fields *fields, size_t *column)
{
    for (size_t i = 0; i < layout->fields.count; i++) {
        fields->of[i] = (struct slice){.bytes = NULL, .size = 0};
    }
    return layout->format->parse(layout, line, scratch, fields, column);
}

/* The name of a format, not the present one, that nothing more needs to be said about and that reads `line`;
 * NULL: none. For a hint. */
const char *log_layout_suggest(const struct log_layout *layout, struct slice line,
                               struct parse_scratch *scratch);

#endif
