/* line_filter.c - see line_filter.h.
 * Room: predictor/ingest. May touch: the file of --ignore-agents. */
#include "predictor/ingest/line_filter.h"

#include "common/file_io.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { AGENTS_FILE_SIZE_MAX = 4 << 20, STATUS_MAX = 999, DECIMAL = 10 };

/* ---- the options */

/* Digits at `*at` to a status; -1 when there are none or too many; moves behind them. */
static int take_status(const char **at)
{
    char *end;
    if (**at < '0' || **at > '9') {
        return -1;
    }
    long status = strtol(*at, &end, DECIMAL);
    *at = end;
    return status <= STATUS_MAX ? (int)status : -1;
}

static int parse_ranges(struct line_filter *filter, const char *text, struct error *err)
{
    const char *at = text;
    do {
        int first = take_status(&at);
        int last = first;
        if (first >= 0 && *at == '-') {
            at++;
            last = take_status(&at);
        }
        bool is_end = *at == ',' || *at == '\0';
        if (first < 0 || last < first || !is_end || filter->range_count == STATUS_RANGE_MAX) {
            return error_set(err, ERROR_USAGE,
                             "--status '%.100s' is no list of ranges; write 200-399 or 200-299,304",
                             text);
        }
        filter->ranges[filter->range_count++] =
            (struct status_range){.first = (uint32_t)first, .last = (uint32_t)last};
    } while (*at++ == ',');
    return 0;
}

static void make_lower(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z') {
            text[i] = (char)(text[i] - 'A' + 'a');
        }
    }
}

/* The next line that says something, without its end; size 0 at the end. */
static struct slice next_agent(const char **at)
{
    while (**at != '\0') {
        struct slice line = {.bytes = *at, .size = strcspn(*at, "\r\n")};
        *at += line.size;
        *at += strspn(*at, "\r\n");
        if (line.size > 0 && line.bytes[0] != '#') {
            return line;
        }
    }
    return (struct slice){.bytes = *at, .size = 0};
}

static int keep_agents(struct line_filter *filter, const char *text, struct error *err)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t mark_size = sizeof byte_order_mark - 1;
    size_t count = 0;
    text += strncmp(text, byte_order_mark, mark_size) == 0 ? mark_size : 0;
    const char *at = text;
    while (next_agent(&at).size > 0) {
        count++;
    }
    filter->agents = arena_take(&filter->arena, count * sizeof *filter->agents);
    at = text;
    for (size_t i = 0; filter->agents != NULL && i < count; i++) {
        struct slice agent = next_agent(&at);
        char *copy = arena_copy_text(&filter->arena, agent);
        if (copy == NULL) {
            return error_set_memory(err, "reading the list of user agents");
        }
        make_lower(copy, agent.size);
        filter->agents[filter->agent_count++] = (struct slice){.bytes = copy, .size = agent.size};
    }
    return filter->agents == NULL ? error_set_memory(err, "reading the list of user agents") : 0;
}

int line_filter_init(struct line_filter *filter, const char *status, const char *agents_path,
                     struct error *err)
{
    memset(filter, 0, sizeof *filter);
    if (status != NULL && parse_ranges(filter, status, err) != 0) {
        return -1;
    }
    if (agents_path == NULL) {
        return 0;
    }
    char *text;
    size_t size;
    if (file_read_whole(agents_path, AGENTS_FILE_SIZE_MAX, &text, &size, err) != 0) {
        return error_add_context(err, "--ignore-agents");
    }
    int status_code = keep_agents(filter, text, err);
    free(text);
    return status_code;
}

void line_filter_free(struct line_filter *filter)
{
    arena_free(&filter->arena);
    memset(filter, 0, sizeof *filter);
}

/* ---- the verdicts */

bool line_filter_wants_status(const struct line_filter *filter, uint32_t status)
{
    for (size_t i = 0; i < filter->range_count; i++) {
        if (status >= filter->ranges[i].first && status <= filter->ranges[i].last) {
            return true;
        }
    }
    return filter->range_count == 0;
}

static bool holds(struct slice text, struct slice part)
{
    const char *at = text.bytes;
    const char *end = text.bytes + text.size;
    while ((size_t)(end - at) >= part.size) {
        at = memchr(at, part.bytes[0], (size_t)(end - at) - part.size + 1);
        if (at == NULL) {
            return false;
        }
        if (memcmp(at, part.bytes, part.size) == 0) {
            return true;
        }
        at++;
    }
    return false;
}

static bool is_unwanted_agent(const struct line_filter *filter, struct slice agent)
{
    enum { AGENT_SIZE_MAX = 4096 };
    char lower[AGENT_SIZE_MAX];
    struct slice copy = {lower, agent.size < AGENT_SIZE_MAX ? agent.size : AGENT_SIZE_MAX};
    memcpy(lower, agent.bytes, copy.size);
    make_lower(lower, copy.size);
    for (size_t i = 0; i < filter->agent_count; i++) {
        if (holds(copy, filter->agents[i])) {
            return true;
        }
    }
    return false;
}

bool line_filter_wants_agent(const struct line_filter *filter, struct slice agent,
                             struct agent_cache *cache)
{
    if (filter->agent_count == 0 || agent.size == 0) {
        return true;
    }
    uint64_t hash = XXH3_64bits(agent.bytes, agent.size) | 1; /* 0 is a free place */
    size_t place = (hash >> 1) % AGENT_CACHE_SIZE;
    if (cache->hashes[place] != hash) {
        cache->hashes[place] = hash;
        cache->is_unwanted[place] = is_unwanted_agent(filter, agent);
    }
    return !cache->is_unwanted[place];
}
