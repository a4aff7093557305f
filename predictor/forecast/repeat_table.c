/* repeat_table.c - see repeat_table.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/repeat_table.h"

#include <math.h>

enum { AGES_MAX = 1000 };

static void add_expected(struct repeat_table *sums, const struct btyd_fit *fit, double age,
                         double weight)
{
    double rest = 1;
    for (unsigned i = 0; i + 1 < REPEAT_TABLE_CELLS; i++) {
        double p = fit->model->p_repeats(fit->parameters, age, i);
        sums->expected[i] += weight * p;
        rest -= p;
    }
    sums->expected[REPEAT_TABLE_CELLS - 1] += weight * fmax(rest, 0);
}

struct repeat_table repeat_table_make(const struct btyd_fit *fit, const struct triple_table *table)
{
    struct repeat_table sums = {0};
    double weight = 0;
    double age_sum = 0;
    for (size_t i = 0; i < table->group_count; i++) {
        uint32_t x = table->groups[i].x;
        sums.keys[x < REPEAT_TABLE_CELLS ? x : REPEAT_TABLE_CELLS - 1] += table->groups[i].weight;
    }
    double enough = table->time_count > AGES_MAX ? table->weight_sum / AGES_MAX : 0;
    for (size_t i = 0; i < table->time_count; i++) {
        weight += table->age_weight[i];
        age_sum += table->age_weight[i] * table->times[i];
        if (weight > 0 && (weight >= enough || i + 1 == table->time_count)) {
            double age = age_sum / weight;
            add_expected(&sums, fit, fit->model == &bgbb_model ? round(age) : age, weight);
            weight = age_sum = 0;
        }
    }
    return sums;
}
