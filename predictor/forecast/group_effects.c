/* group_effects.c - see group_effects.h.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/group_effects.h"

#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/hash_index.h"
#include "predictor/forecast/special_math.h"
#include "predictor/forecast/training_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CYCLES = 2 }; /* of asking each grouping in turn for what the others leave */

/* What past windows say of one group. */
struct evidence {
    double came, expected,
        noise; /* noise: the variance of came - expected, from how its keys differ */
};

/* Keys of one group whose returns are no independent evidence: those of one parent. */
struct bunch {
    float excess; /* came - expected */
    uint32_t level;
};

struct workshop {
    const struct training_set *set;
    const struct attribute_table *table;
    size_t groupings, level_total;
    uint32_t *rows;     /* [sampled keys] of the table */
    uint32_t **bunches; /* [groupings][sampled keys] which bunch a key is in */
    size_t *bunch_counts;
    struct bunch *bunch; /* [the most of them] scratch */
    float *expected;     /* [training rows] P(return) by MBG/NBD, at their window's level */
    float *others;       /* [training rows] scratch: that, times the ratios of all groupings */
    struct evidence *evidence;   /* [level_total] scratch */
    float *factors;              /* [1 + level_total] scratch */
    struct group_effects *found; /* what is being learned */
};

/* ---- effects */

static int take_effects(struct group_effects *effects, const struct attribute_table *table,
                        size_t *level_total, struct error *err)
{
    size_t groupings = attribute_table_grouping_count(table);
    *level_total = 0;
    *effects = (struct group_effects){.table = table};
    effects->offsets = malloc((groupings + 1) * sizeof *effects->offsets);
    for (size_t i = 0; effects->offsets != NULL && i < groupings; i++) {
        effects->offsets[i] = *level_total;
        *level_total += attribute_table_level_count(table, i);
    }
    effects->ordinary = calloc(*level_total + 1, sizeof *effects->ordinary);
    effects->event = calloc(*level_total + 1, sizeof *effects->event);
    return effects->offsets == NULL || effects->ordinary == NULL || effects->event == NULL
               ? error_set_memory(err, "learning what groups do")
               : 0;
}

void group_effects_free(struct group_effects *effects)
{
    free(effects->ordinary);
    free(effects->event);
    free(effects->offsets);
    *effects = (struct group_effects){0};
}

static float effect_of(const struct group_effects *effects, size_t grouping, uint32_t row,
                       bool is_event)
{
    uint32_t level = attribute_table_level(effects->table, grouping, row);
    const float *ratios = is_event ? effects->event : effects->ordinary;
    return level == ATTRIBUTE_LEVEL_NONE ? 0 : ratios[effects->offsets[grouping] + level - 1];
}

float group_effects_sum(const struct group_effects *effects, uint32_t row, bool is_event)
{
    float sum = 0;
    size_t groupings = effects == NULL ? 0 : attribute_table_grouping_count(effects->table);
    for (size_t i = 0; i < groupings; i++) {
        sum += effect_of(effects, i, row, is_event);
    }
    return sum;
}

void group_effects_name(const struct group_effects *effects, uint32_t row, bool is_event,
                        bool is_high, char text[ATTRIBUTE_TEXT_SIZE])
{
    float loudest = 0;
    size_t groupings = effects == NULL ? 0 : attribute_table_grouping_count(effects->table);
    text[0] = '\0';
    for (size_t i = 0; i < groupings; i++) {
        float along = (is_high ? 1.0F : -1.0F) * effect_of(effects, i, row, is_event);
        if (along > loudest) {
            loudest = along;
            (void)attribute_table_print(effects->table, i,
                                        attribute_table_level(effects->table, i, row), text);
        }
    }
}

/* ---- evidence */

static bool is_known(const struct workshop *shop, size_t origin, bool is_event, int64_t until_unix)
{
    const struct training_origin *past = &shop->set->origins[origin];
    return past->is_event == is_event && past->context.end_unix <= until_unix;
}

