/* publish_keys.h - what the application reads: the share of users that may see a feature, and whether to degrade.
 * Room: loader/run. May touch: the Redis that holds the control keys, a file for nginx.
 *
 *   rekindle:ramp:EVENT       0 to 100, up to two decimals: a user is in if his bucket is below 100 times that
 *   rekindle:degrade:FAMILY   on or off
 *   rekindle:warming          there while guard warms a lost cache again; for ramps, which wait for that
 *
 * A missing share means 0; a missing degradation key what the family's on_loss says. */
#ifndef REKINDLE_LOADER_PUBLISH_KEYS_H
#define REKINDLE_LOADER_PUBLISH_KEYS_H

#include "common/config.h"
#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

struct redis_control;

/* In buckets; `hold_second`: how long the key lives, 0 for ever. `is_new` false: a key that is gone, because Redis came
 * back empty just now, is not made again. */
int publish_keys_share(struct redis_control *control, const char *event, int share,
                       int64_t hold_second, bool is_new, struct error *err) MUST_CHECK;
/* The share in buckets, or RAMP_KEY_LOST, or RAMP_KEY_UNKNOWN when Redis does not answer. What is no share counts as 0. */
int publish_keys_found_share(struct redis_control *control, const char *event);

/* Says for `hold_second` that guard is at work. */
int publish_keys_warming(struct redis_control *control, int64_t hold_second,
                         struct error *err) MUST_CHECK;
bool publish_keys_is_warming(struct redis_control *control);
int publish_keys_end_warming(struct redis_control *control, struct error *err) MUST_CHECK;

/* For every family of the config. */
int publish_keys_degrade(struct redis_control *control, const struct config *config,
                         bool is_degraded, int64_t hold_second, struct error *err) MUST_CHECK;
/* All is well: families that degrade on loss get an `off` where they have no key. */
int publish_keys_keep_off(struct redis_control *control, const struct config *config,
                          struct error *err) MUST_CHECK;
/* All is well, and nobody watches any more: families that degrade on loss get an `off` for ever, others no key. */
int publish_keys_end_degrade(struct redis_control *control, const struct config *config,
                             struct error *err) MUST_CHECK;

/* A split_clients block, replaced as a whole. nginx hashes otherwise than we do: the share is the same, the users are not. */
int publish_keys_nginx(const char *path, const char *event, int share,
                       struct error *err) MUST_CHECK;

#endif
