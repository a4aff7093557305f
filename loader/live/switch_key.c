/* switch_key.c - see switch_key.h.
 * Room: loader/live. May touch: the Redis that holds the control keys. */
#include "loader/live/switch_key.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/monotonic.h"
#include "loader/live/run_switch.h"
#include "loader/sink/redis_control.h"

enum {
    LOOK_EVERY_MS = 250,
    ANSWER_WITHIN_MS = 500, /* a thread that waits longer would keep a run from ending */
    WORD_SIZE = 16
};

struct switch_key {
    struct redis_config redis;
    struct redis_control *control; /* NULL: not connected */
    char name[SWITCH_KEY_NAME_SIZE];
    pthread_t thread;
    pthread_mutex_t mutex; /* of the rest */
    pthread_cond_t wake;
    bool is_over;
    unsigned forget_count; /* so that a look under way at a switch_key_forget does not count */
    struct switch_key_word word;
};

const char *switch_key_name(const char *run_name, char *name)
{
    snprintf(name, SWITCH_KEY_NAME_SIZE, SWITCH_KEY_ALL ":%.100s", run_name);
    return name;
}

static struct redis_config hasty(const struct redis_config *redis)
{
    struct redis_config config = *redis;
    if (config.timeout_ms > ANSWER_WITHIN_MS) {
        config.timeout_ms = ANSWER_WITHIN_MS;
    }
    return config;
}

/* 1 and the word of a key, 0 when there is none, -1 when Redis does not answer. */
static int read_word(struct switch_key *key, const char *name, char word[WORD_SIZE])
{
    struct error ignored = {0};
    return redis_control_get(key->control, name, word, WORD_SIZE, &ignored);
}

/* As people type it at night: `STOP`, or with the line's end that `redis-cli -x` hands on. */
static void tidy(const char raw[WORD_SIZE], char word[WORD_SIZE])
{
    size_t size = strcspn(raw, " \t\r\n");
    for (size_t i = 0; i < size; i++) {
        word[i] = (char)tolower((unsigned char)raw[i]);
    }
    word[size] = '\0';
}

static bool has_taken_resume(struct switch_key *key, const char *raw)
{
    struct error ignored = {0};
    return redis_control_release_lease(key->control, key->name, raw, &ignored) == 1;
}

/* One look at both keys, without the mutex: it may take as long as Redis lets it. */
static struct switch_key_word look_at_keys(struct switch_key *key)
{
    struct error ignored = {0};
    char own_raw[WORD_SIZE] = "", all_raw[WORD_SIZE] = "", own[WORD_SIZE], all[WORD_SIZE];
    struct switch_key_word word = {.wish = WISH_RUN};
    if (key->control == NULL) {
        key->control = redis_control_open_until(&key->redis, run_switch_abort_flag(), &ignored);
    }
    if (key->control == NULL || read_word(key, key->name, own_raw) < 0 ||
        read_word(key, SWITCH_KEY_ALL, all_raw) < 0) {
        word.is_silent = true;
        return word;
    }
    tidy(own_raw, own);
    tidy(all_raw, all);
    int own_wish = switch_latch_parse(own), all_wish = switch_latch_parse(all);
    word.is_all = all_wish > own_wish && all_wish > (int)WISH_RUN;
    int wish = word.is_all ? all_wish : own_wish;
    word.wish = wish > (int)WISH_RUN ? (enum run_wish)wish : WISH_RUN;
    bool is_resume = strcmp(own, "resume") == 0;
    word.is_resume = is_resume && has_taken_resume(key, own_raw);
    word.is_unknown =
        (own_raw[0] != '\0' && own_wish < 0 && !is_resume) || (all_raw[0] != '\0' && all_wish < 0);
    return word;
}

/* A resume that nobody has heard of yet is not forgotten. */
static void keep_word(struct switch_key *key, struct switch_key_word word)
{
    word.is_resume = word.is_resume || (key->word.is_resume && word.wish == WISH_RUN);
    key->word = word;
}

static void *watch(void *argument)
{
    struct switch_key *key = argument;
    pthread_mutex_lock(&key->mutex);
    while (!key->is_over) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)LOOK_EVERY_MS * US_PER_MS * NS_PER_US;
        if (until.tv_nsec >= (long)US_PER_SECOND * NS_PER_US) {
            until.tv_nsec -= (long)US_PER_SECOND * NS_PER_US;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&key->wake, &key->mutex, &until);
        if (key->is_over) {
            break;
        }
        unsigned forget_count = key->forget_count;
        pthread_mutex_unlock(&key->mutex);
        struct switch_key_word word = look_at_keys(key);
        pthread_mutex_lock(&key->mutex);
        if (forget_count == key->forget_count) {
            keep_word(key, word);
        }
    }
    pthread_mutex_unlock(&key->mutex);
    return NULL;
}

struct switch_key *switch_key_start(const struct redis_config *redis, const char *run_name,
                                    struct error *err)
{
    pthread_condattr_t attributes;
    struct switch_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        error_set_memory(err, "watching the switch");
        return NULL;
    }
    key->redis = hasty(redis);
    switch_key_name(run_name, key->name);
    pthread_mutex_init(&key->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&key->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    key->word = look_at_keys(key);
    if (pthread_create(&key->thread, NULL, watch, key) != 0) {
        error_set(err, ERROR_RESOURCE, "cannot start a thread to watch the switch");
        redis_control_close(key->control);
        free(key);
        return NULL;
    }
    return key;
}

struct switch_key_word switch_key_look(struct switch_key *key)
{
    pthread_mutex_lock(&key->mutex);
    struct switch_key_word word = key->word;
    key->word.is_resume = false;
    pthread_mutex_unlock(&key->mutex);
    return word;
}

void switch_key_forget(struct switch_key *key)
{
    pthread_mutex_lock(&key->mutex);
    key->word.wish = WISH_RUN;
    key->word.is_all = false;
    key->forget_count++;
    pthread_mutex_unlock(&key->mutex);
}

void switch_key_stop(struct switch_key *key)
{
    if (key == NULL) {
        return;
    }
    pthread_mutex_lock(&key->mutex);
    key->is_over = true;
    pthread_cond_signal(&key->wake);
    pthread_mutex_unlock(&key->mutex);
    pthread_join(key->thread, NULL);
    pthread_cond_destroy(&key->wake);
    pthread_mutex_destroy(&key->mutex);
    redis_control_close(key->control);
    free(key);
}

int switch_key_clear(const struct redis_config *redis, const char *run_name, bool is_all,
                     struct error *err)
{
    char name[SWITCH_KEY_NAME_SIZE], word[WORD_SIZE];
    struct redis_config config = hasty(redis);
    struct redis_control *control = redis_control_open(&config, err);
    if (control == NULL) {
        return -1;
    }
    int result = redis_control_delete(control, switch_key_name(run_name, name), err);
    if (result >= 0 && is_all) {
        result = redis_control_delete(control, SWITCH_KEY_ALL, err);
    }
    if (result >= 0) {
        result = redis_control_get(control, SWITCH_KEY_ALL, word, sizeof word, err);
    }
    redis_control_close(control);
    return result;
}
