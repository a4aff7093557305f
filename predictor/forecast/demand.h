/* demand.h - the door of the forecast room: will this key be touched in the window, and how often.
 * Room: predictor/forecast. May touch: common. */
#ifndef REKINDLE_PREDICTOR_DEMAND_H
#define REKINDLE_PREDICTOR_DEMAND_H

#include <stdint.h>

enum { DEMAND_REASON_SIZE = 160 };

struct demand {
    double p_return;      /* P(at least one access in the window), finite, 0..1 */
    double p_low, p_high; /* its 90 % interval; p_low <= p_return <= p_high */
    double expected_hits; /* accesses in the window, >= p_return */
    char reason
        [DEMAND_REASON_SIZE]; /* why, in words a growth manager understands; UTF-8, one line */
};

#endif
