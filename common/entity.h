/* entity.h - the two kinds of things that fall asleep and wake up.
 * Room: common. May touch: nothing. */
#ifndef REKINDLE_COMMON_ENTITY_H
#define REKINDLE_COMMON_ENTITY_H

#include "common/slice.h"

/* The order is the order of keys in a history: users before products. */
enum entity { ENTITY_USER, ENTITY_PRODUCT, ENTITY_COUNT };

enum { ENTITY_ID_SIZE_MAX = 512 }; /* a longer id is a bad line, a bad plan row, a bad list entry */

/* "user" or "product"; never NULL for a valid entity. */
const char *entity_name(enum entity entity);

/* 0 and `*entity`, or -1 when `name` is neither. */
int entity_parse(struct slice name, enum entity *entity);

#endif
