/* prefetch.c - see prefetch.h.
 * Room: loader/warm. May touch: the plan's reader, the sources, the journal.
 *
 *   free windows ──▶ thread: read the plan, fetch, prepare, intend ──▶ ready ──▶ taken, written ──▶ given back: free
 *
 * All fields below the mutex are read and written only while it is held; a window belongs to the thread while it is
 * neither free nor ready nor taken. */
#include "loader/warm/prefetch.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/monotonic.h"
#include "loader/folder/journal.h"
#include "loader/warm/scan_warning.h"

enum { WINDOW_COUNT = 2 };

struct prefetch {
    struct prefetch_options options;
    struct window_sizer sizer; /* the thread's alone */
    bool is_explained;         /* so is this */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct load_window windows[WINDOW_COUNT];
    bool is_free[WINDOW_COUNT];
    struct load_window *ready; /* NULL: none */
    size_t row_limit;          /* of the next window */
    bool is_ahead;             /* are intents written ahead? */
    bool is_at_end, is_stopping, has_failed;
    struct error error; /* when has_failed */
};

static struct load_window *take_free(struct prefetch *prefetch)
{
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        if (prefetch->is_free[i]) {
            prefetch->is_free[i] = false;
            return &prefetch->windows[i];
        }
    }
    return NULL;
}

/* Waits for a window to fill, and learns how long it may be; NULL when the thread shall end. */
static struct load_window *wait_for_free(struct prefetch *prefetch)
{
    struct load_window *window = NULL;
    pthread_mutex_lock(&prefetch->mutex);
    while (!prefetch->is_stopping && (window = take_free(prefetch)) == NULL) {
        pthread_cond_wait(&prefetch->changed, &prefetch->mutex);
    }
    prefetch->sizer.row_count_max = prefetch->row_limit;
    pthread_mutex_unlock(&prefetch->mutex);
    return window;
}

static void hand_over(struct prefetch *prefetch, struct load_window *window)
{
    pthread_mutex_lock(&prefetch->mutex);
    while (!prefetch->is_stopping && prefetch->ready != NULL) {
        pthread_cond_wait(&prefetch->changed, &prefetch->mutex);
    }
    prefetch->ready = window;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->mutex);
}

static void finish(struct prefetch *prefetch, const struct error *err)
{
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->is_at_end = true;
    prefetch->has_failed = err != NULL;
    if (err != NULL) {
        prefetch->error = *err;
    }
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->mutex);
}

static bool is_ahead(struct prefetch *prefetch)
{
    pthread_mutex_lock(&prefetch->mutex);
    bool is_ahead = prefetch->is_ahead && prefetch->options.journal != NULL;
    pthread_mutex_unlock(&prefetch->mutex);
    return is_ahead;
}

/* While the window before is being written: nobody waits for the disk. */
static int write_intent(struct prefetch *prefetch, struct load_window *window, struct error *err)
{
    if (!is_ahead(prefetch) || window->batch->item_count == 0) {
        return 0;
    }
    if (journal_append(prefetch->options.journal, &window->batch->intent, err) != 0) {
        return -1;
    }
    window->is_intended = true;
    return 0;
}

/* Before the first window is asked for, while nobody else asks the sources. What cannot be explained will fail, or it does
 * not matter. */
static void look_for_scans(struct prefetch *prefetch, const struct load_window *window)
{
    const struct prefetch_options *options = &prefetch->options;
    struct error ignored = {0};
    for (size_t i = 0; i < window->part_count && options->message != NULL; i++) {
        const struct window_part *part = &window->parts[i];
        struct source *source = options->sources->sources[i];
        if (part->count > 0 && !prefetch->is_explained) {
            int told = scan_warning_tell(&options->feed.config->families[i], source, part->ids,
                                         part->count, options->message, &ignored);
            (void)told;
        }
    }
    prefetch->is_explained = true;
}

/* As load_window_read. */
static int make_window(struct prefetch *prefetch, struct load_window *window, struct error *err)
{
    const struct prefetch_options *options = &prefetch->options;
    int more = load_window_read(window, &options->feed, &prefetch->sizer, err);
    if (more == 1 && options->sources != NULL) {
        look_for_scans(prefetch, window);
    }
    if (more == 1 && options->sources != NULL &&
        (load_window_fetch(window, options->sources, &prefetch->sizer, err) != 0 ||
         batch_filler_prepare(&options->filler, window, err) != 0 ||
         write_intent(prefetch, window, err) != 0)) {
        return -1;
    }
    return more;
}

