/* wave_soak.h - the time between two waves: the switch is obeyed, database and Redis are watched, the gate judges.
 * Room: loader/warm. May touch: the pulse, and through it all that beats. */
#ifndef REKINDLE_LOADER_WAVE_SOAK_H
#define REKINDLE_LOADER_WAVE_SOAK_H

#include "common/error.h"

#include <stdint.h>

struct load_bounds;
struct message;
struct pulse;

enum wave_action { WAVE_HOLD, WAVE_STOP, WAVE_ROLLBACK };

struct wave_soak {
    struct pulse *pulse;
    struct load_bounds *bounds; /* a deadline does not wait for a wave */
    const struct message *message;
    int64_t soak_second;
    enum wave_action on_unhealthy;
    int wave, wave_count; /* wave 1.. has just been written */
};

/* "hold" (also NULL), "stop" or "rollback". ERROR_USAGE for another word. */
int wave_soak_parse_action(const char *word, enum wave_action *action,
                           struct error *err) MUST_CHECK;

/* Returns when the next wave may come. With WAVE_HOLD it soaks again and again; otherwise ERROR_NO_GO says what was
 * unhealthy. */
int wave_soak_run(const struct wave_soak *soak, struct error *err) MUST_CHECK;

#endif
