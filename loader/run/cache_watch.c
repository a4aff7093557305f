/* cache_watch.c - see cache_watch.h.
 * Room: loader/run. May touch: INFO and marker keys of the cache, the file `guard` of [run] dir. */
#include "loader/run/cache_watch.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file_io.h"
#include "loader/sink/redis_cluster.h"
#include "loader/sink/redis_control.h"
#include "loader/sink/redis_probe.h"
#include "loader/sink/sink.h"

enum {
    PART_SLOTS = REDIS_SLOT_COUNT / CACHE_PART_MAX,
    MARKER_SIZE = 40,
    STATE_SIZE_MAX = 1 << 16,
    LINE_SIZE = 128
};
#define MARKER_KEY "rekindle:marker"

/* What was seen of the server that has a part. */
struct part_sight {
    char run_id[GUARD_RUN_ID_SIZE]; /* "": nothing was */
    uint64_t key_count;
};

struct cache_watch {
    struct redis_config
        cache; /* with a short time limit, and without the place of the control keys */
    const atomic_int *stop;
    struct sink *sink;         /* NULL: to be opened */
    struct redis_control *pen; /* writes the markers; NULL: to be opened */
    size_t part_count;
    char markers[CACHE_PART_MAX][MARKER_SIZE];
    struct part_sight before[CACHE_PART_MAX], now[CACHE_PART_MAX];
    size_t lost_node_count; /* servers that have lost a part of theirs, by the last look */
    char lost_nodes[SINK_NODE_MAX][SINK_NODE_ADDRESS_SIZE];
    char state_path[PATH_MAX];
};

/* ---- markers */

static size_t part_of(struct slice key)
{
    return redis_slot_of(key) / PART_SLOTS;
}

/* The first number as a hash tag that leads to each part. */
static void name_markers(struct cache_watch *watch)
{
    if (watch->part_count == 1) {
        snprintf(watch->markers[0], MARKER_SIZE, "%s", MARKER_KEY);
        return;
    }
    size_t named = 0;
    for (unsigned tag = 0; named < watch->part_count; tag++) {
        char name[MARKER_SIZE];
        snprintf(name, sizeof name, MARKER_KEY ":{%u}", tag);
        char *marker = watch->markers[part_of(slice_of(name))];
        if (marker[0] == '\0') {
            memcpy(marker, name, sizeof name);
            named++;
        }
    }
}

/* ---- what was seen last: a line `first-last = run_id keys` for parts of the same server */

static bool is_same_sight(const struct part_sight *a, const struct part_sight *b)
{
    return a->key_count == b->key_count && strcmp(a->run_id, b->run_id) == 0;
}

static void take_line(struct cache_watch *watch, const char *line)
{
    size_t first, last;
    struct part_sight sight = {{0}, 0};
    if (sscanf(line, "%zu-%zu = %63s %" SCNu64, &first, &last, sight.run_id, &sight.key_count) !=
        4) { /* NOLINT: four fields */
        return;
    }
    for (size_t part = first; part <= last && part < watch->part_count; part++) {
        watch->before[part] = sight;
    }
}

