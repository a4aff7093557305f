/* wave_gate.h - may the next wave come? What was seen of database and Redis while the last one soaked.
 * Room: loader/rules. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_WAVE_GATE_H
#define REKINDLE_LOADER_WAVE_GATE_H

#include "loader/rules/health.h"

#include <stdbool.h>
#include <stdint.h>

enum { WAVE_GATE_SAMPLES_MIN = 10 };

/* All zero: nothing was seen yet. */
struct wave_gate {
    unsigned sample_count, bad_count;
    struct health_verdict worst; /* the last that was not good */
};

void wave_gate_note(struct wave_gate *gate, const struct health_verdict *verdict);

enum wave_gate_answer { WAVE_GATE_WAIT, WAVE_GATE_OPEN, WAVE_GATE_SHUT };

/* Before the soak is over, or with fewer than the least number of samples: wait. Then open, if at most a tenth of the
 * samples were bad and none was critical; else shut. */
enum wave_gate_answer wave_gate_judge(const struct wave_gate *gate, bool is_soak_over);

#endif
