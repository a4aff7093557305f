/* simulate_test.c - the simulated shop keeps its promises: same seed same bytes, a truth that calibrates.
 * Room: tests. May touch: a temporary folder. */
#include "predictor/simulate/simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/civil_time.h"
#include "common/file_io.h"
#include "predictor/simulate/draw.h"
#include "predictor/simulate/shelf.h"

enum { PATH_SIZE = 512, LINE_SIZE = 1024, FILE_SIZE_MAX = 64 * 1024 * 1024 };

static const char *const shop_files[] = {
    "access.log",   "access.csv",       "event-access.csv",       "events.csv",
    "truth.csv",    "truth-events.csv", "product-attributes.csv", "shop.sql",
    "crawlers.txt", "rekindle.conf"};
enum { SHOP_FILE_COUNT = sizeof shop_files / sizeof shop_files[0] };

static char folder[PATH_SIZE];

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/rekindle-simulate-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static const char *path_of(char *path, const char *shop, const char *file)
{
    snprintf(path, PATH_SIZE, "%.200s/%s%s%s", folder, shop, file[0] != '\0' ? "/" : "", file);
    return path;
}

static const char *const shops[] = {"one", "again", "other", "dense", "seasonal", "tiny", "sample"};

static int remove_folder(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    for (size_t shop = 0; shop < sizeof shops / sizeof shops[0]; shop++) {
        for (size_t file = 0; file < SHOP_FILE_COUNT; file++) {
            unlink(path_of(path, shops[shop], shop_files[file]));
        }
        rmdir(path_of(path, shops[shop], ""));
    }
    return rmdir(folder);
}

static struct simulate_options small_shop(uint64_t seed)
{
    struct simulate_options options = simulate_default_options();
    options.seed = seed;
    options.user_count = 6000;
    options.product_count = 900;
    return options;
}

