/* btyd_holdout_test.c - what the fitted laws say of the 39 weeks after the CDNOW calibration, against published figures
 * and those of other packages. The set is read from ${REKINDLE_SHARED:-../shared}/data/btyd; without it the tests say so
 * and pass. */
#include "common/civil_time.h"
#include "predictor/forecast/btyd_model.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { CUSTOMERS = 2357, WEEKS = 39, BINS = 8 };

static const double bgnbd[] = {.24259452, 4.41360202, .79292202, 2.42590678};
static const double mbgnbd[] = {.52484316, 6.18308528, .89135939, 1.61400224};
static const double paretonbd[] = {.55327725, 10.57768572, .60623868, 11.66869024};

static const struct law {
    const struct btyd_model *model;
    const double *parameters;
} laws[] = {{&bgnbd_model, bgnbd}, {&mbgnbd_model, mbgnbd}, {&paretonbd_model, paretonbd}};
enum { LAWS = sizeof laws / sizeof *laws };

/* A customer as of 1997-09-30, in weeks, and the days with purchases in the 39 weeks after. */
struct customer {
    struct btyd_key key;
    int later;
    int64_t first_day;
};

static struct customer customers[CUSTOMERS];

/* Repeat purchases of all customers in each of the weeks from 1997-01-01. */
enum { ALL_WEEKS = 79 };
static int week_purchases[ALL_WEEKS];

static void end_customer(struct customer *customer, int64_t first, int64_t last)
{
    customer->first_day = first;
    customer->key.last = (double)(last - first) / 7;
    customer->key.age = (double)(civil_days(1997, 9, 30) - first) / 7;
}

/* False, and a word about it, where the set is not there. */
static bool load(void)
{
    const char *shared = getenv("REKINDLE_SHARED");
    char path[1024];
    char name[32];
    char before[32] = "";
    int date;
    int64_t first = 0, last = 0, previous = 0;
    size_t count = 0;
    snprintf(path, sizeof path, "%s/data/btyd/CDNOW_sample.txt",
             shared == NULL ? "../shared" : shared);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        print_message("left out: there is no %s\n", path);
        return false;
    }
    memset(customers, 0, sizeof customers);
    memset(week_purchases, 0, sizeof week_purchases);
    while (fscanf(stream, "%*s %31s %d %*s %*s", name, &date) == 2) {
        int64_t day = civil_days(date / 10000, date / 100 % 100, date % 100);
        bool is_new = strcmp(name, before) != 0;
        if (is_new) {
            assert_true(count < CUSTOMERS);
            first = last = day;
            count++;
            strcpy(before, name);
        } else if (day > previous && day <= civil_days(1997, 9, 30)) {
            customers[count - 1].key.x++;
            last = day;
        } else if (day > previous) {
            customers[count - 1].later++;
        }
        if (!is_new && day > previous) {
            week_purchases[(day - civil_days(1997, 1, 1)) / 7]++;
        }
        previous = day;
        end_customer(&customers[count - 1], first, last);
    }
    fclose(stream);
    assert_int_equal(count, CUSTOMERS);
    return true;
}

static void assert_rounds_to(double actual, double expected, double unit)
{
    if (!(fabs(actual - expected) <= unit * .51)) {
        fail_msg("%.8g does not round to %.8g", actual, expected);
    }
}

static double p_of(const struct law *law, size_t at)
{
    return law->model->p_return(law->parameters, &customers[at].key, 0, WEEKS);
}

static double expected_of(const struct law *law, size_t at)
{
    return law->model->expected(law->parameters, &customers[at].key, WEEKS);
}

/* The share of pairs in the right order, ties by half. */
static double auc_of(const double *scores)
{
    double good = 0;
    double pairs = 0;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        for (size_t j = 0; customers[i].later > 0 && j < CUSTOMERS; j++) {
            if (customers[j].later == 0) {
                pairs++;
                good += scores[i] > scores[j] ? 1 : .5 * (scores[i] >= scores[j]);
            }
        }
    }
    return good / pairs;
}

