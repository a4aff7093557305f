/* web_format.h - lines of web servers, told by the string of nginx's log_format directive.
 * Room: predictor/ingest. May touch: nothing. Pure once bound. */
#ifndef REKINDLE_PREDICTOR_WEB_FORMAT_H
#define REKINDLE_PREDICTOR_WEB_FORMAT_H

#include "common/error.h"
#include "common/slice.h"
#include "common/spelling.h"

#include "predictor/ingest/field_map.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/parse_scratch.h"

#include <stdbool.h>
#include <stddef.h>

enum { WEB_VARIABLE_MAX = 64 };

/* The strings of two formats that everybody has. */
#define WEB_FORMAT_COMMON                                                                          \
    "$remote_addr $remote_ident $remote_user [$time_local] \"$request\" $status $body_bytes_sent"
#define WEB_FORMAT_COMBINED WEB_FORMAT_COMMON " \"$http_referer\" \"$http_user_agent\""

struct web_variable {
    struct slice name;
    struct slice literal_after; /* what ends the value; size 0: the end of the line */
    int slot;                   /* FIELD_ABSENT: nobody wants it */
    bool is_quoted;             /* the value stands between double quotes, with escapes inside */
    bool may_lack_end; /* the last in quotes, and no id: writers cut long user agents off */
};

struct web_format {
    struct slice literal_first; /* before the first variable */
    struct web_variable variables[WEB_VARIABLE_MAX];
    size_t variable_count;
    char *text; /* the directive's pieces joined; what all slices above point into */
};

/* Reads `text`, a log_format string: `$name` or `${name}` and what stands between them; pieces in single
 * quotes, as in nginx.conf, are joined. ERROR_USAGE when two variables touch or there is none. */
int web_format_init(struct web_format *format, const char *text, struct error *err) MUST_CHECK;
void web_format_free(struct web_format *format);

bool web_format_has(const struct web_format *format, struct slice name);
/* Offers the names of its variables. */
void web_format_offer(const struct web_format *format, struct spelling *spelling);
/* Casts the roles that its variables can play: $time_local is the time, $request the request, ... */
int web_format_cast_roles(const struct web_format *format, struct field_map *map,
                          struct error *err) MUST_CHECK;
/* Learns the slots, when `map` is complete. */
void web_format_bind(struct web_format *format, const struct field_map *map);

/* Fills `fields`; escapes (\xHH of nginx, \" of Apache) are decoded in `scratch`. A further field after the
 * last literal is passed over when a blank parts it; a last user agent may lack its closing quote. LINE_WITH_EVENT: nothing wrong; else `*column` says
 * where (from 1) the field began whose end was not found. */
enum line_fate web_format_parse(const struct web_format *format, struct slice line,
                                struct parse_scratch *scratch, struct log_fields *fields,
                                size_t *column);

#endif