static void simulate(const char *shop, struct simulate_options options)
{
    char path[PATH_SIZE];
    struct error err = {0};
    options.out_folder = path_of(path, shop, "");
    int result = simulate_run(&options, NULL, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(result, 0);
}

static char *read_shop_file(const char *shop, const char *file, size_t *size)
{
    char path[PATH_SIZE];
    char *text = NULL;
    struct error err = {0};
    int result = file_read_whole(path_of(path, shop, file), FILE_SIZE_MAX, &text, size, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(result, 0);
    return text;
}

static bool is_same_file(const char *shop_a, const char *shop_b, const char *file)
{
    size_t size_a = 0, size_b = 0;
    char *a = read_shop_file(shop_a, file, &size_a);
    char *b = read_shop_file(shop_b, file, &size_b);
    bool is_same = size_a == size_b && memcmp(a, b, size_a) == 0;
    free(a);
    free(b);
    return is_same;
}

static void same_seed_gives_same_bytes(void **state)
{
    (void)state;
    simulate("one", small_shop(7));
    simulate("again", small_shop(7));
    simulate("other", small_shop(8));
    for (size_t file = 0; file < SHOP_FILE_COUNT; file++) {
        assert_true(is_same_file("one", "again", shop_files[file]));
    }
    assert_false(is_same_file("one", "other", "access.log"));
    assert_false(is_same_file("one", "other", "truth.csv"));
    assert_false(is_same_file("one", "other", "shop.sql"));
    assert_true(is_same_file("one", "other", "rekindle.conf"));
}

/* data/sample was made on another machine. */
static void sample_is_reproduced(void **state)
{
    (void)state;
    struct simulate_options options = simulate_default_options();
    options.user_count = 150;
    options.product_count = 40;
    options.day_count = 60;
    options.promotion_count = 1;
    simulate("sample", options);
    for (size_t file = 0; file < SHOP_FILE_COUNT; file++) {
        char path[PATH_SIZE];
        char *kept = NULL;
        size_t kept_size = 0, made_size = 0;
        struct error err = {0};
        snprintf(path, sizeof path, "data/sample/%s", shop_files[file]);
        if (file_read_whole(path, FILE_SIZE_MAX, &kept, &kept_size, &err) != 0) {
            fail_msg("%s (run from the project's root)", err.text);
        }
        char *made = read_shop_file("sample", shop_files[file], &made_size);
        assert_int_equal(kept_size, made_size);
        assert_memory_equal(kept, made, made_size);
        free(kept);
        free(made);
    }
}

static FILE *open_shop_file(const char *shop, const char *file)
{
    char path[PATH_SIZE];
    FILE *in = fopen(path_of(path, shop, file), "r");
    assert_non_null(in);
    return in;
}

static size_t count_lines(const char *shop, const char *file, const char *part)
{
    char line[LINE_SIZE];
    size_t count = 0;
    FILE *in = open_shop_file(shop, file);
    while (fgets(line, sizeof line, in) != NULL) {
        count += strstr(line, part) != NULL;
    }
    fclose(in);
    return count;
}

/* What the CSV must say of a line of the log, up to the cost; false for crawlers. */
static bool expect_row(const char *line, char *row)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned user, day, year, status, bytes;
    char month[4], clock[9], path[64], product[64] = "";
    if (sscanf(line, "%*s - %u [%2u/%3s/%4u:%8s +0000] \"GET %63s HTTP/1.1\" %u %u", &user, &day,
               month, &year, clock, path, &status, &bytes) != 8) {
        return false;
    }
    if (strcmp(path, "/") != 0) {
        assert_int_equal(sscanf(path, "/product/%63s", product), 1);
    }
    unsigned month_number = (unsigned)((strstr(months, month) - months) / 3 + 1);
    snprintf(row, LINE_SIZE, "%04u-%02u-%02uT%sZ,%u,%s,%u,%u,", year, month_number, day, clock,
             user, product, status, bytes);
    return true;
}

/* The log has crawlers; without them it is the CSV, line for line. */
static void log_and_csv_tell_the_same(void **state)
{
    (void)state;
    char line[LINE_SIZE], row[LINE_SIZE], expected[LINE_SIZE];
    FILE *log = open_shop_file("one", "access.log");
    FILE *csv = open_shop_file("one", "access.csv");
    assert_non_null(fgets(row, sizeof row, csv));
    assert_string_equal(row, "ts,user_id,item_id,status,bytes,cost_ms\n");
    size_t ignored_count = 0, event_count = 0;
    while (fgets(line, sizeof line, log) != NULL) {
        if (!expect_row(line, expected)) {
            ignored_count++;
            continue;
        }
        assert_non_null(fgets(row, sizeof row, csv));
        row[strlen(expected)] = '\0';
        assert_string_equal(row, expected);
        event_count++;
    }
    assert_null(fgets(row, sizeof row, csv));
    assert_true(event_count > 10000);
    assert_true(ignored_count > event_count / 100);
    fclose(log);
    fclose(csv);
}

static void lines_are_in_order_of_time(void **state)
{
    (void)state;
    char line[LINE_SIZE], before[32] = "";
    FILE *csv = open_shop_file("one", "access.csv");
    assert_non_null(fgets(line, sizeof line, csv));
    while (fgets(line, sizeof line, csv) != NULL) {
        line[strlen("2026-11-11T00:00:00Z")] = '\0';
        assert_true(strcmp(before, line) <= 0);
        memcpy(before, line, strlen(line) + 1);
    }
    assert_true(strcmp(before, "2026-11-11T00:00:00Z") < 0);
    fclose(csv);
}

struct truth_sums {
    double expected, variance, hot_expected, hot_variance;
    size_t key_count, returned_count, hot_returned_count;
};

static struct truth_sums sum_truth(const char *shop, const char *entity)
{
    char line[LINE_SIZE];
    struct truth_sums sums = {0};
    FILE *in = open_shop_file(shop, "truth.csv");
    assert_non_null(fgets(line, sizeof line, in));
    assert_string_equal(line, "entity,id,p_true,returned,hits,first_touch,last_seen\n");
    while (fgets(line, sizeof line, in) != NULL) {
        double p;
        unsigned returned, hits;
        char name[16];
        assert_int_equal(sscanf(line, "%15[^,],%*[^,],%lf,%u,%u", name, &p, &returned, &hits), 4);
        assert_true(p >= 0 && p <= 1);
        assert_int_equal(returned, hits > 0);
        if (strcmp(name, entity) != 0) {
            continue;
        }
        sums.key_count++;
        sums.expected += p;
        sums.variance += p * (1 - p);
        sums.returned_count += returned;
        if (p > 0.5) {
            sums.hot_expected += p;
            sums.hot_variance += p * (1 - p);
            sums.hot_returned_count += returned;
        }
    }
    fclose(in);
    return sums;
}

/* Within four standard deviations of what the probabilities say, all of them and the likely ones. */
static void assert_calibrated(const char *shop, const char *entity)
{
    struct truth_sums sums = sum_truth(shop, entity);
    print_message("%s %s: %zu keys, expected %.1f, returned %zu\n", shop, entity, sums.key_count,
                  sums.expected, sums.returned_count);
    assert_true(sums.key_count > 100);
    assert_true(fabs(sums.expected - (double)sums.returned_count) <= 4 * sqrt(sums.variance) + 1);
    assert_true(fabs(sums.hot_expected - (double)sums.hot_returned_count) <=
                4 * sqrt(sums.hot_variance) + 1);
}

static void truth_calibrates(void **state)
{
    (void)state;
    struct simulate_options dense = small_shop(3), seasonal = small_shop(5);
    dense.shop = "dense";
    dense.user_count = 2000;
    seasonal.shop = "seasonal";
    simulate("dense", dense);
    simulate("seasonal", seasonal);
    static const char *const judged[] = {"one", "other", "dense", "seasonal"};
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        assert_calibrated(judged[i], "user");
        assert_calibrated(judged[i], "product");
    }
}

