/* field_map.h - which named fields of a line are wanted, and at which slot a parser puts them.
 * Room: predictor/ingest. May touch: malloc, through its arena. */
#ifndef REKINDLE_PREDICTOR_FIELD_MAP_H
#define REKINDLE_PREDICTOR_FIELD_MAP_H

#include "common/arena.h"
#include "common/error.h"
#include "common/slice.h"

#include <stddef.h>

/* What a field can be good for, besides naming a user or product by a rule. */
enum field_role {
    ROLE_TIME,
    ROLE_STATUS,
    ROLE_AGENT,
    ROLE_SIZE,
    ROLE_COST,
    ROLE_REQUEST, /* `GET /a?b=c HTTP/1.1`, or the target alone */
    ROLE_ARGS,    /* `b=c` alone */
    ROLE_COOKIE,  /* a whole Cookie header */
    ROLE_USER,
    ROLE_PRODUCT,
    ROLE_COUNT
};

enum { FIELD_SLOT_MAX = 24, FIELD_ABSENT = -1 };

struct field_map {
    struct slice names[FIELD_SLOT_MAX]; /* by slot; held by the arena */
    size_t count;
    int slots[ROLE_COUNT]; /* FIELD_ABSENT: the format does not have it */
    struct arena arena;
};

/* What a parser found in one line, by slot; bytes NULL: not there. */
struct log_fields {
    struct slice of[FIELD_SLOT_MAX];
};

void field_map_init(struct field_map *map);
void field_map_free(struct field_map *map);

/* The slot of `name`, made when it is new; -1 when there are too many or no memory. */
int field_map_want(struct field_map *map, struct slice name, struct error *err) MUST_CHECK;
/* The slot of `name`, or FIELD_ABSENT. */
int field_map_find(const struct field_map *map, struct slice name);
/* `role` is played by the field `name`. */
int field_map_cast(struct field_map *map, enum field_role role, struct slice name,
                   struct error *err) MUST_CHECK;

/* Casts from `time=ts,user=user_id,...`: roles time, user, product, size, cost, status, agent, request, cookie.
 * ERROR_USAGE for an unknown or repeated role, or without a time. */
int field_map_parse_columns(struct field_map *map, const char *columns,
                            struct error *err) MUST_CHECK;

#endif
