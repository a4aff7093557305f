/* ramp_restore.h - what becomes of published shares when the Redis that held them comes back empty.
 * Room: loader/run. May touch: the control keys, the ramps' notes in [run] dir.
 *
 * A ramp that ended is told again: 100 stays 100, 0 stays 0. One that was under way begins again at 0 by its own controller;
 * where that lives no more, its share is 0 from now on. Nobody is let in who was not in before: of what the ramp left and
 * what guard saw last the smaller share counts, and a key that went without a loss is not brought back. */
#ifndef REKINDLE_LOADER_RAMP_RESTORE_H
#define REKINDLE_LOADER_RAMP_RESTORE_H

#include "common/error.h"
#include "loader/load_job.h"

struct redis_control;

/* All is well: keeps in mind what the keys of ended ramps hold. */
int ramp_restore_observe(const struct load_job *job, struct redis_control *control,
                         struct error *err) MUST_CHECK;
/* After a loss, before anything is warmed: publishes what is missing, and waits a while for the ramps that are under way to
 * do so themselves. `beat` is called meanwhile, about ten times a second. ERROR_STOPPED after a signal. */
int ramp_restore_publish(const struct load_job *job, struct redis_control *control,
                         void (*beat)(void *context), void *context, struct error *err) MUST_CHECK;

#endif
