/* ranker_test.c - the plan's order and limits, against a twin that keeps all rows and sorts them. */
#include "predictor/rank/ranker.h"

#include "predictor/rank/rank_score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ID_SIZE = 12, DAY = 86400 };

static const struct event_window window = {"sale", "", 100 * DAY, 103 * DAY, NULL};
static const struct rank_frame frame = {
    .window = &window, .as_of_unix = 99 * DAY, .bucket_second = 3600};

static struct family make_family(const char *name, const char *template)
{
    struct family family = {
        .name = name, .entity = ENTITY_USER, .miss_cost_ms = 10, .size_bytes = 100};
    struct error err;
    assert_int_equal(key_template_parse(template, &family.key, &err), 0);
    return family;
}

/* One row of the twin. */
struct twin {
    char id[ID_SIZE];
    char key[KEY_SIZE_MAX];
    struct plan_row row;
    const struct family *family;
    bool is_pinned;
};

static int compare_twins(const void *a, const void *b)
{
    const struct twin *left = *(const struct twin *const *)a;
    const struct twin *right = *(const struct twin *const *)b;
    double left_density = left->row.benefit_ms / (double)left->row.size_bytes;
    double right_density = right->row.benefit_ms / (double)right->row.size_bytes;
    if (left->is_pinned != right->is_pinned) {
        return left->is_pinned ? -1 : 1;
    }
    if (left_density != right_density) {
        return left_density > right_density ? -1 : 1;
    }
    int order = slice_compare(left->row.key, right->row.key);
    return order != 0 ? order : strcmp(left->family->name, right->family->name);
}

static void fill_twin(struct twin *twin, int number, const struct family *family, int distinct)
{
    struct demand demand = {.p_return = rand() % distinct / (double)distinct, .expected_hits = 1};
    struct rank_facts facts = {
        .last_seen_unix = (10 + rand() % 80) * DAY,
        .active_days = 3,
        .size_bytes = rand() % 3 == 0 ? 0 : 50 + rand() % distinct,
    };
    demand.p_high = demand.p_return;
    demand.p_low = demand.p_return / 2;
    snprintf(demand.reason, sizeof demand.reason, "reason %d", rand() % 50);
    snprintf(twin->id, sizeof twin->id, "%d", number);
    rank_score_fill(&frame, family, slice_of(twin->id), &facts, &demand, twin->key, &twin->row);
    twin->row.reason = slice_of("the demand is gone");
    twin->family = family;
}

/* How many rows the twin would plan. */
static size_t count_twins(struct twin **sorted, size_t count, const struct rank_limits *limits)
{
    size_t planned = 0;
    uint64_t bytes = 0;
    for (; planned < count; planned++) {
        const struct twin *twin = sorted[planned];
        bytes += twin->row.size_bytes;
        if (twin->is_pinned) {
            continue;
        }
        if ((limits->top > 0 && planned >= limits->top) ||
            (limits->budget_bytes > 0 && bytes > limits->budget_bytes)) {
            break;
        }
    }
    return planned;
}

static void compare_with_twin(struct ranker *ranker, struct twin **sorted, size_t planned)
{
    struct plan_row row;
    for (size_t i = 0; i < planned; i++) {
        const struct plan_row *expected = &sorted[i]->row;
        assert_int_equal(ranker_next(ranker, &row), 1);
        assert_int_equal(row.rank, i + 1);
        assert_true(slice_is_equal(row.key, expected->key));
        assert_true(slice_is_equal(row.id, expected->id));
        assert_true(slice_is_equal(row.family, expected->family));
        assert_true(slice_is_equal(row.reason, expected->reason));
        assert_true(row.benefit_ms == expected->benefit_ms);
        assert_true(row.days_dormant == expected->days_dormant);
        assert_int_equal(row.size_bytes, expected->size_bytes);
        assert_int_equal(row.last_seen_unix, expected->last_seen_unix);
        assert_true((float)row.p_return == (float)expected->p_return);
        assert_int_equal(row.window_end_unix, window.end_unix);
    }
    assert_int_equal(ranker_next(ranker, &row), 0);
}