/* A file that says nothing of this kind of cache makes the next look the first. */
static int load_state(struct cache_watch *watch, struct error *err)
{
    char *text = NULL, *rest = NULL, head[LINE_SIZE];
    size_t size;
    if (access(watch->state_path, F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(watch->state_path, STATE_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    snprintf(head, sizeof head, "parts = %zu", watch->part_count);
    char *line = strtok_r(text, "\n", &rest);
    bool is_ours = line != NULL && strcmp(line, head) == 0;
    while (is_ours && (line = strtok_r(NULL, "\n", &rest)) != NULL) {
        take_line(watch, line);
    }
    free(text);
    return 0;
}

static int save_state(struct cache_watch *watch, struct error *err)
{
    memcpy(watch->before, watch->now, sizeof watch->before);
    struct file_draft *draft = file_draft_open(watch->state_path, err);
    if (draft == NULL) {
        return -1;
    }
    FILE *out = file_draft_stream(draft);
    fprintf(out, "parts = %zu\n", watch->part_count);
    for (size_t first = 0, next; first < watch->part_count; first = next) {
        const struct part_sight *sight = &watch->now[first];
        next = first + 1;
        while (next < watch->part_count && is_same_sight(sight, &watch->now[next])) {
            next++;
        }
        fprintf(out, "%zu-%zu = %s %" PRIu64 "\n", first, next - 1, sight->run_id,
                sight->key_count);
    }
    return file_draft_commit(draft, err);
}

/* ---- opening and closing */

struct cache_watch *cache_watch_open(const struct redis_config *cache, const char *folder,
                                     const atomic_int *stop, struct error *err)
{
    struct cache_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        error_set_memory(err, "watching the cache");
        return NULL;
    }
    watch->cache = *cache;
    watch->cache.control = NULL;
    watch->cache.timeout_ms = REDIS_PROBE_TIMEOUT_MS;
    watch->stop = stop;
    watch->part_count = cache->is_cluster ? CACHE_PART_MAX : 1;
    name_markers(watch);
    snprintf(watch->state_path, sizeof watch->state_path, "%.4000s/guard", folder);
    if (file_make_folder(folder, err) != 0 || load_state(watch, err) != 0) {
        cache_watch_close(watch);
        return NULL;
    }
    return watch;
}

void cache_watch_close(struct cache_watch *watch)
{
    if (watch != NULL) {
        sink_close(watch->sink);
        redis_control_close(watch->pen);
        free(watch);
    }
}

/* ---- looking */

struct cache_sight {
    struct sink_status nodes[SINK_NODE_MAX];
    size_t node_count;
    struct sink_look markers[CACHE_PART_MAX];
};

static bool are_masters(const struct cache_sight *sight)
{
    for (size_t node = 0; node < sight->node_count; node++) {
        if (strcmp(sight->nodes[node].role, "master") != 0) {
            return false;
        }
    }
    return true;
}

static bool is_any_loading(const struct cache_sight *sight)
{
    for (size_t node = 0; node < sight->node_count; node++) {
        if (sight->nodes[node].is_loading) {
            return true;
        }
    }
    return false;
}

/* It is found anew. Sentinels are asked at each look: a master that was replaced calls itself one for another while. */
static void forget_master(struct cache_watch *watch)
{
    sink_close(watch->sink);
    redis_control_close(watch->pen);
    watch->sink = NULL;
    watch->pen = NULL;
}

/* False: somebody does not answer, or cannot be asked now. */
static bool see(struct cache_watch *watch, struct cache_sight *sight)
{
    struct error ignored = {0};
    const struct sink_options options = {.kind = SINK_DRY_RUN,
                                         .redis = &watch->cache,
                                         .patience_ms = REDIS_PROBE_TIMEOUT_MS,
                                         .stop = watch->stop};
    if (watch->cache.sentinel != NULL) {
        forget_master(watch);
    }
    if (watch->sink == NULL) {
        watch->sink = sink_open(&options, &ignored);
    }
    for (size_t part = 0; part < watch->part_count; part++) {
        sight->markers[part] =
            (struct sink_look){.key = slice_of(watch->markers[part]), .kind = RECORD_STRING};
    }
    if (watch->sink == NULL ||
        sink_node_statuses(watch->sink, sight->nodes, &sight->node_count, &ignored) != 0 ||
        sink_look(watch->sink, SINK_LOOK_PRESENCE, sight->markers, watch->part_count, &ignored) !=
            0) {
        return false;
    }
    if (!are_masters(sight)) {
        forget_master(watch);
        return false;
    }
    return sight->node_count > 0 && !is_any_loading(sight);
}

/* Notes the server that has the part; false when it has changed just now. */
static bool see_owner(struct cache_watch *watch, const struct cache_sight *sight, size_t part)
{
    const char *address = sink_node_of(watch->sink, slice_of(watch->markers[part]));
    for (size_t node = 0; node < sight->node_count; node++) {
        const struct sink_status *status = &sight->nodes[node];
        if (strcmp(status->address, address) == 0) {
            snprintf(watch->now[part].run_id, GUARD_RUN_ID_SIZE, "%s", status->run_id);
            watch->now[part].key_count = status->key_count;
            return true;
        }
    }
    return false;
}

static const struct sink_status *find_process(const struct cache_sight *sight, const char *run_id)
{
    for (size_t node = 0; node < sight->node_count; node++) {
        if (strcmp(sight->nodes[node].run_id, run_id) == 0) {
            return &sight->nodes[node];
        }
    }
    return NULL;
}

/* Slots that were given to another server are judged by the one that had them, as long as that one lives. */
static enum guard_verdict judge_part(const struct cache_watch *watch,
                                     const struct cache_sight *sight, size_t part)
{
    const struct part_sight *before = &watch->before[part];
    struct guard_look then = {.is_answering = true, .key_count = before->key_count};
    struct guard_look now = {.is_answering = true,
                             .has_marker = sight->markers[part].is_present,
                             .is_whole_count = watch->part_count == 1};
    const struct sink_status *process = find_process(sight, before->run_id);
    const struct part_sight *seen = &watch->now[part];
    snprintf(then.run_id, sizeof then.run_id, "%s", before->run_id);
    snprintf(now.run_id, sizeof now.run_id, "%s", process != NULL ? process->run_id : seen->run_id);
    now.key_count = process != NULL ? process->key_count : seen->key_count;
    return guard_rule_judge(before->run_id[0] == '\0' ? NULL : &then, &now);
}

static bool is_lost_node(const struct cache_watch *watch, const char *address)
{
    for (size_t node = 0; node < watch->lost_node_count; node++) {
        if (strcmp(watch->lost_nodes[node], address) == 0) {
            return true;
        }
    }
    return false;
}

static void note_lost_node(struct cache_watch *watch, size_t part)
{
    const char *address = sink_node_of(watch->sink, slice_of(watch->markers[part]));
    if (!is_lost_node(watch, address) && watch->lost_node_count < SINK_NODE_MAX) {
        snprintf(watch->lost_nodes[watch->lost_node_count++], SINK_NODE_ADDRESS_SIZE, "%s",
                 address);
    }
}

void cache_watch_look(struct cache_watch *watch, struct cache_finding *finding)
{
    struct cache_sight sight;
    const struct cache_finding silent = {.verdict = GUARD_SILENT, .part_count = watch->part_count};
    *finding = silent;
    watch->lost_node_count = 0;
    if (!see(watch, &sight)) {
        return;
    }
    for (size_t part = 0; part < watch->part_count; part++) {
        if (!see_owner(watch, &sight, part)) {
            *finding = silent;
            return;
        }
        enum guard_verdict verdict = judge_part(watch, &sight, part);
        finding->verdict = verdict > finding->verdict ? verdict : finding->verdict;
        if (verdict == GUARD_LOST) {
            finding->is_lost[part] = true;
            finding->lost_count++;
            note_lost_node(watch, part);
        }
        finding->is_unmarked[part] = !sight.markers[part].is_present;
        finding->is_news = finding->is_news || finding->is_unmarked[part] ||
                           !is_same_sight(&watch->now[part], &watch->before[part]);
    }
}

int cache_watch_accept(struct cache_watch *watch, const struct cache_finding *finding,
                       struct error *err)
{
    if (watch->pen == NULL && (watch->pen = redis_control_open(&watch->cache, err)) == NULL) {
        return -1;
    }
    for (size_t part = 0; part < watch->part_count; part++) {
        if (finding->is_unmarked[part] &&
            redis_control_set(watch->pen, watch->markers[part], "1", 0, err) != 0) {
            return -1;
        }
    }
    return finding->is_news ? save_state(watch, err) : 0;
}

bool cache_watch_has_lost(const struct cache_watch *watch, const struct cache_finding *finding,
                          struct slice key)
{
    if (watch->part_count == 1) {
        return finding->is_lost[0];
    }
    size_t part = part_of(key);
    const char *owner = sink_node_of(watch->sink, key);
    bool is_with_marker =
        strcmp(owner, sink_node_of(watch->sink, slice_of(watch->markers[part]))) == 0;
    return is_with_marker ? finding->is_lost[part] : is_lost_node(watch, owner);
}
