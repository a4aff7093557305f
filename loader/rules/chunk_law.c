/* chunk_law.c - see chunk_law.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/chunk_law.h"

enum {
    JUDGE_EVERY_US = 250000,
    CROWDED_US = 1000000, /* so long no connection is added after some were taken away */
    ROWS_FIRST = 100,
    ROWS_MIN = 10,
    REST_STEP_PERCENT = 100, /* the first rest of a connection that cannot get smaller otherwise */
    REST_MAX_PERCENT = 1600  /* asks in one second of seventeen */
};

/* Between ROOM and the target nothing changes. A chunk over CROWD targets takes connections, too. */
static const double ROOM = 0.8, CROWD = 2, SHRINK_MIN = 0.5, SHRINK_MAX = 0.95, GROW_MAX = 2;
static const double AIM = 0.9; /* of the target: growing stops short of it */

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

static int at_least(int value, int least)
{
    return value > least ? value : least;
}

void chunk_law_init(struct chunk_law *law, const struct chunk_law_settings *settings)
{
    *law = (struct chunk_law){.settings = *settings,
                              .rows = at_most(ROWS_FIRST, settings->rows_max),
                              .connections = 1,
                              .rest_percent = settings->rest_percent};
}

void chunk_law_change(struct chunk_law *law, const struct chunk_law_settings *settings)
{
    bool was_resting = law->rest_percent > law->settings.rest_percent;
    law->settings = *settings;
    law->rows = at_most(law->rows, settings->rows_max);
    law->connections = at_most(law->connections, settings->connections_max);
    if (!was_resting || law->rest_percent < settings->rest_percent) {
        law->rest_percent = settings->rest_percent;
    }
}

void chunk_law_restart(struct chunk_law *law)
{
    law->connections = 1;
    law->seen = (struct chunk_sum){0};
    law->crowded_us = 0;
}

/* Smaller questions first; then fewer connections; a single one with the smallest question rests longer. */
static void shrink(struct chunk_law *law, double ratio, int64_t now_us)
{
    int least = at_most(ROWS_MIN, law->settings.rows_max);
    bool is_least = law->rows <= least;
    double factor = 1 / ratio;
    factor = factor < SHRINK_MIN ? SHRINK_MIN : factor > SHRINK_MAX ? SHRINK_MAX : factor;
    law->rows = at_least((int)((double)law->rows * factor), least);
    if (is_least && law->connections == 1) {
        int rest = at_least(2 * law->rest_percent, REST_STEP_PERCENT);
        law->rest_percent = at_most(rest, REST_MAX_PERCENT);
    } else if (is_least || ratio > CROWD) {
        law->connections = at_least(law->connections / 2, 1);
        law->crowded_us = now_us;
    }
}

/* The other way round. */
static void grow(struct chunk_law *law, double ratio, int64_t now_us)
{
    int rest = law->settings.rest_percent;
    if (law->rest_percent > rest) {
        int over = (law->rest_percent - rest) / 2;
        law->rest_percent = over < REST_STEP_PERCENT / 2 ? rest : rest + over;
        return;
    }
    double factor = AIM / ratio;
    factor = factor > GROW_MAX ? GROW_MAX : factor;
    int rows = (int)((double)law->rows * factor);
    law->rows = at_most(at_least(rows, law->rows + 1), law->settings.rows_max);
    if (law->crowded_us == 0 || now_us - law->crowded_us >= CROWDED_US) {
        law->connections = at_most(law->connections + 1, law->settings.connections_max);
    }
}

bool chunk_law_note(struct chunk_law *law, const struct chunk_sum *sum, int64_t now_us)
{
    law->seen.count += sum->count;
    law->seen.us_total += sum->us_total;
    bool is_due = law->judged_us == 0 || now_us - law->judged_us >= JUDGE_EVERY_US;
    if (law->seen.count == 0 || !is_due) {
        return false;
    }
    const struct chunk_law before = *law;
    double mean_us = (double)law->seen.us_total / (double)law->seen.count;
    double ratio = mean_us / (double)law->settings.target_us;
    law->seen = (struct chunk_sum){0};
    law->judged_us = now_us;
    law->is_holding = ratio >= ROOM || chunk_law_is_holding(law);
    if (ratio > 1) {
        shrink(law, ratio, now_us);
    } else if (ratio < ROOM) {
        static const double LEAST = 1e-3;
        grow(law, ratio < LEAST ? LEAST : ratio, now_us);
    }
    return law->rows != before.rows || law->connections != before.connections ||
           law->rest_percent != before.rest_percent;
}

bool chunk_law_is_holding(const struct chunk_law *law)
{
    bool is_full = law->connections == law->settings.connections_max &&
                   law->rows == law->settings.rows_max &&
                   law->rest_percent == law->settings.rest_percent;
    return law->is_holding && !is_full;
}
