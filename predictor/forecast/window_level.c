/* window_level.c - see window_level.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/window_level.h"

#include "predictor/forecast/return_link.h"

#include <math.h>

bool window_level_is_relevant(const struct training_set *set, size_t origin)
{
    bool has_event = false;
    for (size_t i = 0; i < set->origin_count; i++) {
        has_event = has_event || (set->origins[i].is_event && set->origins[i].returns > 0);
    }
    return set->origins[origin].is_event == has_event;
}

struct return_ground window_level_ground(struct row_scores scores, size_t row)
{
    return scores.grounds == NULL ? return_link_logit : scores.grounds[row];
}

struct window_level window_level_of_rows(const struct training_set *set, const uint8_t *asked,
                                         struct row_scores scores, size_t origin)
{
    enum { STEPS = 60 };
    const double precision =
        0.05; /* a faint pull to even odds, for windows where all or none came */
    const struct training_rows *rows = &set->rows;
    double level = 0;
    double information = precision;
    for (int step = 0; step < STEPS; step++) {
        double gradient = -precision * level;
        information = precision;
        for (size_t i = set->origins[origin].row_begin; i < set->origins[origin].row_end; i++) {
            if (asked == NULL || asked[i] != 0) {
                struct return_say say =
                    return_link_say(level + (double)scores.scores[i],
                                    window_level_ground(scores, i), rows->labels[i] != 0);
                gradient += (double)rows->weights[i] * say.slope;
                information += (double)rows->weights[i] * say.information;
            }
        }
        double move = fmin(fmax(gradient / information, -1), 1);
        level += move;
        if (fabs(move) < 1e-7) {
            break;
        }
    }
    return (struct window_level){.level = level, .error = 1 / sqrt(information)};
}

struct window_level window_level_of(const struct training_set *set, struct row_scores scores,
                                    size_t origin)
{
    const double enough = 20;
    bool are_targets_enough = set->origins[origin].returns >= enough;
    return window_level_of_rows(set, are_targets_enough ? set->rows.targets : NULL, scores, origin);
}