/* What the laws compete with: silence of 23 weeks, rounded, nobody, the latest first, the most frequent first. */
static void judge_simple_rules(void)
{
    static double recency[CUSTOMERS];
    static double frequency[CUSTOMERS];
    const double hiatus_weeks = 23.5;
    double hiatus_right = 0, nobody_right = 0;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        const struct btyd_key *key = &customers[i].key;
        bool has_returned = customers[i].later > 0;
        recency[i] = key->last - key->age;
        frequency[i] = key->x;
        hiatus_right += (key->age - key->last <= hiatus_weeks) == has_returned;
        nobody_right += !has_returned;
    }
    assert_rounds_to(hiatus_right / CUSTOMERS, .7824, 1e-4);
    assert_rounds_to(nobody_right / CUSTOMERS, .7098, 1e-4);
    assert_rounds_to(auc_of(recency), .7714, 1e-4);
    assert_rounds_to(auc_of(frequency), .7576, 1e-4);
}

static void chances_of_coming_back(void **state)
{
    (void)state;
    static const struct {
        double sum, accuracy, auc, brier, log_loss;
    } expected[LAWS] = {{617.03, .7790, .7569, .16122, .50555},
                        {565.74, .7794, .7601, .16141, .50530},
                        {523.17, .7798, .7712, .16187, .50843}};
    static double scores[CUSTOMERS];
    if (!load()) {
        return;
    }
    int returned = 0;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        returned += customers[i].later > 0;
    }
    assert_int_equal(returned, 684);
    judge_simple_rules();
    for (size_t k = 0; k < LAWS; k++) {
        double sum = 0, right = 0, brier = 0, loss = 0;
        for (size_t i = 0; i < CUSTOMERS; i++) {
            double y = customers[i].later > 0;
            double p = scores[i] = p_of(&laws[k], i);
            sum += p;
            right += (p >= .5) == (y > 0);
            brier += (p - y) * (p - y) / CUSTOMERS;
            loss -= log(y > 0 ? p : 1 - p) / CUSTOMERS;
        }
        assert_rounds_to(sum, expected[k].sum, .01);
        assert_rounds_to(right / CUSTOMERS, expected[k].accuracy, 1e-4);
        assert_rounds_to(auc_of(scores), expected[k].auc, 1e-4);
        assert_rounds_to(brier, expected[k].brier, 1e-5);
        assert_rounds_to(loss, expected[k].log_loss, 1e-5);
    }
}

static void purchases_to_come(void **state)
{
    (void)state;
    static const struct {
        double sum, mae, rmse, correlation; /* 0: not given */
    } expected[LAWS] = {{1653.4, .78545, 1.60798, .6256},
                        {1576.7, .76478, 1.60718, 0},
                        {1665.4, .75451, 1.60285, .6302}};
    if (!load()) {
        return;
    }
    static double forecasts[CUSTOMERS], actual[CUSTOMERS];
    int later = 0;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        later += customers[i].later;
    }
    assert_int_equal(later, 1882);
    for (size_t k = 0; k < LAWS; k++) {
        double sum = 0, absolute = 0, square = 0;
        for (size_t i = 0; i < CUSTOMERS; i++) {
            double e = expected_of(&laws[k], i);
            double off = e - customers[i].later;
            forecasts[i] = e;
            actual[i] = customers[i].later;
            sum += e;
            absolute += fabs(off) / CUSTOMERS;
            square += off * off / CUSTOMERS;
        }
        /* The reference's Pareto/NBD stopped with beta 1e-3 lower: 1665.4 and .75451 instead of 1665.5 and .75452. */
        double slack = laws[k].model == &paretonbd_model ? 3 : 1;
        assert_rounds_to(sum, expected[k].sum, .1 * slack);
        assert_rounds_to(absolute, expected[k].mae, 1e-5 * slack);
        assert_rounds_to(sqrt(square), expected[k].rmse, 1e-5);
        if (expected[k].correlation > 0) {
            assert_rounds_to(gsl_stats_correlation(forecasts, 1, actual, 1, CUSTOMERS),
                             expected[k].correlation, 1e-4);
        }
    }
}

