/* hits_level_test.c - counts go by the pulls of events, not by how far returns follow them. */
#include "predictor/forecast/hits_level.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { EVENTS = 2 };
static const double half = 0.5; /* of ln pull is what returns follow it by */

/* A weak event of another kind, a strong one of the coming one's, and an ordinary window, all without rows: their levels as
 * measured are 0. */
static struct training_set set;
static struct auto_level level;

static void open_set(double weak_pull, double strong_pull)
{
    set = (struct training_set){.event_count = EVENTS, .origin_count = EVENTS + 1};
    set.events[0].pull = weak_pull;
    set.events[1].pull = strong_pull;
    set.events[1].is_same_kind = true;
    for (size_t i = 0; i < EVENTS; i++) {
        set.origins[i].is_event = true;
        set.origins[i].event_at = i;
    }
    level = (struct auto_level){.mean = -1, .past = {.reach = half, .forecast = {.mean = -1}}};
}

static void assert_levels(double weak, double strong, double now)
{
    double levels[TRAINING_ORIGINS_MAX] = {0};
    const struct row_scores none = {NULL, NULL};
    hits_level_past(&set, none, &level, levels);
    assert_true(fabs(levels[0] - weak) < 1e-12);
    assert_true(fabs(levels[1] - strong) < 1e-12);
    assert_true(fabs(levels[2]) < 1e-12);
    assert_true(fabs(hits_level_now(&set, &level) - now) < 1e-12);
}

static void events_lie_as_far_apart_as_pulls(void **state)
{
    (void)state;
    open_set(1, exp(2)); /* 2 apart, of which returns show 1 */
    assert_levels(-half, half, -1 + half);
}

static void a_strength_moves_counts_by_its_pull(void **state)
{
    (void)state;
    open_set(1, exp(2));
    level.mean = -1 + 0.3; /* 0.6 in pull */
    assert_levels(-half, half, -1 + 0.6 + half);
    level.mean = -1 - 0.3;
    assert_levels(-half, half, -1 - 0.6 + half);
}

static void without_pulls_levels_are_as_they_are(void **state)
{
    (void)state;
    open_set(0, exp(2)); /* one is not known */
    assert_levels(0, 0, -1);
    open_set(1, exp(2));
    level.past.reach = 0; /* no event told its level */
    assert_levels(0, 0, -1);
    set.event_count = 0;
    level.past.reach = half;
    assert_true(fabs(hits_level_now(&set, &level) + 1) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_lie_as_far_apart_as_pulls),
        cmocka_unit_test(a_strength_moves_counts_by_its_pull),
        cmocka_unit_test(without_pulls_levels_are_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
