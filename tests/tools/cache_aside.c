/* cache_aside.c - an application in an incident: it reads its cache, and asks a slow source for what is missing. Test
 * tool; never installed.
 *
 *   cache_aside IDS OUT.csv redis=SOCKET rate=400 seconds=40 [NAME=VALUE...]
 *
 * Users arrive at `rate` a second, whatever the shop does (an open loop, Poisson), in the order of the file IDS, again
 * and again. One that the ramp does not let in costs nothing. Else: GET of `key` with the id for {id}; a hit is served;
 * a miss waits for one of `workers` of the source, which computes for `source_ms`, and the value is written back. Who
 * waits longer than `timeout_ms` gets an error. While the degradation key says so a miss is served the fallback.
 * Latency counts from the arrival on.
 *
 *   control=SOCKET  Redis with the control keys; default redis=
 *   ramp=EVENT      asks rekindle:ramp:EVENT five times a second; a missing key, or no answer, lets nobody in
 *   degrade=FAMILY  likewise rekindle:degrade:FAMILY, `on` or `off`
 *   on_loss=degrade what a missing degradation key means; default serve
 *   knob=FILE       source_ms is read anew from there
 *   state=FILE      the source's mean answer of the last second, in ms, is written there
 *
 * OUT.csv: one line a second. At the end one line on stdout for the whole: NAME=VALUE, with blanks between. Ends early
 * with SIGTERM. */
#include <hiredis/hiredis.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "traffic_record.h"

enum {
    TEXT_SIZE = 256,
    WORKERS_MAX = 1024,
    WAITING_MAX = 1 << 16,
    POLL_MS = 200,
    RECENT_COUNT = 64,
    BUCKETS = 10000,
    REDIS_TIMEOUT_US = 200000
};

static volatile sig_atomic_t is_over;

struct request {
    const char *id;
    double arrived_ms, ends_ms;
};

struct shop {
    const char *redis_path, *control_path, *key, *ramp, *degrade, *knob, *state;
    double rate, seconds, source_ms, timeout_ms;
    size_t workers;
    bool is_degraded_on_loss;
    redisContext *redis, *control;
    double share; /* 0..100 */
    bool is_degraded;
    char **ids;
    size_t id_count, next_id;
    struct request working[WORKERS_MAX], waiting[WAITING_MAX];
    size_t working_count, waiting_first, waiting_count;
    double recent_at[RECENT_COUNT], recent_ms[RECENT_COUNT]; /* answers of the source */
    size_t recent_count;
    struct traffic_record record;
    double most_waiting;
};

static void handle_end(int number)
{
    (void)number;
    is_over = 1;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- Redis: whatever fails is a missing key, and is tried again */

static redisReply *ask(redisContext **context, const char *path, int count, const char *words[])
{
    if (*context == NULL) {
        *context = redisConnectUnixWithTimeout(path, (struct timeval){0, REDIS_TIMEOUT_US});
        if (*context != NULL && (*context)->err == 0) {
            redisSetTimeout(*context, (struct timeval){0, REDIS_TIMEOUT_US});
        }
    }
    redisReply *reply = *context != NULL && (*context)->err == 0
                            ? redisCommandArgv(*context, count, words, NULL)
                            : NULL;
    if (reply == NULL && *context != NULL) {
        redisFree(*context);
        *context = NULL;
    }
    return reply;
}

static void key_of(const struct shop *shop, const char *id, char *key)
{
    const char *hole = strstr(shop->key, "{id}");
    snprintf(key, TEXT_SIZE, "%.*s%s%s", (int)(hole - shop->key), shop->key, id, hole + 4);
}

static bool is_cached(struct shop *shop, const char *id)
{
    char key[TEXT_SIZE];
    key_of(shop, id, key);
    redisReply *reply = ask(&shop->redis, shop->redis_path, 2, (const char *[]){"GET", key});
    bool is_found = reply != NULL && reply->type == REDIS_REPLY_STRING;
    freeReplyObject(reply);
    return is_found;
}

static void write_back(struct shop *shop, const char *id)
{
    char key[TEXT_SIZE];
    key_of(shop, id, key);
    const char *words[] = {"SET", key, "{\"computed\":true}", "EX", "3600"};
    freeReplyObject(ask(&shop->redis, shop->redis_path, 5, words));
}

/* The word under a control key; "" when it is missing or cannot be read. */
static void read_control(struct shop *shop, const char *kind, const char *name, char *word)
{
    char key[TEXT_SIZE];
    snprintf(key, sizeof key, "rekindle:%s:%s", kind, name);
    redisReply *reply = ask(&shop->control, shop->control_path, 2, (const char *[]){"GET", key});
    snprintf(word, TEXT_SIZE, "%s",
             reply != NULL && reply->type == REDIS_REPLY_STRING ? reply->str : "");
    freeReplyObject(reply);
}

/* ---- what changes while it runs */

static void tell_state(const struct shop *shop, double now)
{
    double sum = 0, count = 0;
    size_t known = shop->recent_count < RECENT_COUNT ? shop->recent_count : RECENT_COUNT;
    for (size_t i = 0; i < known; i++) {
        if (now - shop->recent_at[i] < 1000) {
            sum += shop->recent_ms[i];
            count++;
        }
    }
    char path[TEXT_SIZE];
    snprintf(path, sizeof path, "%s.new", shop->state);
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        fprintf(file, "%.0f\n", count > 0 ? sum / count : shop->source_ms);
        fclose(file);
        rename(path, shop->state);
    }
}