/* The mean of those with 0, 1, ... 6 and 7 or more repeat purchases; the walk-through of BTYD. */
static void purchases_by_frequency(void **state)
{
    (void)state;
    static const double actual[BINS] = {.2367,  .6970,  1.3925, 1.5600,
                                        2.5323, 2.9474, 3.8621, 6.3594};
    static const double by_bgnbd[BINS] = {.2251,  .5231,  1.0441, 1.5203,
                                          2.1638, 2.6538, 3.5040, 6.1570};
    static const double by_pareto[BINS] = {.138, .600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403};
    static const int sizes[BINS] = {1411, 439, 214, 100, 62, 38, 29, 64};
    double sums[BINS][3] = {{0}};
    int counts[BINS] = {0};
    if (!load()) {
        return;
    }
    for (size_t i = 0; i < CUSTOMERS; i++) {
        size_t bin = customers[i].key.x < BINS - 1 ? (size_t)customers[i].key.x : BINS - 1;
        counts[bin]++;
        sums[bin][0] += customers[i].later;
        sums[bin][1] += expected_of(&laws[0], i);
        sums[bin][2] += expected_of(&laws[2], i);
    }
    for (size_t bin = 0; bin < BINS; bin++) {
        assert_int_equal(counts[bin], sizes[bin]);
        assert_rounds_to(sums[bin][0] / counts[bin], actual[bin], 1e-4);
        /* published fits stop at the fifth digit, the walk-through's Pareto at the third */
        assert_rounds_to(sums[bin][1] / counts[bin], by_bgnbd[bin], 4e-4);
        assert_rounds_to(sums[bin][2] / counts[bin], by_pareto[bin], 2e-3);
    }
}

/* Repeat purchases expected of all customers until `week` has ended, each counted from its own first one. */
static double expected_until(const struct law *law, int week)
{
    double sum = 0;
    double end = (double)civil_days(1997, 1, 1) + 7 * (week + 1);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        double weeks = (end - (double)customers[i].first_day) / 7;
        sum += weeks > 0 ? law->model->expected(law->parameters, &(struct btyd_key){0, 0, 0}, weeks)
                         : 0;
    }
    return sum;
}

static void weekly_tracking(void **state)
{
    (void)state;
    if (!load()) {
        return;
    }
    static const struct {
        int actual;
        double bgnbd, paretonbd;
    } weeks[] = {{73, 76.865, 78.308}, {55, 74.888, 76.419}, {70, 73.046, 74.648},
                 {33, 71.322, 72.983}, {56, 69.704, 71.414}, {99, 68.182, 69.933}};
    enum { FIRST = 19, COUNT = sizeof weeks / sizeof *weeks }; /* weeks 20 to 25 */
    int sum = 0;
    for (int i = 0; i < FIRST + COUNT; i++) {
        sum += week_purchases[i];
        assert_true(i != FIRST || sum == 1359);
    }
    assert_int_equal(sum, 1672);
    for (int i = 0; i < COUNT; i++) {
        int week = FIRST + i;
        assert_int_equal(week_purchases[week], weeks[i].actual);
        /* BTYD's fits end a little off the top: by 1e-6 here, Pareto/NBD's by 5e-5 */
        assert_rounds_to(expected_until(&laws[0], week) - expected_until(&laws[0], week - 1),
                         weeks[i].bgnbd, 2e-3);
        assert_rounds_to(expected_until(&laws[2], week) - expected_until(&laws[2], week - 1),
                         weeks[i].paretonbd, 1e-2);
    }
    assert_rounds_to(expected_until(&laws[0], FIRST), 1312.458, 4e-3);
    assert_rounds_to(expected_until(&laws[0], FIRST + COUNT - 1), 1669.6, .1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chances_of_coming_back),
        cmocka_unit_test(purchases_to_come),
        cmocka_unit_test(purchases_by_frequency),
        cmocka_unit_test(weekly_tracking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