static void gather_window(const struct workshop *shop, size_t grouping,
                          const struct training_origin *origin, struct evidence *evidence)
{
    const struct training_rows *rows = &shop->set->rows;
    for (size_t i = origin->row_begin; i < origin->row_end; i++) {
        uint32_t key = rows->keys[i];
        uint32_t level = attribute_table_level(shop->table, grouping, shop->rows[key]);
        if (level != ATTRIBUTE_LEVEL_NONE) {
            double expected = (double)(shop->others[i] * rows->weights[i]);
            double came = rows->labels[i] != 0 ? (double)rows->weights[i] : 0;
            struct bunch *bunch = &shop->bunch[shop->bunches[grouping][key]];
            evidence[level - 1].came += came;
            evidence[level - 1].expected += expected;
            bunch->excess += (float)(came - expected);
            bunch->level = level;
        }
    }
}

/* Adds up what came and what was expected in the groups of one grouping, from `others` without its own ratios. */
static void gather(const struct workshop *shop, size_t grouping, bool is_event, int64_t until_unix)
{
    struct evidence *evidence = &shop->evidence[shop->found->offsets[grouping]];
    memset(shop->bunch, 0, (shop->bunch_counts[grouping] + 1) * sizeof *shop->bunch);
    memset(evidence, 0, attribute_table_level_count(shop->table, grouping) * sizeof *evidence);
    for (size_t i = 0; i < shop->set->origin_count; i++) {
        if (is_known(shop, i, is_event, until_unix)) {
            gather_window(shop, grouping, &shop->set->origins[i], evidence);
        }
    }
    for (size_t i = 0; i < shop->bunch_counts[grouping]; i++) {
        if (shop->bunch[i].level != ATTRIBUTE_LEVEL_NONE) {
            double excess = (double)shop->bunch[i].excess;
            evidence[shop->bunch[i].level - 1].noise += excess * excess;
        }
    }
}

/* Variance of true ratios between groups, and how much more than Poisson the noise is. */
struct spread {
    double variance, dispersion, scale; /* scale: makes what was expected in all what came in all */
};

/* What groups differ by beyond their noise has to be twice its standard error, or it counts as nothing: ratios that are
 * all but 1 would be learned from as if they meant something, and mean a lot once there is evidence. */
static struct spread measure_spread(const struct evidence *evidence, size_t count)
{
    const double variance_max = 4;
    const double dispersion_min = 0.5;
    const double errors_least = 2;
    double came = 0, expected = 0, noise = 0;
    double beyond = 0, doubt = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        came += evidence[i].came;
        expected += evidence[i].expected;
        noise += evidence[i].noise;
    }
    double scale = came > 0 && expected > 0 ? came / expected : 1;
    for (size_t i = 0; i < count; i++) {
        double even = scale * evidence[i].expected;
        double excess = evidence[i].came - even;
        beyond += excess * excess - evidence[i].noise;
        doubt += 2 * evidence[i].noise * evidence[i].noise; /* variance of a squared normal */
        squares += even * even;
    }
    bool is_clear = squares > 0 && beyond > errors_least * sqrt(doubt);
    return (struct spread){.variance = is_clear ? fmin(beyond / squares, variance_max) : 0,
                           .dispersion = came > 0 ? fmax(noise / came, dispersion_min) : 1,
                           .scale = scale};
}

static void set_ratios(const struct workshop *shop, size_t grouping, bool is_event)
{
    size_t count = attribute_table_level_count(shop->table, grouping);
    size_t offset = shop->found->offsets[grouping];
    const struct evidence *evidence = &shop->evidence[offset];
    float *ratios = &(is_event ? shop->found->event : shop->found->ordinary)[offset];
    struct spread spread = measure_spread(evidence, count);
    for (size_t i = 0; i < count; i++) {
        double prior = 1 / spread.variance;
        double came = evidence[i].came / spread.dispersion;
        double expected = spread.scale * evidence[i].expected / spread.dispersion;
        ratios[i] = spread.variance > 0 ? (float)log((prior + came) / (prior + expected)) : 0;
    }
}

