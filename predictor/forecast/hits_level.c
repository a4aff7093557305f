/* hits_level.c - see hits_level.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/hits_level.h"

#include <math.h>

static bool are_pulls_known(const struct training_set *set)
{
    for (size_t i = 0; i < set->event_count; i++) {
        if (!(set->events[i].pull > 0)) {
            return false;
        }
    }
    return set->event_count > 0;
}

/* Mean of ln pull over events, or over those of the coming one's kind, if there are any. */
static double mean_ln_pull(const struct training_set *set, bool only_same_kind)
{
    double sum[2] = {0, 0};
    double count[2] = {0, 0};
    for (size_t i = 0; i < set->event_count; i++) {
        sum[set->events[i].is_same_kind] += log(set->events[i].pull);
        count[set->events[i].is_same_kind]++;
    }
    return only_same_kind && count[1] > 0 ? sum[1] / count[1]
                                          : (sum[0] + sum[1]) / (count[0] + count[1]);
}

void hits_level_past(const struct training_set *set, struct row_scores scores,
                     const struct auto_level *level, double levels[TRAINING_ORIGINS_MAX])
{
    bool has_pulls = are_pulls_known(set) && level->past.reach > 0;
    double middle = has_pulls ? mean_ln_pull(set, false) : 0;
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        levels[i] = window_level_of(set, scores, i).level;
        if (has_pulls && origin->is_event) {
            double away = log(set->events[origin->event_at].pull) - middle;
            levels[i] += (1 - level->past.reach) * away;
        }
    }
}

double hits_level_now(const struct training_set *set, const struct auto_level *level)
{
    double reach = level->past.reach;
    if (!are_pulls_known(set) || !(reach > 0)) {
        return level->mean;
    }
    double kind = mean_ln_pull(set, true) - mean_ln_pull(set, false);
    double stronger = (level->mean - level->past.forecast.mean) / reach; /* than its kind */
    return level->mean + (1 - reach) * (kind + stronger);
}