static void run_against_twin(int rows, int distinct, int pins, struct rank_limits limits)
{
    struct error err;
    struct family families[2] = {make_family("a", "u:{id}:x"), make_family("b", "u:{id}")};
    struct twin *twins = calloc((size_t)rows, sizeof *twins);
    struct twin **sorted = calloc((size_t)rows, sizeof *sorted);
    struct ranker *ranker = ranker_new(&frame, &limits, &err);
    for (int i = 0; i < rows; i++) {
        fill_twin(&twins[i], i / 2, &families[i % 2], distinct);
        twins[i].is_pinned = pins > 0 && rand() % rows < pins;
        sorted[i] = &twins[i];
        assert_int_equal(
            ranker_add(ranker, &twins[i].row, twins[i].family, twins[i].is_pinned, &err), 0);
    }
    qsort(sorted, (size_t)rows, sizeof(struct twin *), compare_twins);
    size_t planned = count_twins(sorted, (size_t)rows, &limits);
    struct rank_totals totals;
    ranker_finish(ranker, &totals);
    assert_int_equal(totals.offered_count, rows);
    assert_int_equal(totals.planned_count, planned);
    assert_int_equal(totals.end == RANK_END_ALL, planned == (size_t)rows);
    compare_with_twin(ranker, sorted, planned);
    ranker_free(ranker);
    free(sorted);
    free(twins);
}

static void without_limits_all_rows_come_in_order(void **state)
{
    (void)state;
    srand(1);
    run_against_twin(0, 5, 0, (struct rank_limits){0});
    run_against_twin(1, 5, 0, (struct rank_limits){0});
    run_against_twin(3000, 5, 0, (struct rank_limits){0});
    run_against_twin(3000, 100000, 20, (struct rank_limits){0});
}

static void limits_cut_the_tail(void **state)
{
    (void)state;
    srand(2);
    run_against_twin(1000, 5, 0, (struct rank_limits){.top = 1});
    run_against_twin(1000, 5, 10, (struct rank_limits){.top = 5});
    run_against_twin(1000, 100, 10, (struct rank_limits){.top = 500});
    run_against_twin(1000, 100, 10, (struct rank_limits){.top = 5000});
    run_against_twin(1000, 100, 10, (struct rank_limits){.budget_bytes = 1});
    run_against_twin(1000, 100, 10, (struct rank_limits){.budget_bytes = 50000});
    run_against_twin(1000, 3, 0, (struct rank_limits){.budget_bytes = 50000, .top = 100});
    run_against_twin(1000, 3, 0, (struct rank_limits){.budget_bytes = 20000, .top = 300});
}

/* More rows than are kept between two prunings. */
static void pruning_changes_nothing(void **state)
{
    (void)state;
    srand(3);
    run_against_twin(150000, 100000, 100, (struct rank_limits){.top = 1000});
    run_against_twin(150000, 4, 0, (struct rank_limits){.top = 1000});
    run_against_twin(150000, 1000, 100, (struct rank_limits){.budget_bytes = 3000000});
    run_against_twin(150000, 3, 1000, (struct rank_limits){.budget_bytes = 3000000});
    run_against_twin(150000, 3, 3000, (struct rank_limits){.top = 2000});
}

static void what_comes_late_and_is_better_is_kept(void **state)
{
    (void)state;
    enum { ROWS = 1000000 };
    struct error err;
    struct family family = make_family("a", "u:{id}");
    struct rank_limits limits = {.top = 10};
    struct ranker *ranker = ranker_new(&frame, &limits, &err);
    struct demand demand = {.reason = "r"};
    struct rank_facts facts = {.last_seen_unix = DAY};
    char key[KEY_SIZE_MAX], id[ID_SIZE];
    struct plan_row row;
    for (int i = 0; i < ROWS; i++) { /* each is better than all before: the most work */
        snprintf(id, sizeof id, "%d", i);
        demand.p_return = (double)i / ROWS;
        rank_score_fill(&frame, &family, slice_of(id), &facts, &demand, key, &row);
        assert_int_equal(ranker_add(ranker, &row, &family, false, &err), 0);
    }
    struct rank_totals totals;
    ranker_finish(ranker, &totals);
    assert_int_equal(totals.end, RANK_END_TOP);
    assert_int_equal(ranker_next(ranker, &row), 1);
    assert_memory_equal(row.id.bytes, "999999", 6);
    ranker_free(ranker);
    ranker_free(NULL);
}

