/* wave_gate.c - see wave_gate.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/wave_gate.h"

void wave_gate_note(struct wave_gate *gate, const struct health_verdict *verdict)
{
    gate->sample_count++;
    if (verdict->level == HEALTH_GOOD) {
        return;
    }
    gate->bad_count++;
    if (verdict->level >= gate->worst.level) {
        gate->worst = *verdict;
    }
}

enum wave_gate_answer wave_gate_judge(const struct wave_gate *gate, bool is_soak_over)
{
    enum { BAD_SHARE_INVERSE = 10 };
    if (!is_soak_over || gate->sample_count < WAVE_GATE_SAMPLES_MIN) {
        return WAVE_GATE_WAIT;
    }
    bool is_healthy = gate->worst.level != HEALTH_CRITICAL &&
                      gate->bad_count * BAD_SHARE_INVERSE <= gate->sample_count;
    return is_healthy ? WAVE_GATE_OPEN : WAVE_GATE_SHUT;
}
