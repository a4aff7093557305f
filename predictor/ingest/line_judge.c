/* line_judge.c - see line_judge.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/line_judge.h"

#include "predictor/ingest/csv_quotes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMAL = 10 };

static const int64_t earliest_unix = 631152000; /* 1990-01-01: older times are broken clocks */

/* What both events of a line share. */
struct line_facts {
    int64_t at_unix;
    uint64_t size_bytes, cost_us; /* at most UINT32_MAX */
};

int line_judge_init(struct line_judge *judge, const struct log_layout *layout, struct error *err)
{
    memset(judge, 0, sizeof *judge);
    judge->layout = layout;
    log_clock_init(&judge->clock, layout->zone);
    judge->scratch.bytes = malloc(SCRATCH_SIZE);
    return judge->scratch.bytes == NULL ? error_set_memory(err, "reading logs") : 0;
}

void line_judge_free(struct line_judge *judge)
{
    csv_quotes_free(&judge->scratch);
    free(judge->scratch.bytes);
    judge->scratch.bytes = NULL;
}

static struct slice field_of(const struct line_judge *judge, const struct log_fields *fields,
                             enum field_role role)
{
    int slot = judge->layout->fields.slots[role];
    return slot == FIELD_ABSENT ? (struct slice){.bytes = NULL, .size = 0} : fields->of[slot];
}

/* Returns `fate`, and notes where in the line `field` is; decoded fields are not in the line: column 1. */
static enum line_fate blame(struct line_judge *judge, struct slice field, enum line_fate fate)
{
    uintptr_t first = (uintptr_t)judge->line.bytes;
    uintptr_t at = (uintptr_t)field.bytes;
    bool is_inside = at >= first && at <= first + judge->line.size;
    judge->column = is_inside ? (size_t)(at - first) + 1 : 1;
    return fate;
}

static bool is_nothing(struct slice text)
{
    return text.size == 0 || (text.size == 1 && text.bytes[0] == '-');
}

/* A decimal at the start of `text`, times 10^`digits`, cut and saturated; returns the bytes read, 0: none. */
static size_t take_decimal(struct slice text, int digits, uint64_t *value)
{
    size_t at = 0;
    size_t digit_count = 0;
    bool is_fraction = false;
    *value = 0;
    for (; at < text.size; at++) {
        unsigned digit = (unsigned char)text.bytes[at] - (unsigned)'0';
        if (!is_fraction && text.bytes[at] == '.') {
            is_fraction = true;
            continue;
        }
        if (digit >= DECIMAL) {
            break;
        }
        digit_count++;
        bool is_kept = !is_fraction || digits-- > 0;
        if (is_kept && *value <= UINT32_MAX) {
            *value = *value * DECIMAL + digit;
        }
    }
    for (; digits > 0 && *value <= UINT32_MAX; digits--) {
        *value *= DECIMAL;
    }
    return digit_count > 0 ? at : 0;
}

/* `0.004`, and of several backends `0.004, 0.012 : -`, as their sum; 0, or -1. */
static int read_number(struct slice text, int digits, uint64_t *number)
{
    uint64_t sum = 0;
    size_t at = 0;
    while (at < text.size && !is_nothing(text)) {
        struct slice rest = {.bytes = text.bytes + at, .size = text.size - at};
        uint64_t value = 0;
        size_t size = rest.bytes[0] == '-' ? 1 : take_decimal(rest, digits, &value);
        if (size == 0) {
            return -1;
        }
        sum += value;
        at += size;
        size_t number_end = at;
        while (at < text.size && strchr(" ,:", text.bytes[at]) != NULL && text.bytes[at] != '\0') {
            at++;
        }
        if (at < text.size && at == number_end) {
            return -1;
        }
    }
    *number = sum > UINT32_MAX ? UINT32_MAX : sum;
    return 0;
}

