/* memory_budget.c - see memory_budget.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/memory_budget.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/monotonic.h"
#include "common/units.h"

enum {
    READ_EVERY_US = 500000,
    PATIENCE_US = 5 * US_PER_SECOND, /* a replica's buffer or a large answer passes sooner */
};
static const double LOW_GAP_SHARE = 0.02;  /* of maxmemory, between the marks */
static const double ALLOWED_SHARE = 0.5;   /* of the room, before it is measured again */
static const double FIRST_BYTES = 1 << 20; /* allowed before it is known what a key really takes */
static const double ENOUGH_BYTES = 256 << 10; /* to measure that */

int memory_budget_parse_rate(const char *text, double *bytes_per_second, struct error *err)
{
    enum { WORD_SIZE = 32 };
    char word[WORD_SIZE], duration[WORD_SIZE];
    uint64_t bytes;
    int64_t second;
    const char *slash = strchr(text, '/');
    if (slash != NULL && slash - text < WORD_SIZE && strlen(slash + 1) < WORD_SIZE - 1) {
        snprintf(word, sizeof word, "%.*s", (int)(slash - text), text);
        bool has_number = slash[1] >= '0' && slash[1] <= '9';
        snprintf(duration, sizeof duration, "%s%s", has_number ? "" : "1", slash + 1);
        if (units_parse_bytes(word, &bytes, err) == 0 &&
            units_parse_duration_second(duration, &second, err) == 0 && second > 0) {
            *bytes_per_second = (double)bytes / (double)second;
            return 0;
        }
    }
    return error_set(err, ERROR_INPUT, "'%.60s' is not a rate of growth; write 20MiB/h", text);
}

void memory_budget_init(struct memory_budget *budget, const struct memory_limits *limits,
                        double mean_bytes)
{
    *budget = (struct memory_budget){
        .limits = *limits, .mean_bytes = mean_bytes < 1 ? 1 : mean_bytes, .correction = 1};
}

/* ---- marks and room */

static bool has_mark(const struct memory_budget *budget, size_t node)
{
    return budget->nodes[node].max_bytes > 0 && budget->limits.evictions_per_second <= 0;
}

static double mark_of(const struct memory_budget *budget, size_t node)
{
    double mark = budget->limits.high_share * (double)budget->nodes[node].max_bytes -
                  budget->limits.growth_bytes / (double)budget->node_count;
    return mark < 0 ? 0 : mark;
}

uint64_t memory_budget_mark(const struct memory_budget *budget, size_t node)
{
    return has_mark(budget, node) ? (uint64_t)mark_of(budget, node) : 0;
}

static double room_of(const struct memory_budget *budget, size_t node)
{
    return mark_of(budget, node) - (double)budget->nodes[node].used_bytes;
}

/* The node with the least room below its mark; node_count when none has a mark. */
static size_t fullest_node(const struct memory_budget *budget)
{
    size_t fullest = budget->node_count;
    for (size_t i = 0; i < budget->node_count; i++) {
        bool is_fuller =
            fullest == budget->node_count || room_of(budget, i) < room_of(budget, fullest);
        if (has_mark(budget, i) && is_fuller) {
            fullest = i;
        }
    }
    return fullest;
}

static double key_bytes(const struct memory_budget *budget)
{
    return budget->mean_bytes * budget->correction;
}

/* ---- readings */

static bool is_same_nodes(const struct memory_budget *budget,
                          const struct memory_reading readings[], size_t count)
{
    bool is_same = count == budget->node_count;
    for (size_t i = 0; is_same && i < count; i++) {
        is_same = readings[i].identity == budget->nodes[i].identity;
    }
    return is_same;
}

static double sum_used(const struct memory_budget *budget)
{
    double sum = 0;
    for (size_t i = 0; i < budget->node_count; i++) {
        sum += (double)budget->nodes[i].used_bytes;
    }
    return sum;
}

/* The application writes and deletes meanwhile, so one measurement is not taken for more than it is. */
static void correct(struct memory_budget *budget)
{
    static const double LEAST = 0.5, MOST = 4;
    if (budget->since_bytes < ENOUGH_BYTES) {
        return;
    }
    double used = sum_used(budget);
    double measured = fmin(fmax((used - budget->base_bytes) / budget->since_bytes, LEAST), MOST);
    budget->correction = budget->is_corrected ? (budget->correction + measured) / 2 : measured;
    budget->is_corrected = true;
    budget->since_bytes = 0;
    budget->base_bytes = used;
}

/* Without leave a single eviction counts; with it the rate over at least a second. */
static void count_evictions(struct memory_budget *budget, uint64_t evicted, int64_t now_us)
{
    budget->evicted_count += evicted;
    int64_t elapsed_us = now_us - budget->evictions_us;
    double accepted = budget->limits.evictions_per_second;
    if (accepted <= 0) {
        budget->is_evicting = budget->is_evicting || evicted > 0;
    } else if (elapsed_us >= US_PER_SECOND) {
        budget->evictions_per_second =
            (double)budget->evicted_count * US_PER_SECOND / (double)elapsed_us;
        budget->is_evicting = budget->is_evicting || budget->evictions_per_second > accepted;
        budget->evicted_count = budget->is_evicting ? budget->evicted_count : 0;
        budget->evictions_us = now_us;
    }
}