static void poll_controls(struct shop *shop, double now)
{
    char word[TEXT_SIZE];
    if (shop->ramp != NULL) {
        read_control(shop, "ramp", shop->ramp, word);
        shop->share = strtod(word, NULL);
    }
    if (shop->degrade != NULL) {
        read_control(shop, "degrade", shop->degrade, word);
        shop->is_degraded = word[0] == '\0' ? shop->is_degraded_on_loss : strcmp(word, "on") == 0;
    }
    FILE *knob = shop->knob == NULL ? NULL : fopen(shop->knob, "r");
    if (knob != NULL) {
        double wanted;
        if (fscanf(knob, "%lf", &wanted) == 1) {
            shop->source_ms = wanted;
        }
        fclose(knob);
    }
    if (shop->state != NULL) {
        tell_state(shop, now);
    }
}

/* ---- requests */

static void let_in(struct shop *shop, const char *id, double arrived_ms)
{
    double bucket = (double)(crc32(0, (const Bytef *)id, (uInt)strlen(id)) % BUCKETS);
    if (shop->ramp != NULL && bucket >= shop->share * 100) {
        shop->record.second.denied++;
        return;
    }
    shop->record.second.asked++;
    if (is_cached(shop, id)) {
        shop->record.second.hits++;
        traffic_record_latency(&shop->record, now_ms() - arrived_ms);
    } else if (shop->is_degraded || shop->waiting_count == WAITING_MAX) {
        shop->record.second.misses++;
        shop->record.second.fallbacks++;
        traffic_record_latency(&shop->record, now_ms() - arrived_ms);
    } else {
        shop->record.second.misses++;
        shop->record.second.source++;
        size_t at = (shop->waiting_first + shop->waiting_count++) % WAITING_MAX;
        shop->waiting[at] = (struct request){id, arrived_ms, 0};
    }
}

static void end_computations(struct shop *shop, double now)
{
    for (size_t i = 0; i < shop->working_count;) {
        struct request *request = &shop->working[i];
        if (request->ends_ms > now) {
            i++;
            continue;
        }
        double took_ms = now - request->arrived_ms;
        write_back(shop, request->id);
        shop->recent_at[shop->recent_count % RECENT_COUNT] = now;
        shop->recent_ms[shop->recent_count++ % RECENT_COUNT] = took_ms;
        if (took_ms <= shop->timeout_ms) { /* a later one was counted when its time was up */
            traffic_record_latency(&shop->record, took_ms);
        } else {
            shop->record.second.errors++;
            traffic_record_latency(&shop->record, shop->timeout_ms);
        }
        *request = shop->working[--shop->working_count];
    }
}

static void begin_computations(struct shop *shop, double now)
{
    while (shop->waiting_count > 0) {
        struct request request = shop->waiting[shop->waiting_first];
        bool is_late = now - request.arrived_ms > shop->timeout_ms;
        if (!is_late && shop->working_count >= shop->workers) {
            break;
        }
        shop->waiting_first = (shop->waiting_first + 1) % WAITING_MAX;
        shop->waiting_count--;
        if (is_late) {
            shop->record.second.errors++;
            traffic_record_latency(&shop->record, shop->timeout_ms);
        } else {
            request.ends_ms = now + shop->source_ms;
            shop->working[shop->working_count++] = request;
        }
    }
}

