/* switch_key.h - the switch of those who have no shell on the box: keys in Redis, watched by a thread of their own.
 * Room: loader/live. May touch: the Redis that holds the control keys ([redis] control, or the target).
 *
 *   rekindle:switch:RUN   pause | stop | resume   this run; `resume` is taken in and deleted
 *   rekindle:switch       pause | stop            every run that has its control keys here
 *
 * Promises: a Redis that hangs holds nobody up; one that is not there wishes nothing. */
#ifndef REKINDLE_LOADER_SWITCH_KEY_H
#define REKINDLE_LOADER_SWITCH_KEY_H

#include "common/config.h"
#include "common/error.h"
#include "loader/folder/switch_latch.h"

#include <stdbool.h>

#define SWITCH_KEY_ALL "rekindle:switch"

enum { SWITCH_KEY_NAME_SIZE = 128 };

struct switch_key;

/* What the keys say. */
struct switch_key_word {
    enum run_wish wish;
    bool is_resume;  /* somebody has set the run's own key to resume; told once */
    bool is_all;     /* it is the key for all runs */
    bool is_unknown; /* one of them says something else than pause, stop or resume */
    bool is_silent;  /* Redis did not answer the last time */
};

/* Starts the thread after a first look, so that a run that was switched off before it began does not begin.
 * `run_name`: the last part of its folder. ERROR_RESOURCE when there is no memory or thread. */
struct switch_key *switch_key_start(const struct redis_config *redis, const char *run_name,
                                    struct error *err) MUST_CHECK;
struct switch_key_word switch_key_look(struct switch_key *key);
/* What the keys said until now no longer counts, only what they still say from the next look on: somebody has resumed, and
 * has deleted the key before. */
void switch_key_forget(struct switch_key *key);
/* Ends the thread within a second or two; NULL is fine. */
void switch_key_stop(struct switch_key *key);

/* `rekindle:switch:RUN`, to `name` [SWITCH_KEY_NAME_SIZE], returned. */
const char *switch_key_name(const char *run_name, char *name);
/* Deletes the run's key, and with `is_all` the one for all: what `resume` does. 1 when the key for all is still there. */
int switch_key_clear(const struct redis_config *redis, const char *run_name, bool is_all,
                     struct error *err) MUST_CHECK;

#endif