/* Takes the ratios of one grouping out of `others` (`sign` -1), or puts them in again. */
static void apply(const struct workshop *shop, size_t grouping, bool is_event, float sign)
{
    const struct training_rows *rows = &shop->set->rows;
    size_t offset = shop->found->offsets[grouping];
    const float *ratios = &(is_event ? shop->found->event : shop->found->ordinary)[offset];
    size_t count = attribute_table_level_count(shop->table, grouping);
    shop->factors[ATTRIBUTE_LEVEL_NONE] = 1;
    for (size_t i = 0; i < count; i++) {
        shop->factors[i + 1] = expf(sign * ratios[i]);
    }
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t row = shop->rows[rows->keys[i]];
        shop->others[i] *= shop->factors[attribute_table_level(shop->table, grouping, row)];
    }
}

/* Learns from the windows that had ended by `until_unix`. */
static void learn(const struct workshop *shop, bool is_event, int64_t until_unix)
{
    float *ratios = is_event ? shop->found->event : shop->found->ordinary;
    bool is_any_known = false;
    memset(ratios, 0, shop->level_total * sizeof *ratios);
    for (size_t i = 0; i < shop->set->origin_count; i++) {
        is_any_known = is_any_known || is_known(shop, i, is_event, until_unix);
    }
    if (!is_any_known) {
        return;
    }
    memcpy(shop->others, shop->expected, shop->set->rows.count * sizeof *shop->others);
    for (size_t i = 0; i < CYCLES * shop->groupings; i++) {
        size_t grouping = i % shop->groupings;
        apply(shop, grouping, is_event, -1);
        gather(shop, grouping, is_event, until_unix);
        set_ratios(shop, grouping, is_event);
        apply(shop, grouping, is_event, 1);
    }
}

/* ---- the workshop */

/* P(return) by MBG/NBD, scaled so that each window's sum is what came. */
static void set_expected(const struct workshop *shop)
{
    const struct training_rows *rows = &shop->set->rows;
    for (size_t i = 0; i < shop->set->origin_count; i++) {
        const struct training_origin *origin = &shop->set->origins[i];
        double came = 0;
        double expected = 0;
        for (size_t j = origin->row_begin; j < origin->row_end; j++) {
            double p = special_math_expit((double)rows->values[j * FEATURE_COUNT + FEATURE_MBGNBD]);
            shop->expected[j] = (float)p;
            expected += (double)rows->weights[j] * p;
            came += rows->labels[j] != 0 ? (double)rows->weights[j] : 0;
        }
        for (size_t j = origin->row_begin; j < origin->row_end; j++) {
            shop->expected[j] *= expected > 0 ? (float)(came / expected) : 0;
        }
    }
}

/* Keys of one parent and level are a bunch; one without a parent is a bunch of its own. */
static int set_bunches(struct workshop *shop, const struct forecast_state *state, size_t grouping)
{
    const uint64_t odd = 0x9e3779b97f4a7c15U; /* 2^64 divided by the golden ratio */
    struct hash_index index = {0};
    uint32_t *bunches = malloc((state->sample.key_count + 1) * sizeof *bunches);
    shop->bunches[grouping] = bunches;
    for (size_t i = 0; bunches != NULL && i < state->sample.key_count; i++) {
        uint32_t parent = attribute_table_parent(shop->table, shop->rows[i]);
        uint64_t level = attribute_table_level(shop->table, grouping, shop->rows[i]);
        uint64_t mixed = (((uint64_t)parent << 16) + level) * odd;
        uint64_t hash = parent == PARENT_NONE ? state->sample.keys[i].hash : mixed ^ (mixed >> 32);
        bunches[i] = hash_index_put(&index, hash);
        if (bunches[i] == HASH_INDEX_NONE) {
            bunches = NULL;
        }
    }
    shop->bunch_counts[grouping] = index.count;
    hash_index_free(&index);
    return bunches == NULL ? -1 : 0;
}

