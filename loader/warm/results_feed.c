/* results_feed.c - see results_feed.h.
 * Room: loader/warm. May touch: the draft of results.csv.
 * The ring is guarded by the mutex; a window belongs to the thread from put until it is given back. */
#include "loader/warm/results_feed.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { ROOM = 4 }; /* more than windows can be under way, one counted late included */

struct feed_entry {
    struct load_window *window;
    struct prefetch *prefetch;
};

struct results_feed {
    struct results_draft *draft; /* the thread's alone while it runs */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct feed_entry entries[ROOM];
    size_t put_count, done_count; /* entry i lies at i % ROOM */
    bool is_stopping;
};

/* ---- the thread */

/* Rows and skipped rows are two lists in rank order: merged, they are the plan. */
static void write_window(struct results_draft *draft, const struct load_window *window)
{
    size_t skip = 0;
    for (size_t i = 0; i <= window->count; i++) {
        const struct window_row *row = i < window->count ? &window->rows[i] : NULL;
        for (; skip < window->skip_count && (row == NULL || window->skips[skip].rank < row->rank);
             skip++) {
            const struct journal_done_row skipped = {.rank = window->skips[skip].rank,
                                                     .outcome = OUTCOME_SKIPPED};
            results_draft_put(draft, window->skips[skip].key, &skipped, 0);
        }
        if (row != NULL) {
            results_draft_put(draft, row->key, &row->settled, row->settled_unix);
        }
    }
}

static bool wait_for_entry(struct results_feed *feed, struct feed_entry *entry)
{
    pthread_mutex_lock(&feed->mutex);
    while (feed->put_count == feed->done_count && !feed->is_stopping) {
        pthread_cond_wait(&feed->changed, &feed->mutex);
    }
    bool has_entry = feed->put_count != feed->done_count;
    *entry = feed->entries[feed->done_count % ROOM];
    pthread_mutex_unlock(&feed->mutex);
    return has_entry;
}

static void *run_thread(void *argument)
{
    struct results_feed *feed = argument;
    struct feed_entry entry;
    while (wait_for_entry(feed, &entry)) {
        write_window(feed->draft, entry.window);
        prefetch_give_back(entry.prefetch, entry.window);
        pthread_mutex_lock(&feed->mutex);
        feed->done_count++;
        pthread_cond_broadcast(&feed->changed);
        pthread_mutex_unlock(&feed->mutex);
    }
    return NULL;
}

/* ---- the other side */

/* Signals are the main thread's: it waits in calls that they shall cut short. */
static int start_thread(struct results_feed *feed)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&feed->thread, NULL, run_thread, feed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static void free_feed(struct results_feed *feed)
{
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->mutex);
    free(feed);
}

struct results_feed *results_feed_start(const struct run_folder *folder, struct error *err)
{
    struct results_feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        error_set_memory(err, "writing results.csv");
        return NULL;
    }
    pthread_mutex_init(&feed->mutex, NULL);
    pthread_cond_init(&feed->changed, NULL);
    feed->draft = results_draft_open(folder, err);
    int failed = feed->draft == NULL ? 0 : start_thread(feed);
    if (failed != 0) {
        error_set_errno(err, ERROR_RESOURCE, failed, "cannot start a thread");
        results_draft_abandon(feed->draft);
        feed->draft = NULL;
    }
    if (feed->draft == NULL) {
        free_feed(feed);
        return NULL;
    }
    return feed;
}

void results_feed_put(struct results_feed *feed, struct load_window *window,
                      struct prefetch *prefetch)
{
    pthread_mutex_lock(&feed->mutex);
    assert(feed->put_count - feed->done_count < ROOM);
    feed->entries[feed->put_count++ % ROOM] = (struct feed_entry){window, prefetch};
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->mutex);
}

void results_feed_drain(struct results_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    pthread_mutex_lock(&feed->mutex);
    while (feed->put_count != feed->done_count) {
        pthread_cond_wait(&feed->changed, &feed->mutex);
    }
    pthread_mutex_unlock(&feed->mutex);
}

static void end_thread(struct results_feed *feed)
{
    pthread_mutex_lock(&feed->mutex);
    feed->is_stopping = true;
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->mutex);
    pthread_join(feed->thread, NULL);
}

/* What cannot be put in place is written again by the caller, who tells why it cannot be written. */
int results_feed_finish(struct results_feed *feed, uint64_t row_count, struct outcome_tally *tally)
{
    struct error ignored = {0};
    int result = 0;
    end_thread(feed);
    *tally = *results_draft_tally(feed->draft);
    if (outcome_tally_sum(tally) == row_count) {
        result = results_draft_commit(feed->draft, &ignored) == 0;
    } else {
        results_draft_abandon(feed->draft);
    }
    free_feed(feed);
    return result;
}

void results_feed_stop(struct results_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    end_thread(feed);
    results_draft_abandon(feed->draft);
    free_feed(feed);
}