static void *run_thread(void *argument)
{
    struct prefetch *prefetch = argument;
    struct load_window *window;
    struct error err = {0};
    while ((window = wait_for_free(prefetch)) != NULL) {
        int more = make_window(prefetch, window, &err);
        if (more != 1) {
            finish(prefetch, more < 0 ? &err : NULL);
            break;
        }
        uint64_t until_rank = prefetch->options.feed.until_rank;
        bool is_last = until_rank != 0 && window->last_rank >= until_rank;
        hand_over(prefetch, window);
        if (is_last) {
            finish(prefetch, NULL);
            break;
        }
    }
    return NULL;
}

/* Signals are the main thread's: it waits in calls that they shall cut short. */
static int start_thread(struct prefetch *prefetch)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&prefetch->thread, NULL, run_thread, prefetch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void free_windows(struct prefetch *prefetch)
{
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        load_window_free(&prefetch->windows[i]);
    }
    window_sizer_free(&prefetch->sizer);
    free(prefetch);
}

static int make_windows(struct prefetch *prefetch, struct error *err)
{
    const struct prefetch_options *options = &prefetch->options;
    size_t family_count = options->feed.config->family_count;
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        prefetch->is_free[i] = true;
        if (load_window_init(&prefetch->windows[i], family_count, err) != 0) {
            return -1;
        }
    }
    if (window_sizer_init(&prefetch->sizer, family_count, options->row_count_max,
                          options->bytes_max, err) != 0) {
        return -1;
    }
    for (size_t i = 0; options->sources == NULL && i < family_count; i++) {
        prefetch->sizer.value_bytes[i] = 1; /* no values are held: there is nothing to learn */
    }
    return 0;
}

struct prefetch *prefetch_start(const struct prefetch_options *options, struct error *err)
{
    struct prefetch *prefetch = calloc(1, sizeof *prefetch);
    if (prefetch == NULL) {
        error_set_memory(err, "fetching ahead");
        return NULL;
    }
    prefetch->options = *options;
    prefetch->row_limit = options->row_limit > 0 ? options->row_limit : options->row_count_max;
    prefetch->is_ahead = options->is_ahead;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&prefetch->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&prefetch->mutex, NULL);
    int result = make_windows(prefetch, err);
    int thread_error = result == 0 ? start_thread(prefetch) : 0;
    if (thread_error != 0) {
        result = error_set_errno(err, ERROR_RESOURCE, thread_error, "cannot start a thread");
    }
    if (result != 0) {
        free_windows(prefetch);
        return NULL;
    }
    return prefetch;
}

static struct timespec moment_after(int64_t wait_us)
{
    int64_t us = monotonic_us() + wait_us;
    return (struct timespec){.tv_sec = us / US_PER_SECOND,
                             .tv_nsec = us % US_PER_SECOND * NS_PER_US};
}

enum prefetch_state prefetch_take(struct prefetch *prefetch, int64_t wait_us,
                                  struct load_window **window, struct error *err)
{
    enum prefetch_state state = PREFETCH_NOT_YET;
    struct timespec until = moment_after(wait_us);
    int waited = 0;
    pthread_mutex_lock(&prefetch->mutex);
    while (waited != ETIMEDOUT && prefetch->ready == NULL && !prefetch->is_at_end) {
        waited = pthread_cond_timedwait(&prefetch->changed, &prefetch->mutex, &until);
    }
    if (prefetch->ready != NULL) {
        *window = prefetch->ready;
        prefetch->ready = NULL;
        pthread_cond_broadcast(&prefetch->changed);
        state = PREFETCH_WINDOW;
    } else if (prefetch->is_at_end && prefetch->has_failed) {
        *err = prefetch->error;
        state = PREFETCH_ERROR;
    } else if (prefetch->is_at_end) {
        state = PREFETCH_END;
    }
    pthread_mutex_unlock(&prefetch->mutex);
    return state;
}

void prefetch_limit_rows(struct prefetch *prefetch, size_t row_count_max)
{
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->row_limit = row_count_max;
    pthread_mutex_unlock(&prefetch->mutex);
}

void prefetch_write_ahead(struct prefetch *prefetch, bool is_ahead)
{
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->is_ahead = is_ahead;
    pthread_mutex_unlock(&prefetch->mutex);
}

void prefetch_give_back(struct prefetch *prefetch, struct load_window *window)
{
    size_t index = (size_t)(window - prefetch->windows);
    assert(index < WINDOW_COUNT);
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->is_free[index] = true;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->mutex);
}

void prefetch_stop(struct prefetch *prefetch)
{
    if (prefetch == NULL) {
        return;
    }
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->is_stopping = true;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->mutex);
    pthread_join(prefetch->thread, NULL);
    pthread_cond_destroy(&prefetch->changed);
    pthread_mutex_destroy(&prefetch->mutex);
    free_windows(prefetch);
}