static void promotions_are_told(void **state)
{
    (void)state;
    assert_int_equal(count_lines("one", "events.csv", ",sale\n"), 3);
    assert_int_equal(count_lines("one", "events.csv",
                                 "sale-2026-11-11,2026-11-11T00:00:00Z,2026-11-14T00:00:00Z,sale"),
                     1);
    assert_int_equal(count_lines("seasonal", "events.csv", "-11,2026-11-11T00:00:00Z"), 1);
    assert_int_equal(count_lines("seasonal", "events.csv", ",members\n"), 2);
    /* The strengths of the past ones of a kind have mean 1. */
    char line[LINE_SIZE];
    double sum = 0;
    size_t count = 0;
    FILE *in = open_shop_file("one", "truth-events.csv");
    while (fgets(line, sizeof line, in) != NULL) {
        double strength;
        if (strstr(line, "2026-11-11") == NULL &&
            sscanf(line, "%*[^,],sale,user,%lf", &strength) == 1) {
            sum += strength;
            count++;
        }
    }
    fclose(in);
    assert_int_equal(count, 2);
    assert_true(fabs(sum - 2) < 0.001);
}

static void rhythm_is_visible(void **state)
{
    (void)state;
    size_t night = count_lines("one", "access.csv", "T03:"); /* the quietest hour */
    size_t evening = count_lines("one", "access.csv", "T21:");
    assert_true(evening > 8 * night);
    size_t sunday = count_lines("one", "access.csv", "2026-08-16T") +
                    count_lines("one", "access.csv", "2026-08-23T");
    size_t tuesday = count_lines("one", "access.csv", "2026-08-11T") +
                     count_lines("one", "access.csv", "2026-08-18T");
    assert_true(10 * sunday > 11 * tuesday);
    size_t promotion = count_lines("one", "event-access.csv", "2026-11-11T");
    size_t day_before = count_lines("one", "access.csv", "2026-11-10T");
    assert_true(promotion > 2 * day_before);
}

