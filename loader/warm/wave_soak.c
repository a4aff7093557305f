/* wave_soak.c - see wave_soak.h.
 * Room: loader/warm. May touch: the pulse. */
#include "loader/warm/wave_soak.h"

#include <string.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/units.h"
#include "loader/rules/governor_config.h"
#include "loader/live/pulse.h"
#include "loader/warm/load_bounds.h"
#include "loader/rules/wave_gate.h"

enum { SAMPLE_EVERY_US = 500000 };

int wave_soak_parse_action(const char *word, enum wave_action *action, struct error *err)
{
    static const char *const words[] = {
        [WAVE_HOLD] = "hold", [WAVE_STOP] = "stop", [WAVE_ROLLBACK] = "rollback"};
    *action = WAVE_HOLD;
    if (word == NULL) {
        return 0;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            *action = (enum wave_action)i;
            return 0;
        }
    }
    return error_set(err, ERROR_USAGE, "--on-unhealthy is '%s', not hold, stop or rollback", word);
}

/* The limits are the governor's: what makes it pause is what a wave must not cause. A database that was never read is no
 * part of this run. */
static struct health_verdict judge(const struct pulse *pulse)
{
    const struct health *health = &pulse->look.health;
    struct governor_reach reach = {
        .has_database = health->readings[HEALTH_THREADS_RUNNING].at_us != 0, .has_redis = true};
    struct governor_settings settings = governor_config_read(&pulse->in_force, &reach);
    return health_judge(health, &settings.limits, monotonic_us());
}

static int soak_once(const struct wave_soak *soak, struct wave_gate *gate, struct error *err)
{
    int64_t soak_us = soak->soak_second * US_PER_SECOND;
    int64_t sample_us = soak_us / WAVE_GATE_SAMPLES_MIN;
    int64_t until_us = monotonic_us() + soak_us;
    sample_us = sample_us > SAMPLE_EVERY_US ? SAMPLE_EVERY_US : sample_us;
    *gate = (struct wave_gate){0};
    while (wave_gate_judge(gate, monotonic_us() >= until_us) == WAVE_GATE_WAIT) {
        if (pulse_wait(soak->pulse, THROTTLE_SOAK, sample_us < 1 ? 1 : sample_us, err) != 0) {
            return -1;
        }
        if (load_bounds_look(soak->bounds, soak->pulse, err) != 0) {
            return -1;
        }
        struct health_verdict verdict = judge(soak->pulse);
        wave_gate_note(gate, &verdict);
    }
    return 0;
}

int wave_soak_run(const struct wave_soak *soak, struct error *err)
{
    char why[HEALTH_TEXT_SIZE], duration[UNITS_TEXT_SIZE];
    struct wave_gate gate;
    message_note(soak->message, "wave %d of %d is warm; watching for %s", soak->wave,
                 soak->wave_count, units_print_duration(duration, (double)soak->soak_second));
    for (;;) {
        if (soak_once(soak, &gate, err) != 0) {
            return -1;
        }
        if (wave_gate_judge(&gate, true) == WAVE_GATE_OPEN) {
            return 0;
        }
        health_print(why, &gate.worst);
        if (soak->on_unhealthy != WAVE_HOLD) {
            return error_set(err, ERROR_NO_GO,
                             "after wave %d of %d, %u of %u looks were bad: %s; the next wave was "
                             "not begun",
                             soak->wave, soak->wave_count, gate.bad_count, gate.sample_count, why);
        }
        message_warn(soak->message,
                     "wave %d of %d holds: %u of %u looks were bad: %s; watching again", soak->wave,
                     soak->wave_count, gate.bad_count, gate.sample_count, why);
    }
}
