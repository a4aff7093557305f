/* forecast_state.c - see forecast_state.h.
 * Room: predictor/forecast. May touch: nothing. */
#include "predictor/forecast/forecast_state.h"

#include <stdarg.h>
#include <stdio.h>

size_t forecast_state_add_fact(struct forecast_fact *facts, size_t count, const char *name,
                               const char *format, ...)
{
    va_list arguments;
    if (count >= FORECAST_FACTS_MAX) {
        return count;
    }
    (void)snprintf(facts[count].name, sizeof facts[count].name, "%s", name);
    va_start(arguments, format);
    (void)vsnprintf(facts[count].value, sizeof facts[count].value, format, arguments);
    va_end(arguments);
    return count + 1;
}

/* A bucket that starts at or after the limit holds accesses after it, for all we know. */
bool forecast_state_is_dormant(const struct forecast_state *state,
                               const struct forecast_window *window,
                               const struct as_of_snapshot *snapshot)
{
    return snapshot->last_unix < window->origin_unix - state->options.dormant_after_second;
}
