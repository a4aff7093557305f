/* parse_crew.c - see parse_crew.h.
 * Room: predictor/ingest. May touch: threads.
 *
 * DESIGN. Chunk number n lives at ring[n % ring_size]. Three counters move up: folded <= taken <= submitted.
 * The caller fills ring[submitted] when that place is folded; a thread reads ring[taken]; whoever finishes
 * the chunk that is next in order folds it and the finished ones behind it. All under one mutex; a chunk is half
 * a megabyte, so the mutex is asked for a few thousand times a second at most. */
#include "predictor/ingest/parse_crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNKS_PER_THREAD = 2, SPARE_CHUNKS = 2, CACHE_LINE_PAIR = 128 };

struct crew_member {
    struct parse_crew *crew;
    struct line_chunk_reader reader; /* its thread's alone */
    pthread_t thread;
};

struct parse_crew {
    struct crew_member **members; /* [member_count], each in cache lines of its own */
    size_t member_count, running_count;
    chunk_fold fold;
    void *self;
    struct line_chunk *ring; /* [ring_size] */
    bool *is_read;           /* [ring_size] read, but not folded yet */
    size_t ring_size;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    uint64_t submitted, taken, folded;
    bool is_closing, has_failed;
    struct error err; /* the first failure */
};

static void note_failure(struct parse_crew *crew, const struct error *err)
{
    if (!crew->has_failed) {
        crew->has_failed = true;
        crew->err = *err;
    }
}

/* With the mutex held. */
static void fold_in_order(struct parse_crew *crew)
{
    struct error err;
    while (crew->folded < crew->taken && crew->is_read[crew->folded % crew->ring_size]) {
        size_t place = crew->folded % crew->ring_size;
        if (!crew->has_failed && crew->fold(crew->self, &crew->ring[place], &err) != 0) {
            note_failure(crew, &err);
        }
        crew->is_read[place] = false;
        crew->folded++;
    }
}

static void *work(void *argument)
{
    struct crew_member *member = argument;
    struct parse_crew *crew = member->crew;
    pthread_mutex_lock(&crew->mutex);
    for (;;) {
        while (crew->taken == crew->submitted && !crew->is_closing) {
            pthread_cond_wait(&crew->changed, &crew->mutex);
        }
        if (crew->taken == crew->submitted) {
            break;
        }
        size_t place = crew->taken++ % crew->ring_size;
        bool is_needed = !crew->has_failed;
        pthread_mutex_unlock(&crew->mutex);
        struct error err;
        bool is_fine =
            !is_needed || line_chunk_read(&crew->ring[place], &member->reader, &err) == 0;
        pthread_mutex_lock(&crew->mutex);
        if (!is_fine) {
            note_failure(crew, &err);
        }
        crew->is_read[place] = true;
        fold_in_order(crew);
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static int make_ring(struct parse_crew *crew, struct error *err)
{
    crew->ring_size = crew->member_count * CHUNKS_PER_THREAD + SPARE_CHUNKS;
    crew->ring = calloc(crew->ring_size, sizeof *crew->ring);
    crew->is_read = calloc(crew->ring_size, sizeof *crew->is_read);
    if (crew->ring == NULL || crew->is_read == NULL) {
        return error_set_memory(err, "reading logs");
    }
    for (size_t i = 0; i < crew->ring_size; i++) {
        if (line_chunk_init(&crew->ring[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

static struct crew_member *new_member(void)
{
    size_t size = (sizeof(struct crew_member) / CACHE_LINE_PAIR + 1) * CACHE_LINE_PAIR;
    struct crew_member *member = aligned_alloc(CACHE_LINE_PAIR, size);
    if (member != NULL) {
        memset(member, 0, size);
    }
    return member;
}

static int start_members(struct parse_crew *crew, const struct log_layout *layout,
                         struct error *err)
{
    crew->members = calloc(crew->member_count, sizeof *crew->members);
    if (crew->members == NULL) {
        return error_set_memory(err, "reading logs");
    }
    for (size_t i = 0; i < crew->member_count; i++) {
        struct crew_member *member = new_member();
        if (member == NULL) {
            return error_set_memory(err, "reading logs");
        }
        crew->members[i] = member;
        member->crew = crew;
        if (line_chunk_reader_init(&member->reader, layout, err) != 0) {
            return -1;
        }
    }
    for (; crew->running_count < crew->member_count; crew->running_count++) {
        struct crew_member *member = crew->members[crew->running_count];
        int code = pthread_create(&member->thread, NULL, work, member);
        if (code != 0) {
            return error_set_errno(err, ERROR_RESOURCE, code, "cannot start a thread");
        }
    }
    return 0;
}

struct parse_crew *parse_crew_new(const struct log_layout *layout, size_t thread_count,
                                  chunk_fold fold, void *self, struct error *err)
{
    struct parse_crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) {
        error_set_memory(err, "reading logs");
        return NULL;
    }
    crew->member_count = thread_count;
    crew->fold = fold;
    crew->self = self;
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->changed, NULL);
    if (make_ring(crew, err) != 0 || start_members(crew, layout, err) != 0) {
        parse_crew_free(crew);
        return NULL;
    }
    return crew;
}

void parse_crew_free(struct parse_crew *crew)
{
    if (crew == NULL) {
        return;
    }
    pthread_mutex_lock(&crew->mutex);
    crew->is_closing = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
    for (size_t i = 0; i < crew->running_count; i++) {
        pthread_join(crew->members[i]->thread, NULL);
    }
    for (size_t i = 0; crew->members != NULL && i < crew->member_count; i++) {
        if (crew->members[i] != NULL) {
            line_chunk_reader_free(&crew->members[i]->reader);
            free(crew->members[i]);
        }
    }
    for (size_t i = 0; crew->ring != NULL && i < crew->ring_size; i++) {
        line_chunk_free(&crew->ring[i]);
    }
    pthread_mutex_destroy(&crew->mutex);
    pthread_cond_destroy(&crew->changed);
    free(crew->members);
    free(crew->ring);
    free(crew->is_read);
    free(crew);
}

void parse_crew_set_receivers(struct parse_crew *crew, const struct event_receiver *receivers)
{
    for (size_t i = 0; i < crew->member_count; i++) {
        crew->members[i]->reader.receiver = receivers[i];
    }
}

struct line_chunk *parse_crew_take(struct parse_crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    while (crew->submitted - crew->folded == crew->ring_size && !crew->has_failed) {
        pthread_cond_wait(&crew->changed, &crew->mutex);
    }
    bool is_lost = crew->has_failed;
    size_t place = crew->submitted % crew->ring_size;
    pthread_mutex_unlock(&crew->mutex);
    return is_lost ? NULL : &crew->ring[place];
}

void parse_crew_submit(struct parse_crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    crew->submitted++;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
}

int parse_crew_drain(struct parse_crew *crew, struct error *err)
{
    pthread_mutex_lock(&crew->mutex);
    while (crew->folded < crew->submitted) {
        pthread_cond_wait(&crew->changed, &crew->mutex);
    }
    bool has_failed = crew->has_failed;
    if (has_failed) {
        *err = crew->err;
    }
    pthread_mutex_unlock(&crew->mutex);
    return has_failed ? -1 : 0;
}
