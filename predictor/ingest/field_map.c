/* field_map.c - see field_map.h.
 * Room: predictor/ingest. May touch: malloc, through its arena. */
#include "predictor/ingest/field_map.h"

#include <string.h>

void field_map_init(struct field_map *map)
{
    memset(map, 0, sizeof *map);
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        map->slots[role] = FIELD_ABSENT;
    }
}

void field_map_free(struct field_map *map)
{
    arena_free(&map->arena);
    field_map_init(map);
}

int field_map_find(const struct field_map *map, struct slice name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (slice_is_equal(map->names[i], name)) {
            return (int)i;
        }
    }
    return FIELD_ABSENT;
}

int field_map_want(struct field_map *map, struct slice name, struct error *err)
{
    int slot = field_map_find(map, name);
    if (slot != FIELD_ABSENT) {
        return slot;
    }
    if (map->count == FIELD_SLOT_MAX) {
        return error_set(err, ERROR_USAGE, "more than %d fields of a line are asked for",
                         FIELD_SLOT_MAX);
    }
    struct slice copy = arena_copy(&map->arena, name);
    if (copy.bytes == NULL) {
        return error_set_memory(err, "planning how to read logs");
    }
    map->names[map->count] = copy;
    return (int)map->count++;
}

int field_map_cast(struct field_map *map, enum field_role role, struct slice name,
                   struct error *err)
{
    map->slots[role] = field_map_want(map, name, err);
    return map->slots[role] < 0 ? -1 : 0;
}

static const char *const column_roles[ROLE_COUNT] = {
    [ROLE_TIME] = "time",       [ROLE_STATUS] = "status", [ROLE_AGENT] = "agent",
    [ROLE_SIZE] = "size",       [ROLE_COST] = "cost",     [ROLE_REQUEST] = "request",
    [ROLE_ARGS] = "args",       [ROLE_COOKIE] = "cookie", [ROLE_USER] = "user",
    [ROLE_PRODUCT] = "product",
};

/* One `role=name`. */
static int cast_column(struct field_map *map, struct slice pair, struct error *err)
{
    const char *equals = memchr(pair.bytes, '=', pair.size);
    if (equals == NULL || equals == pair.bytes || equals + 1 == pair.bytes + pair.size) {
        return error_set(err, ERROR_USAGE,
                         "--columns: '%.*s' is not role=column; write time=ts,user=user_id",
                         (int)pair.size, pair.bytes);
    }
    struct slice role_name = {.bytes = pair.bytes, .size = (size_t)(equals - pair.bytes)};
    struct slice name = {.bytes = equals + 1, .size = pair.size - role_name.size - 1};
    for (enum field_role role = 0; role < ROLE_COUNT; role++) {
        if (!slice_is_equal(role_name, slice_of(column_roles[role]))) {
            continue;
        }
        if (map->slots[role] != FIELD_ABSENT) {
            return error_set(err, ERROR_USAGE, "--columns: '%s' stands twice", column_roles[role]);
        }
        return field_map_cast(map, role, name, err);
    }
    return error_set(err, ERROR_USAGE,
                     "--columns: nothing is made of '%.*s'; there are time, user, product, size, "
                     "cost, status, agent, request, args and cookie",
                     (int)role_name.size, role_name.bytes);
}

int field_map_parse_columns(struct field_map *map, const char *columns, struct error *err)
{
    const char *at = columns;
    while (*at != '\0') {
        size_t size = strcspn(at, ",");
        if (cast_column(map, (struct slice){.bytes = at, .size = size}, err) != 0) {
            return -1;
        }
        at += size;
        at += *at == ',';
    }
    if (map->slots[ROLE_TIME] == FIELD_ABSENT) {
        return error_set(err, ERROR_USAGE,
                         "--columns: '%.100s' names no time column; write time=ts,user=user_id",
                         columns);
    }
    return 0;
}