static void judge_height(struct memory_budget *budget, int64_t now_us)
{
    size_t node = fullest_node(budget);
    if (node == budget->node_count) {
        return;
    }
    double room = room_of(budget, node);
    double gap =
        budget->high_since_us > 0 ? LOW_GAP_SHARE * (double)budget->nodes[node].max_bytes : 0;
    if (room >= gap + key_bytes(budget)) {
        budget->high_since_us = 0;
    } else if (budget->high_since_us == 0) {
        budget->high_since_us = now_us;
    }
}

static double allowed_bytes(const struct memory_budget *budget)
{
    size_t node = fullest_node(budget);
    double room = node == budget->node_count ? INFINITY : room_of(budget, node) * ALLOWED_SHARE;
    return budget->is_corrected ? room : fmin(room, FIRST_BYTES);
}

void memory_budget_read(struct memory_budget *budget, const struct memory_reading readings[],
                        size_t count, int64_t now_us)
{
    bool is_same = budget->read_us > 0 && is_same_nodes(budget, readings, count);
    uint64_t evicted = 0;
    for (size_t i = 0; is_same && i < count; i++) {
        uint64_t before = budget->nodes[i].evicted_count;
        evicted += readings[i].evicted_count > before ? readings[i].evicted_count - before : 0;
    }
    budget->node_count = count < MEMORY_NODE_MAX ? count : MEMORY_NODE_MAX;
    memcpy(budget->nodes, readings, budget->node_count * sizeof *readings);
    if (!is_same) {
        budget->base_bytes = sum_used(budget);
        budget->since_bytes = 0;
        budget->evicted_count = 0;
        budget->evictions_us = now_us;
    }
    budget->read_us = now_us;
    count_evictions(budget, evicted, now_us);
    correct(budget);
    judge_height(budget, now_us);
    budget->allowed_bytes = allowed_bytes(budget);
}

bool memory_budget_needs_reading(const struct memory_budget *budget, int64_t now_us)
{
    return budget->read_us == 0 || now_us - budget->read_us >= READ_EVERY_US ||
           budget->allowed_bytes < key_bytes(budget);
}

/* ---- verdicts */

static bool is_spent(const struct memory_budget *budget)
{
    return budget->limits.budget_bytes > 0 &&
           budget->loaded_bytes + budget->mean_bytes > (double)budget->limits.budget_bytes;
}

struct memory_verdict memory_budget_judge(const struct memory_budget *budget, int64_t now_us)
{
    if (budget->is_evicting) {
        return (struct memory_verdict){.state = MEMORY_EVICTING,
                                       .evicted_count = budget->evicted_count,
                                       .evictions_per_second = budget->evictions_per_second};
    }
    if (is_spent(budget)) {
        return (struct memory_verdict){.state = MEMORY_SPENT,
                                       .used_bytes = (uint64_t)budget->loaded_bytes,
                                       .mark_bytes = budget->limits.budget_bytes};
    }
    if (budget->high_since_us == 0) {
        return (struct memory_verdict){.state = MEMORY_FREE};
    }
    size_t node = fullest_node(budget);
    bool is_over = now_us - budget->high_since_us >= PATIENCE_US;
    return (struct memory_verdict){.state = is_over ? MEMORY_FULL : MEMORY_HIGH,
                                   .node = node,
                                   .used_bytes = budget->nodes[node].used_bytes,
                                   .mark_bytes = memory_budget_mark(budget, node),
                                   .max_bytes = budget->nodes[node].max_bytes};
}

static double keys_left(const struct memory_budget *budget, double corrected_bytes)
{
    double keys = corrected_bytes / key_bytes(budget);
    if (budget->limits.budget_bytes > 0) {
        double left = (double)budget->limits.budget_bytes - budget->loaded_bytes;
        keys = fmin(keys, left / budget->mean_bytes);
    }
    return keys < 0 ? 0 : keys;
}

size_t memory_budget_allow(const struct memory_budget *budget, size_t wanted)
{
    double keys = keys_left(budget, budget->allowed_bytes);
    if (keys >= (double)wanted) {
        return wanted;
    }
    return keys < 1 ? 1 : (size_t)keys;
}

void memory_budget_add(struct memory_budget *budget, uint64_t key_count, uint64_t bytes)
{
    if (key_count == 0) {
        return;
    }
    static const double NEW_SHARE = 0.2; /* of the latest chunk in the mean */
    double estimated = (double)bytes + (double)key_count * MEMORY_KEY_OVERHEAD_BYTES;
    budget->loaded_bytes += estimated;
    budget->since_bytes += estimated;
    budget->allowed_bytes -= estimated * budget->correction;
    budget->mean_bytes += NEW_SHARE * (estimated / (double)key_count - budget->mean_bytes);
}

static double room_below_marks(const struct memory_budget *budget)
{
    double room = 0;
    for (size_t i = 0; i < budget->node_count; i++) {
        room += has_mark(budget, i) ? fmax(room_of(budget, i), 0) : INFINITY;
    }
    return room;
}

double memory_budget_room(const struct memory_budget *budget)
{
    double left = budget->limits.budget_bytes > 0
                      ? fmax((double)budget->limits.budget_bytes - budget->loaded_bytes, 0)
                      : INFINITY;
    return fmin(room_below_marks(budget), left);
}

uint64_t memory_budget_fitting(const struct memory_budget *budget)
{
    double keys = keys_left(budget, room_below_marks(budget));
    return keys < (double)(UINT64_MAX / 2) ? (uint64_t)keys : UINT64_MAX;
}
