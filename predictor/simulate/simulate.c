/* simulate.c - lives through a shop's days and writes down what happened and what was to be expected.
 * Room: predictor/simulate. May touch: files in the folder it is given. Owns: the drafts until all is written.
 *
 * DESIGN. Everything is decided by day, users first (who comes), then their visits (what they look at):
 *
 *     timetable ──▶ crowd ──visitors──▶ traffic ──accesses──▶ access.log, access.csv | event-access.csv
 *         └───────▶ shelf ──products───────┘
 *                     └── tallies ──▶ promotion_ledger ──▶ truth.csv, truth-events.csv
 *
 * When a promotion begins, the ledger computes everyone's chance to be touched in it from the hidden states
 * and rates as they are then; only after that are its days lived through, by the same rates. Users and
 * products have random numbers of their own, so that a larger shelf does not change who comes.
 * Every file is a draft until the last is written: a crash leaves the folder as it was. */
#include "predictor/simulate/simulate.h"

#include "common/civil_time.h"
#include "common/file_io.h"
#include "predictor/simulate/shop_files.h"
#include "predictor/simulate/shop_sql.h"
#include "predictor/simulate/traffic.h"

#include <limits.h>
#include <stdlib.h>

enum shop_file {
    FILE_LOG,
    FILE_CSV,
    FILE_EVENT_CSV,
    FILE_EVENTS,
    FILE_TRUTH,
    FILE_EVENT_TRUTH,
    FILE_ATTRIBUTES,
    FILE_SQL,
    FILE_CRAWLERS,
    FILE_CONFIG,
    FILE_COUNT
};

static const char *const file_names[FILE_COUNT] = {
    [FILE_LOG] = "access.log",
    [FILE_CSV] = "access.csv",
    [FILE_EVENT_CSV] = "event-access.csv",
    [FILE_EVENTS] = "events.csv",
    [FILE_TRUTH] = "truth.csv",
    [FILE_EVENT_TRUTH] = "truth-events.csv",
    [FILE_ATTRIBUTES] = "product-attributes.csv",
    [FILE_SQL] = "shop.sql",
    [FILE_CRAWLERS] = "crawlers.txt",
    [FILE_CONFIG] = "rekindle.conf",
};

enum { WRITER_COUNT = FILE_EVENT_CSV + 1 };

/* All that a run holds; all zero is nothing. */
struct simulation {
    const struct simulate_options *options;
    struct timetable timetable;
    struct crowd crowd;
    struct shelf shelf;
    struct traffic traffic;
    struct promotion_ledger ledger;
    struct file_draft *drafts[FILE_COUNT];
    struct access_writer *writers[WRITER_COUNT];
    uint64_t log_line_count, event_access_count;
};

struct simulate_options simulate_default_options(void)
{
    return (struct simulate_options){
        .seed = 1,
        .user_count = 200000,
        .product_count = 20000,
        .day_count = 120,
        .promotion_count = SIMULATE_PROMOTIONS_BY_SHOP,
        .end_unix = civil_days(2026, 11, 11) * SECONDS_PER_DAY,
        .shop = "sparse",
    };
}

static int check_range(const char *option, uint64_t value, uint64_t min, uint64_t max,
                       struct error *err)
{
    if (value >= min && value <= max) {
        return 0;
    }
    return error_set(err, ERROR_USAGE, "%s %llu: give a number from %llu to %llu", option,
                     (unsigned long long)value, (unsigned long long)min, (unsigned long long)max);
}

static int check_options(const struct simulate_options *options, struct error *err)
{
    if (check_range("--users", options->user_count, 1, SIMULATE_USERS_MAX, err) != 0 ||
        check_range("--products", options->product_count, 1, SIMULATE_PRODUCTS_MAX, err) != 0 ||
        check_range("--days", (uint64_t)options->day_count, SIMULATE_DAYS_MIN, SIMULATE_DAYS_MAX,
                    err) != 0) {
        return -1;
    }
    if (shop_kind_find(options->shop) == NULL) {
        return error_set(err, ERROR_USAGE, "--shop: there is no kind of shop '%s'; there are: %s",
                         options->shop, shop_kind_names());
    }
    return 0;
}

static FILE *stream_of(struct simulation *simulation, enum shop_file file)
{
    return file_draft_stream(simulation->drafts[file]);
}

static int open_files(struct simulation *simulation, struct error *err)
{
    if (file_make_folder(simulation->options->out_folder, err) != 0) {
        return -1;
    }
    for (int i = 0; i < FILE_COUNT; i++) {
        char path[PATH_MAX];
        int size =
            snprintf(path, sizeof path, "%s/%s", simulation->options->out_folder, file_names[i]);
        if (size < 0 || (size_t)size >= sizeof path) {
            return error_set(err, ERROR_USAGE, "--out: the path is too long: %s",
                             simulation->options->out_folder);
        }
        simulation->drafts[i] = file_draft_open(path, err);
        if (simulation->drafts[i] == NULL) {
            return -1;
        }
    }
    for (int i = 0; i < WRITER_COUNT; i++) {
        simulation->writers[i] = access_writer_open(stream_of(simulation, (enum shop_file)i));
        if (simulation->writers[i] == NULL) {
            return error_set_memory(err, "writing the logs");
        }
    }
    access_writer_put_csv_header(simulation->writers[FILE_CSV]);
    access_writer_put_csv_header(simulation->writers[FILE_EVENT_CSV]);
    return 0;
}

