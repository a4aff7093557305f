/* rank_report_test.c - summary.csv to the byte, the budget curve against sums over sorted rows. */
#include "predictor/report/rank_report.h"

#include "predictor/report/budget_curve.h"

#include "tests/unit/test_folder.h"

#include <math.h>

static struct plan_row make_row(enum entity entity, double p_return, double days, uint64_t returned,
                                uint64_t seen)
{
    return (struct plan_row){
        .entity = entity,
        .p_return = p_return,
        .p_low = p_return / 2,
        .p_high = p_return,
        .benefit_ms = p_return * 10,
        .size_bytes = 100,
        .days_dormant = days,
        .events_returned = returned,
        .events_seen = seen,
    };
}

static const char *read_file(void **state, const char *name)
{
    static char text[64 * 1024];
    FILE *file = fopen(test_path(state, name), "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void segments_are_added_up(void **state)
{
    struct error err;
    struct rank_report *report = rank_report_new(&err);
    struct plan_row rows[] = {
        make_row(ENTITY_USER, 0.5, 30, 0, 0),
        make_row(ENTITY_USER, 0.5, 59.99, 1, 2),
        make_row(ENTITY_USER, 0.25, 60, 7, 9),
        make_row(ENTITY_PRODUCT, 0.125, 1000, 0, 3),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rank_report_add(report, &rows[i], true);
        rank_report_add(report, &rows[i], false); /* a second family */
    }
    rank_report_add_planned(report, &rows[1]);
    assert_int_equal(rank_report_save(report, *state, &err), 0);
    rank_report_free(report);
    rank_report_free(NULL);
    static const char expected[] =
        "entity,segment_by,segment,ids,expected_returns,returns_low,returns_high,keys,size_bytes,"
        "benefit_ms,"
        "planned_keys,planned_bytes,planned_benefit_ms\n"
        "user,total,all,3,1.25,0,2.61,6,600,25,1,100,5\n"
        "user,dormancy,30 to 60 days,2,1,0,2,4,400,20,1,100,5\n"
        "user,dormancy,60 to 90 days,1,0.25,0,0.96,2,200,5,0,0,0\n"
        "user,past events,saw no past event,1,0.5,0,1,2,200,10,0,0,0\n"
        "user,past events,came back in 1,1,0.5,0,1,2,200,10,1,100,5\n"
        "user,past events,came back in 3 or more,1,0.25,0,0.96,2,200,5,0,0,0\n"
        "product,total,all,1,0.13,0,0.67,2,200,2.5,0,0,0\n"
        "product,dormancy,730 days and more,1,0.13,0,0.67,2,200,2.5,0,0,0\n"
        "product,past events,came back in none,1,0.13,0,0.67,2,200,2.5,0,0,0\n";
    assert_string_equal(read_file(state, "summary.csv"), expected);
}

static void nothing_is_a_header(void **state)
{
    struct error err;
    struct rank_report *report = rank_report_new(&err);
    assert_int_equal(rank_report_save(report, *state, &err), 0);
    rank_report_free(report);
    assert_string_equal(
        read_file(state, "budget-curve.csv"),
        "size_bytes,keys,misses_avoided,benefit_ms,share_of_misses,share_of_benefit,part\n");
    assert_int_equal(strcspn(read_file(state, "summary.csv"), "\n"),
                     strlen(read_file(state, "summary.csv")) - 1);
}

static int compare_densities(const void *a, const void *b)
{
    double left = plan_row_density(a);
    double right = plan_row_density(b);
    return (left < right) - (left > right);
}

struct point {
    double size_bytes, keys, misses, benefit_ms, share_of_misses, share_of_benefit;
    char part[32];
};

static size_t read_points(void **state, struct point *points, size_t room)
{
    size_t count = 0;
    char line[256];
    FILE *file = fopen(test_path(state, "budget-curve.csv"), "r");
    assert_non_null(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file) != NULL; count++) {
        struct point *point = &points[count];
        assert_true(count < room);
        assert_int_equal(sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%31[a-z ]", &point->size_bytes,
                                &point->keys, &point->misses, &point->benefit_ms,
                                &point->share_of_misses, &point->share_of_benefit, point->part),
                         7);
    }
    fclose(file);
    return count;
}

