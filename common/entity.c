/* entity.c - see entity.h.
 * Room: common. May touch: nothing. */
#include "common/entity.h"

static const char *const names[ENTITY_COUNT] = {
    [ENTITY_USER] = "user",
    [ENTITY_PRODUCT] = "product",
};

const char *entity_name(enum entity entity)
{
    return names[entity];
}

int entity_parse(struct slice name, enum entity *entity)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (slice_is_equal(name, slice_of(names[i]))) {
            *entity = (enum entity)i;
            return 0;
        }
    }
    return -1;
}