static int open_simulation(struct simulation *simulation, struct error *err)
{
    const struct simulate_options *options = simulation->options;
    const struct timetable *timetable = &simulation->timetable;
    if (timetable_init(&simulation->timetable, shop_kind_find(options->shop),
                       options->promotion_count, options->day_count, options->end_unix,
                       options->seed, err) != 0 ||
        crowd_init(&simulation->crowd, options->user_count, timetable, options->seed, err) != 0 ||
        shelf_init(&simulation->shelf, options->product_count, timetable, options->seed, err) !=
            0 ||
        traffic_init(&simulation->traffic, options->seed, err) != 0) {
        return -1;
    }
    return promotion_ledger_init(&simulation->ledger, &simulation->crowd, &simulation->shelf, err);
}

static void close_writers(struct simulation *simulation)
{
    for (int i = 0; i < WRITER_COUNT; i++) {
        access_writer_close(simulation->writers[i]);
        simulation->writers[i] = NULL;
    }
}

static void close_simulation(struct simulation *simulation)
{
    close_writers(simulation);
    for (int i = 0; i < FILE_COUNT; i++) {
        file_draft_abandon(simulation->drafts[i]);
    }
    promotion_ledger_free(&simulation->ledger);
    traffic_free(&simulation->traffic);
    shelf_free(&simulation->shelf);
    crowd_free(&simulation->crowd);
    timetable_free(&simulation->timetable);
}

/* The log's days go into both logs, the coming promotion's into event-access.csv. */
static void write_day(struct simulation *simulation, int32_t day)
{
    bool is_event = day >= simulation->timetable.log_days;
    struct access_writer *log = simulation->writers[FILE_LOG];
    struct access_writer *csv = simulation->writers[is_event ? FILE_EVENT_CSV : FILE_CSV];
    int64_t day_unix = timetable_unix(&simulation->timetable, day);
    access_writer_set_day(log, day_unix);
    access_writer_set_day(csv, day_unix);
    for (size_t i = 0; i < simulation->traffic.count; i++) {
        const struct access *access = &simulation->traffic.accesses[i];
        access_writer_put_csv(csv, access);
        if (!is_event) {
            access_writer_put_combined(log, access);
        }
    }
    if (is_event) {
        simulation->event_access_count += simulation->traffic.count;
    } else {
        simulation->log_line_count += simulation->traffic.count;
    }
}

static int live_through_day(struct simulation *simulation, int32_t day, struct error *err)
{
    struct crowd *crowd = &simulation->crowd;
    struct shelf *shelf = &simulation->shelf;
    const struct promotion *promotion = timetable_find(&simulation->timetable, day);
    if (promotion != NULL && day == promotion->start_day) {
        promotion_ledger_begin(&simulation->ledger, promotion, crowd, shelf);
    }
    if (crowd_advance(crowd, day, err) != 0) {
        return -1;
    }
    shelf_advance(shelf, day);
    if (traffic_fill(&simulation->traffic, crowd, shelf, day, err) != 0) {
        return -1;
    }
    write_day(simulation, day);
    if (promotion != NULL && day + 1 == promotion->end_day) {
        promotion_ledger_end(&simulation->ledger, promotion, crowd, shelf);
    }
    return 0;
}

static void write_facts(struct simulation *simulation)
{
    const struct timetable *timetable = &simulation->timetable;
    const struct crowd *crowd = &simulation->crowd;
    const struct shelf *shelf = &simulation->shelf;
    shop_files_put_events(stream_of(simulation, FILE_EVENTS), timetable);
    shop_files_put_truth(stream_of(simulation, FILE_TRUTH), crowd, shelf);
    shop_files_put_event_truth(stream_of(simulation, FILE_EVENT_TRUTH), timetable,
                               &simulation->ledger);
    shop_files_put_attributes(stream_of(simulation, FILE_ATTRIBUTES), shelf);
    shop_sql_put(stream_of(simulation, FILE_SQL), crowd, shelf, simulation->options->seed);
    shop_files_put_crawlers(stream_of(simulation, FILE_CRAWLERS));
    shop_files_put_config(stream_of(simulation, FILE_CONFIG), timetable);
}

static int commit_files(struct simulation *simulation, struct error *err)
{
    for (int i = 0; i < FILE_COUNT; i++) {
        struct file_draft *draft = simulation->drafts[i];
        simulation->drafts[i] = NULL;
        if (file_draft_commit(draft, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int run(struct simulation *simulation, struct error *err)
{
    if (open_simulation(simulation, err) != 0 || open_files(simulation, err) != 0) {
        return -1;
    }
    int32_t end_day = timetable_coming(&simulation->timetable)->end_day;
    for (int32_t day = 0; day < end_day; day++) {
        if (live_through_day(simulation, day, err) != 0) {
            return -1;
        }
    }
    write_facts(simulation);
    close_writers(simulation);
    return commit_files(simulation, err);
}

int simulate_run(const struct simulate_options *options, const struct message *message,
                 struct error *err)
{
    if (check_options(options, err) != 0) {
        return -1;
    }
    struct simulation simulation = {.options = options};
    int result = run(&simulation, err);
    if (result == 0) {
        const struct promotion *coming = timetable_coming(&simulation.timetable);
        message_note(message, "%llu accesses in %lld days, then %llu in %s",
                     (unsigned long long)simulation.log_line_count, (long long)options->day_count,
                     (unsigned long long)simulation.event_access_count, coming->name);
    }
    close_simulation(&simulation);
    return result;
}