static int open_workshop(struct workshop *shop, const struct forecast_state *state,
                         struct error *err)
{
    size_t row_count = shop->set->rows.count + 1;
    size_t most = 0;
    shop->rows = malloc((state->sample.key_count + 1) * sizeof *shop->rows);
    shop->bunches = calloc(shop->groupings + 1, sizeof *shop->bunches);
    shop->bunch_counts = calloc(shop->groupings + 1, sizeof *shop->bunch_counts);
    shop->expected = calloc(row_count, sizeof *shop->expected);
    shop->others = malloc(row_count * sizeof *shop->others);
    shop->factors = malloc((shop->level_total + 1) * sizeof *shop->factors);
    shop->evidence = malloc((shop->level_total + 1) * sizeof *shop->evidence);
    bool is_short = shop->rows == NULL || shop->bunches == NULL || shop->bunch_counts == NULL ||
                    shop->expected == NULL || shop->others == NULL || shop->evidence == NULL ||
                    shop->factors == NULL;
    for (size_t i = 0; !is_short && i < state->sample.key_count; i++) {
        shop->rows[i] = attribute_table_find(shop->table, state->sample.keys[i].hash);
    }
    for (size_t i = 0; !is_short && i < shop->groupings; i++) {
        is_short = set_bunches(shop, state, i) != 0;
        most = shop->bunch_counts[i] > most ? shop->bunch_counts[i] : most;
    }
    shop->bunch = malloc((most + 1) * sizeof *shop->bunch);
    if (is_short || shop->bunch == NULL) {
        return error_set_memory(err, "learning what groups do");
    }
    set_expected(shop);
    return 0;
}

static void close_workshop(struct workshop *shop)
{
    for (size_t i = 0; shop->bunches != NULL && i < shop->groupings; i++) {
        free(shop->bunches[i]);
    }
    free(shop->rows);
    free(shop->bunches);
    free(shop->bunch_counts);
    free(shop->bunch);
    free(shop->expected);
    free(shop->others);
    free(shop->evidence);
    free(shop->factors);
}

static void fill_origin(const struct workshop *shop, struct training_set *set, size_t origin)
{
    struct training_rows *rows = &set->rows;
    learn(shop, false, set->origins[origin].context.origin_unix);
    learn(shop, true, set->origins[origin].context.origin_unix);
    for (size_t i = set->origins[origin].row_begin; i < set->origins[origin].row_end; i++) {
        uint32_t row = shop->rows[rows->keys[i]];
        float *values = &rows->values[i * FEATURE_COUNT];
        values[FEATURE_GROUP] = group_effects_sum(shop->found, row, false);
        values[FEATURE_GROUP_EVENT] = group_effects_sum(shop->found, row, true);
    }
}

int group_effects_fill(struct training_set *set, const struct forecast_state *state,
                       struct group_effects *present, struct error *err)
{
    struct workshop shop = {.set = set, .table = state->options.attributes, .found = present};
    shop.groupings = attribute_table_grouping_count(shop.table);
    *present = (struct group_effects){0};
    if (shop.groupings == 0) {
        return 0;
    }
    int result = take_effects(present, shop.table, &shop.level_total, err);
    if (result == 0) {
        result = open_workshop(&shop, state, err);
    }
    for (size_t i = 0; result == 0 && i < set->origin_count; i++) {
        fill_origin(&shop, set, i);
    }
    if (result == 0) {
        learn(&shop, false, state->options.as_of_unix);
        learn(&shop, true, state->options.as_of_unix);
    }
    close_workshop(&shop);
    return result;
}
