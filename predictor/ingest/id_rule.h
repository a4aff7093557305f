/* id_rule.h - where a line names its user or product: a field, a cookie, a query parameter, a path template.
 * Room: predictor/ingest. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_ID_RULE_H
#define REKINDLE_PREDICTOR_ID_RULE_H

#include "common/error.h"
#include "common/slice.h"
#include "common/spelling.h"

#include "predictor/ingest/field_map.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/parse_scratch.h"

#include <stdbool.h>
#include <stddef.h>

enum id_rule_kind {
    ID_RULE_FIELD,  /* the field as it is */
    ID_RULE_COOKIE, /* one cookie of a Cookie header, as it is */
    ID_RULE_QUERY,  /* one parameter of the request's query, percent-decoded, + is a blank */
    ID_RULE_ARGS,   /* the same of a bare query string */
    ID_RULE_PATH,   /* {id} of a template of the request's path, percent-decoded */
};

struct id_rule {
    enum id_rule_kind kind;
    struct slice
        text; /* name of the cookie or parameter, or the template; borrowed from the option */
    int slot; /* of the field to look into */
};

enum { ID_RULE_MAX = 8 };

/* Tried in order until one finds an id. Count 0: no such ids are wanted. */
struct id_rules {
    struct id_rule rules[ID_RULE_MAX];
    size_t count;
};

/* What a format can say of itself, to bind rules to its fields. */
struct field_source {
    struct field_map *map;
    bool (*has)(const void *format, struct slice name); /* NULL: any name may be asked for */
    void (*offer)(const void *format, struct spelling *spelling); /* its names; with `has` */
    const void *format;
};

/* Adds the rules in `text`, parted by `|`: field:NAME cookie:NAME query:NAME header:NAME path:TEMPLATE.
 * `option` is how the user calls it ("--user"). ERROR_USAGE for an unknown kind, a template that could never fit or
 * does not hold {id} once, or when the format has no field for it. */
int id_rules_parse(struct id_rules *rules, const char *option, const char *text,
                   struct field_source *source, struct error *err) MUST_CHECK;
/* Adds the rule that the field at `slot` is the id. */
void id_rules_add_field(struct id_rules *rules, int slot);

/* The first id found; `id->size` 0: none. LINE_WITH_EVENT, or why the line is bad. An empty id and `-` are none.
 * Decoded ids stand in `scratch`. */
enum line_fate id_rules_find(const struct id_rules *rules, const struct log_fields *fields,
                             struct parse_scratch *scratch, struct slice *id);

/* Does `path` fit `path_template`? Segment by segment: a literal, `*` (any one), or text around `{id}`, which takes
 * the segment's rest; a last `**` takes what is left (at least one segment). A slash at the end of either counts for
 * nothing. `*id` is what stands for {id}, not decoded. */
bool id_rule_match_path(struct slice path_template, struct slice path, struct slice *id);

#endif