/* The benefit of the best rows that make up `size_bytes`, with a part of the last. */
static double benefit_of(const struct plan_row *sorted, size_t count, double size_bytes)
{
    double benefit_ms = 0;
    for (size_t i = 0; i < count && size_bytes > 0; i++) {
        double size = (double)sorted[i].size_bytes;
        benefit_ms += sorted[i].benefit_ms * fmin(1, size_bytes / size);
        size_bytes -= size;
    }
    return benefit_ms;
}

enum { ROWS = 20000, POINTS_MAX = 210 };

static void check_curve(void **state, struct plan_row *rows, size_t planned_count)
{
    static struct point points[POINTS_MAX];
    struct error err;
    struct rank_report *report = rank_report_new(&err);
    for (size_t i = 0; i < ROWS; i++) {
        rank_report_add(report, &rows[i], true);
    }
    qsort(rows, ROWS, sizeof *rows, compare_densities);
    for (size_t i = 0; i < planned_count; i++) {
        rank_report_add_planned(report, &rows[i]);
    }
    assert_int_equal(rank_report_save(report, *state, &err), 0);
    rank_report_free(report);
    size_t count = read_points(state, points, POINTS_MAX);
    size_t plan_count = 0;
    assert_true(count >= 200);
    for (size_t i = 0; i < count; i++) {
        double expected_ms = benefit_of(rows, ROWS, points[i].size_bytes);
        assert_true(fabs(points[i].benefit_ms - expected_ms) <= 0.012 * expected_ms + 0.01);
        assert_true(i == 0 || points[i].size_bytes >= points[i - 1].size_bytes);
        if (strcmp(points[i].part, "end of plan") == 0) {
            plan_count++;
            assert_true(points[i].keys == (double)planned_count);
        } else {
            assert_string_equal(points[i].part, plan_count == 0 ? "planned" : "beyond");
        }
    }
    assert_int_equal(plan_count, 1);
    assert_true(points[count - 1].keys == ROWS);
    assert_true(points[count - 1].share_of_benefit == 1 && points[count - 1].share_of_misses == 1);
}

static void the_curve_is_that_of_the_sorted_rows(void **state)
{
    static struct plan_row rows[ROWS];
    srand(4);
    for (size_t i = 0; i < ROWS; i++) {
        double p_return = pow(rand() / (RAND_MAX + 1.0), 4);
        rows[i] = make_row(ENTITY_USER, p_return, 40, 0, 0);
        rows[i].size_bytes = 100 + (uint64_t)(rand() % 5000);
    }
    check_curve(state, rows, 5000);
    check_curve(state, rows, ROWS);
    check_curve(state, rows, 0);
    for (size_t i = 0; i < ROWS; i++) { /* all alike: one bin holds them all */
        rows[i] = make_row(ENTITY_USER, 0.3, 40, 0, 0);
    }
    check_curve(state, rows, 100);
    for (size_t i = 0; i < ROWS; i++) { /* some without any benefit, some beyond the bins */
        rows[i] = make_row(ENTITY_USER, i % 2 == 0 ? 0 : 0.5, 40, 0, 0);
        rows[i].benefit_ms *= i % 10 == 1 ? 1e30 : 1;
    }
    check_curve(state, rows, 100);
}

static void a_folder_that_cannot_be_is_told(void **state)
{
    struct error err;
    struct rank_report *report = rank_report_new(&err);
    test_put_text(state, "file", "");
    assert_int_equal(rank_report_save(report, test_path(state, "file/x"), &err), -1);
    assert_non_null(strstr(err.text, "cannot make the folder"));
    rank_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_added_up),
        cmocka_unit_test(nothing_is_a_header),
        cmocka_unit_test(the_curve_is_that_of_the_sorted_rows),
        cmocka_unit_test(a_folder_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