static void a_row_is_scored(void **state)
{
    (void)state;
    struct family family = make_family("profile", "user:{id}:p");
    struct demand demand = {
        .p_return = 0.25, .p_low = 0.2, .p_high = 0.3, .expected_hits = 2, .reason = "why"};
    struct rank_facts facts = {
        .last_seen_unix = 90 * DAY, .active_days = 4, .events_returned = 1, .events_seen = 2};
    char key[KEY_SIZE_MAX];
    struct plan_row row;
    rank_score_fill(&frame, &family, slice_of("7"), &facts, &demand, key, &row);
    assert_true(slice_is_equal(row.key, slice_of("user:7:p")));
    double window_ms = (double)(frame.window->end_unix - frame.window->start_unix) * 1000;
    assert_true(fabs(row.benefit_ms - 2.5 * (1 + 7 * 10 / window_ms)) < 1e-12); /* 8 hits if any */
    assert_int_equal(row.size_bytes, 8 + 100 + REDIS_KEY_OVERHEAD_BYTES);
    assert_true(row.days_dormant == 9);
    assert_true(plan_row_density(&row) == row.benefit_ms / (8 + 100 + REDIS_KEY_OVERHEAD_BYTES));
    demand.expected_hits = 0.25 * (1 + window_ms); /* one a millisecond: ten wait for the first */
    rank_score_fill(&frame, &family, slice_of("7"), &facts, &demand, key, &row);
    assert_true(fabs(row.benefit_ms - 2.5 * 11) < 1e-9);
}

/* The config knows what is cached; the log knows whole answers; the defaults know nothing. */
static void what_is_told_wins_over_what_was_measured(void **state)
{
    (void)state;
    struct family family = make_family("profile", "user:{id}:p");
    struct demand demand = {.p_return = 0.25, .reason = "why"};
    struct rank_facts facts = {
        .last_seen_unix = 90 * DAY, .active_days = 4, .cost_ms = 40, .size_bytes = 399.6};
    char key[KEY_SIZE_MAX];
    struct plan_row row;
    rank_score_fill(&frame, &family, slice_of("7"), &facts, &demand, key, &row);
    assert_true(row.benefit_ms == 2.5);
    assert_int_equal(row.size_bytes, 8 + 100 + REDIS_KEY_OVERHEAD_BYTES);
    family.miss_cost_ms = 0;
    family.size_bytes = 0;
    rank_score_fill(&frame, &family, slice_of("7"), &facts, &demand, key, &row);
    assert_true(row.benefit_ms == 10);
    assert_int_equal(row.size_bytes, 8 + 400 + REDIS_KEY_OVERHEAD_BYTES);
    facts.cost_ms = 0;
    facts.size_bytes = 0;
    rank_score_fill(&frame, &family, slice_of("7"), &facts, &demand, key, &row);
    assert_true(row.benefit_ms == 0.25 * MISS_COST_DEFAULT_MS);
    assert_int_equal(row.size_bytes, 8 + VALUE_SIZE_DEFAULT_BYTES + REDIS_KEY_OVERHEAD_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_scored),
        cmocka_unit_test(what_is_told_wins_over_what_was_measured),
        cmocka_unit_test(without_limits_all_rows_come_in_order),
        cmocka_unit_test(limits_cut_the_tail),
        cmocka_unit_test(pruning_changes_nothing),
        cmocka_unit_test(what_comes_late_and_is_better_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