static enum line_fate read_time(struct line_judge *judge, const struct log_fields *fields,
                                int64_t *at_unix)
{
    struct slice text = field_of(judge, fields, ROLE_TIME);
    if (log_time_parse(&judge->clock, text, at_unix) != 0) {
        return blame(judge, text, LINE_BAD_TIME);
    }
    if (*at_unix < earliest_unix) {
        return blame(judge, text, LINE_BAD_EARLY);
    }
    bool is_future = *at_unix > judge->layout->now_unix + SECONDS_PER_DAY;
    return is_future ? blame(judge, text, LINE_BAD_FUTURE) : LINE_WITH_EVENT;
}

static enum line_fate check_filters(struct line_judge *judge, const struct log_fields *fields)
{
    const struct log_layout *layout = judge->layout;
    if (layout->fields.slots[ROLE_STATUS] != FIELD_ABSENT) {
        struct slice text = field_of(judge, fields, ROLE_STATUS);
        uint64_t status;
        size_t used = take_decimal(text, 0, &status);
        if (used == 0 || used != text.size) {
            return blame(judge, text, LINE_BAD_STATUS);
        }
        uint32_t number = status > UINT32_MAX ? UINT32_MAX : (uint32_t)status;
        if (!line_filter_wants_status(&layout->filter, number)) {
            return LINE_IGNORED_STATUS;
        }
    }
    struct slice agent = field_of(judge, fields, ROLE_AGENT);
    return line_filter_wants_agent(&layout->filter, agent, &judge->agents) ? LINE_WITH_EVENT
                                                                           : LINE_IGNORED_AGENT;
}

/* Ids are written where they stay: reading them back in another width would stall the processor. */
static enum line_fate read_ids(struct line_judge *judge, const struct log_fields *fields,
                               const struct line_facts *facts,
                               struct access_event events[ENTITY_COUNT], size_t *count)
{
    size_t found = 0;
    for (enum entity entity = 0; entity < ENTITY_COUNT; entity++) {
        struct access_event *event = &events[found];
        enum line_fate fate =
            id_rules_find(&judge->layout->id_rules[entity], fields, &judge->scratch, &event->id);
        if (fate != LINE_WITH_EVENT) {
            return blame(judge, event->id, fate);
        }
        event->at_unix = facts->at_unix;
        event->size_bytes = (uint32_t)facts->size_bytes;
        event->cost_us = (uint32_t)facts->cost_us;
        event->entity = entity;
        found += event->id.size > 0;
    }
    *count = found;
    return found > 0 ? LINE_WITH_EVENT : LINE_IGNORED_NO_ID;
}

static enum line_fate read_fields(struct line_judge *judge, const struct log_fields *fields,
                                  struct access_event events[ENTITY_COUNT], size_t *count)
{
    struct line_facts facts = {.at_unix = 0};
    enum line_fate fate = read_time(judge, fields, &facts.at_unix);
    if (fate != LINE_WITH_EVENT) {
        return fate;
    }
    fate = check_filters(judge, fields);
    if (fate != LINE_WITH_EVENT) {
        return fate;
    }
    struct slice size = field_of(judge, fields, ROLE_SIZE);
    if (read_number(size, 0, &facts.size_bytes) != 0) {
        return blame(judge, size, LINE_BAD_NUMBER);
    }
    struct slice cost = field_of(judge, fields, ROLE_COST);
    if (read_number(cost, judge->layout->cost_digits, &facts.cost_us) != 0) {
        return blame(judge, cost, LINE_BAD_NUMBER);
    }
    return read_ids(judge, fields, &facts, events, count);
}

enum line_fate line_judge_read(struct line_judge *judge, struct slice line,
                               struct access_event events[ENTITY_COUNT], size_t *count)
{
    struct log_fields fields;
    *count = 0;
    judge->line = line;
    judge->column = 1;
    if (line.size == 0) {
        return LINE_IGNORED_BLANK;
    }
    const char *nul = judge->is_free_of_nul ? NULL : memchr(line.bytes, '\0', line.size);
    if (nul != NULL) {
        judge->column = (size_t)(nul - line.bytes) + 1;
        return LINE_BAD_NUL;
    }
    enum line_fate fate =
        log_layout_parse(judge->layout, line, &judge->scratch, &fields, &judge->column);
    return fate == LINE_WITH_EVENT ? read_fields(judge, &fields, events, count) : fate;
}