static void run(struct shop *shop, FILE *out)
{
    const struct timespec nap = {0, 1000000};
    double began = now_ms(), next_arrival = began, next_poll = began;
    int second = 0;
    fprintf(out, TRAFFIC_COLUMNS ",share,degraded\n");
    while (!is_over && second < shop->seconds) {
        double now = now_ms();
        if (now >= next_poll) {
            poll_controls(shop, now);
            next_poll += POLL_MS;
        }
        for (; next_arrival <= now; next_arrival -= log(1 - drand48()) * 1e3 / shop->rate) {
            let_in(shop, shop->ids[shop->next_id++ % shop->id_count], next_arrival);
        }
        end_computations(shop, now);
        begin_computations(shop, now);
        if (now - began >= (second + 1) * 1e3) {
            traffic_record_print_second(&shop->record, out, second++);
            fprintf(out, ",%g,%d\n", shop->ramp == NULL ? 100 : shop->share, shop->is_degraded);
            fflush(out);
        }
        nanosleep(&nap, NULL);
    }
    traffic_record_print_all(&shop->record);
}

/* ---- the command line */

static int read_ids(struct shop *shop, const char *path)
{
    char line[TEXT_SIZE];
    size_t room = 0;
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (shop->id_count == room) {
            room = room == 0 ? 1024 : 2 * room;
            shop->ids = realloc(shop->ids, room * sizeof *shop->ids);
        }
        shop->ids[shop->id_count++] = strdup(line);
    }
    if (file != NULL) {
        fclose(file);
    }
    return shop->id_count > 0 ? 0 : -1;
}

static int set(struct shop *shop, char *pair)
{
    char *value = strchr(pair, '=');
    if (value == NULL) {
        return -1;
    }
    *value++ = '\0';
    const struct {
        const char *name, **text;
        double *number;
    } rows[] = {
        {"redis", &shop->redis_path, NULL},
        {"control", &shop->control_path, NULL},
        {"key", &shop->key, NULL},
        {"ramp", &shop->ramp, NULL},
        {"degrade", &shop->degrade, NULL},
        {"knob", &shop->knob, NULL},
        {"state", &shop->state, NULL},
        {"rate", NULL, &shop->rate},
        {"seconds", NULL, &shop->seconds},
        {"source_ms", NULL, &shop->source_ms},
        {"timeout_ms", NULL, &shop->timeout_ms},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, pair) == 0 && rows[i].text != NULL) {
            *rows[i].text = value;
            return 0;
        }
        if (strcmp(rows[i].name, pair) == 0) {
            *rows[i].number = strtod(value, NULL);
            return 0;
        }
    }
    if (strcmp(pair, "workers") == 0) {
        shop->workers = strtoul(value, NULL, 10);
        return shop->workers <= WORKERS_MAX ? 0 : -1;
    }
    shop->is_degraded_on_loss = strcmp(value, "degrade") == 0;
    return strcmp(pair, "on_loss") == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct shop *shop = calloc(1, sizeof *shop);
    *shop = (struct shop){.key = "user:{id}:profile",
                          .rate = 400,
                          .seconds = 40,
                          .source_ms = 500,
                          .timeout_ms = 2000,
                          .workers = 40,
                          .record.latencies = malloc(TRAFFIC_LATENCY_MAX * sizeof(float))};
    bool is_fine = argc > 3 && read_ids(shop, argv[1]) == 0;
    for (int i = 3; is_fine && i < argc; i++) {
        is_fine = set(shop, argv[i]) == 0;
    }
    FILE *out = is_fine ? fopen(argv[2], "w") : NULL;
    if (out == NULL || shop->redis_path == NULL || strstr(shop->key, "{id}") == NULL) {
        fprintf(stderr, "usage: cache_aside IDS OUT.csv redis=SOCKET [NAME=VALUE...]\n");
        return 2;
    }
    shop->control_path = shop->control_path == NULL ? shop->redis_path : shop->control_path;
    signal(SIGTERM, handle_end);
    signal(SIGPIPE, SIG_IGN);
    srand48(1);
    run(shop, out);
    return fclose(out) == 0 ? 0 : 1;
}