static void smallest_shop_works(void **state)
{
    (void)state;
    struct simulate_options options = small_shop(1);
    options.user_count = 1;
    options.product_count = 1;
    options.day_count = SIMULATE_DAYS_MIN;
    options.promotion_count = 0;
    simulate("tiny", options);
    assert_int_equal(count_lines("tiny", "product-attributes.csv", "P000001,G000001,category-"), 1);
    assert_int_equal(count_lines("tiny", "shop.sql", "INSERT INTO"), 2);
    assert_int_equal(count_lines("one", "shop.sql", "INSERT INTO users"), 12);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    struct simulate_options options = small_shop(1);
    struct error err = {0};
    options.out_folder = folder;
    options.shop = "grocer";
    assert_int_equal(simulate_run(&options, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(
        err.text, "--shop: there is no kind of shop 'grocer'; there are: sparse, dense, seasonal");
    options = small_shop(1);
    options.out_folder = folder;
    options.user_count = 0;
    assert_int_equal(simulate_run(&options, NULL, &err), -1);
    assert_string_equal(err.text, "--users 0: give a number from 1 to 50000000");
    options = small_shop(1);
    options.out_folder = folder;
    options.promotion_count = 30;
    assert_int_equal(simulate_run(&options, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(err.text, "--promotions 30 do not fit into --days 120: each needs 6 days "
                                  "at the least in a sparse shop");
}

/* Inversion against the probabilities, within four standard deviations. */
static void poisson_is_poisson(void **state)
{
    (void)state;
    enum { DRAWS = 200000, CELLS = 6 };
    static const double means[] = {0.02, 0.7, 3.0};
    gsl_rng *rng = draw_new(1, DRAW_CROWD);
    assert_non_null(rng);
    for (size_t m = 0; m < sizeof means / sizeof means[0]; m++) {
        size_t seen[CELLS] = {0};
        for (int i = 0; i < DRAWS; i++) {
            uint32_t count = draw_poisson(rng, means[m]);
            seen[count < CELLS ? count : CELLS - 1]++;
        }
        double p = exp(-means[m]);
        for (int k = 0; k < CELLS - 1; k++) {
            double sd = sqrt(DRAWS * p * (1 - p));
            assert_true(fabs((double)seen[k] - DRAWS * p) <= 4 * sd + 1);
            p *= means[m] / (k + 1);
        }
    }
    gsl_rng_free(rng);
}

/* The alias table against its own weights: each product's share of the columns. */
static void alias_table_holds_the_weights(void **state)
{
    (void)state;
    enum { PRODUCTS = 500 };
    struct timetable timetable;
    struct shelf shelf;
    struct error err = {0};
    double share[PRODUCTS] = {0}, total = 0;
    int64_t end_unix = civil_days(2026, 11, 11) * SECONDS_PER_DAY;
    assert_int_equal(
        timetable_init(&timetable, shop_kind_find("sparse"), 2, 120, end_unix, 1, &err), 0);
    assert_int_equal(shelf_init(&shelf, PRODUCTS, &timetable, 1, &err), 0);
    for (int32_t day = 0; day < 5; day++) {
        shelf_advance(&shelf, day);
    }
    for (size_t i = 0; i < PRODUCTS; i++) {
        share[i] += shelf.alias_share[i];
        share[shelf.alias[i]] += 1 - shelf.alias_share[i];
        const struct product_parent *parent = &shelf.parents[shelf.products[i].parent];
        bool is_seen = parent->sleeper.state == SLEEP_AWAKE && parent->launch_day <= 4;
        total += is_seen ? shelf.products[i].weight : 0;
    }
    for (size_t i = 0; i < PRODUCTS; i++) {
        const struct product_parent *parent = &shelf.parents[shelf.products[i].parent];
        bool is_seen = parent->sleeper.state == SLEEP_AWAKE && parent->launch_day <= 4;
        double weight = is_seen ? shelf.products[i].weight : 0;
        assert_true(fabs(share[i] - weight * PRODUCTS / total) < 1e-4);
    }
    shelf_free(&shelf);
    timetable_free(&timetable);
}

int main(void)
{
    /* In this order: the later ones read the shops of the first. */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_same_bytes),
        cmocka_unit_test(sample_is_reproduced),
        cmocka_unit_test(log_and_csv_tell_the_same),
        cmocka_unit_test(lines_are_in_order_of_time),
        cmocka_unit_test(truth_calibrates),
        cmocka_unit_test(promotions_are_told),
        cmocka_unit_test(rhythm_is_visible),
        cmocka_unit_test(smallest_shop_works),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(poisson_is_poisson),
        cmocka_unit_test(alias_table_holds_the_weights),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
