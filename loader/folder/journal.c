/* journal.c - see journal.h.
 * Room: loader/folder. May touch: the file `journal` of a run's folder. */
#include "loader/folder/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file_io.h"

enum { BEGIN_FRAME_SIZE_MAX = 1 << 14, FILE_MODE = 0600 };

/* Everything below the mutex is read and written only while it is held. */
struct journal {
    char *path;
    int descriptor;
    pthread_mutex_t mutex;
    uint64_t size;
    bool is_broken;  /* an append failed: what stands at the end is not known */
    bool is_waiting; /* for the disk: something was appended soon */
    struct error why_broken;
};

/* ---- surveying */

static int remember_intent(struct journal_survey *survey, struct journal_place place,
                           struct error *err)
{
    enum { CAPACITY_MIN = 8 };
    if (survey->intent_count == survey->intent_capacity) {
        size_t capacity = survey->intent_capacity == 0 ? CAPACITY_MIN : 2 * survey->intent_capacity;
        struct journal_place *intents =
            realloc(survey->intents, capacity * sizeof *survey->intents);
        if (intents == NULL) {
            return error_set_memory(err, "reading the journal");
        }
        survey->intents = intents;
        survey->intent_capacity = capacity;
    }
    survey->intents[survey->intent_count++] = place;
    return 0;
}

static int survey_intent(struct journal_survey *survey, const struct journal_cursor *cursor,
                         struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_intent_key key = {0};
    int more = journal_decode_intent(payload, &reader) ? 1 : -1;
    while (more == 1) {
        more = journal_next_key(&reader, &key);
    }
    if (more < 0) {
        return journal_cursor_complain(cursor, err);
    }
    return remember_intent(survey,
                           (struct journal_place){journal_cursor_record_at(cursor), key.rank}, err);
}

/* Intents that the done record covers are settled; one that reaches beyond it stays. */
static void forget_settled_intents(struct journal_survey *survey)
{
    size_t kept = 0;
    for (size_t i = 0; i < survey->intent_count; i++) {
        if (survey->intents[i].last_rank > survey->done_rank) {
            survey->intents[kept++] = survey->intents[i];
        }
    }
    survey->intent_count = kept;
}

static int survey_done(struct journal_survey *survey, const struct journal_cursor *cursor,
                       struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_done done = {0};
    struct journal_done_row row;
    int more = journal_decode_done(payload, &reader, &done) ? 1 : -1;
    while (more == 1 && (more = journal_next_row(&reader, &row)) == 1) {
        survey->tally.count[row.outcome]++;
        survey->value_bytes += row.outcome == OUTCOME_WARMED ? row.bytes : 0;
    }
    if (more < 0) {
        return journal_cursor_complain(cursor, err);
    }
    survey->done_rank = done.last_rank;
    survey->last_at_unix = done.at_unix;
    survey->benefit_ms += done.benefit_ms;
    survey->done_count++;
    forget_settled_intents(survey);
    return 0;
}

/* What was settled is not any more; what was open may still stand there. */
static void forget_all_done(struct journal_survey *survey, uint64_t counts_from)
{
    survey->lost_count++;
    survey->counts_from = counts_from;
    survey->is_rolled_back = false;
    survey->done_rank = 0;
    survey->done_count = 0;
    survey->value_bytes = 0;
    survey->benefit_ms = 0;
    survey->tally = (struct outcome_tally){0};
}

static int survey_lost(struct journal_survey *survey, const struct journal_cursor *cursor,
                       struct slice payload, struct error *err)
{
    int64_t at_unix;
    if (!journal_decode_lost(payload, &at_unix)) {
        return journal_cursor_complain(cursor, err);
    }
    forget_all_done(survey, journal_cursor_offset(cursor));
    return 0;
}

static bool is_asked_for(struct slice found, struct slice asked)
{
    return asked.bytes == NULL || slice_is_equal(found, asked);
}

static int survey_begin(const struct journal_cursor *cursor, struct slice payload,
                        const struct journal_begin *identity, struct error *err)
{
    struct journal_begin begin;
    if (!journal_decode_begin(payload, &begin)) {
        return journal_cursor_complain(cursor, err);
    }
    if (identity != NULL && !is_asked_for(begin.plan_digest, identity->plan_digest)) {
        return error_set(err, ERROR_INPUT,
                         "%s belongs to another plan: leave --run out, or name a new folder",
                         journal_cursor_path(cursor));
    }
    if (identity != NULL && !is_asked_for(begin.target, identity->target)) {
        return error_set(err, ERROR_INPUT,
                         "%s belongs to another target, %.*s: leave --run out, or name a new "
                         "folder",
                         journal_cursor_path(cursor), (int)begin.target.size, begin.target.bytes);
    }
    return 0;
}

static int survey_record(struct journal_survey *survey, const struct journal_cursor *cursor,
                         struct slice payload, const struct journal_begin *identity,
                         struct error *err)
{
    bool is_first = journal_cursor_record_at(cursor) == 0;
    int kind = journal_kind_of(payload);
    if (is_first != (kind == JOURNAL_BEGIN)) {
        return journal_cursor_complain(cursor, err);
    }
    switch (kind) {
    case JOURNAL_BEGIN:
        return survey_begin(cursor, payload, identity, err);
    case JOURNAL_INTENT:
        return survey_intent(survey, cursor, payload, err);
    case JOURNAL_DONE:
        return survey_done(survey, cursor, payload, err);
    case JOURNAL_LOST:
        return survey_lost(survey, cursor, payload, err);
    case JOURNAL_ROLLBACK:
        survey->is_rolled_back = true;
        return 0;
    default: /* a kind of a later version */
        return journal_cursor_complain(cursor, err);
    }
}

static int survey_all(struct journal_cursor *cursor, uint64_t file_size,
                      const struct journal_begin *identity, struct journal_survey *survey,
                      struct error *err)
{
    struct slice payload;
    int found;
    while ((found = journal_cursor_try(cursor, &payload, err)) == 1) {
        if (survey_record(survey, cursor, payload, identity, err) != 0) {
            return -1;
        }
    }
    survey->whole_size = journal_cursor_offset(cursor);
    survey->torn_size = file_size - survey->whole_size;
    if (found == 0 && survey->whole_size == 0 && survey->torn_size > BEGIN_FRAME_SIZE_MAX) {
        return error_set(err, ERROR_INPUT, "%s is not a journal", journal_cursor_path(cursor));
    }
    if (found == 0 && survey->torn_size > 0) {
        found = journal_cursor_find_behind(cursor, err);
    }
    return found > 0 ? journal_cursor_refuse(cursor, err) : found;
}

int journal_survey_read(const char *path, const struct journal_begin *identity,
                        struct journal_survey *survey, struct error *err)
{
    struct stat status;
    *survey = (struct journal_survey){0};
    if (stat(path, &status) != 0) {
        return errno == ENOENT ? 0
                               : error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
    }
    struct journal_cursor *cursor = journal_cursor_open(path, 0, (uint64_t)status.st_size, err);
    if (cursor == NULL) {
        return -1;
    }
    int result = survey_all(cursor, (uint64_t)status.st_size, identity, survey, err);
    journal_cursor_close(cursor);
    return result;
}

void journal_survey_free(struct journal_survey *survey)
{
    free(survey->intents);
    *survey = (struct journal_survey){0};
}

/* ---- writing */

static int write_begin(struct journal *journal, const struct journal_begin *identity,
                       struct error *err)
{
    struct journal_buffer buffer = {0};
    int result = journal_encode_begin(&buffer, identity, err);
    if (result == 0) {
        result = journal_append(journal, &buffer, err);
    }
    journal_buffer_free(&buffer);
    return result;
}

/* The name of a new file must survive a crash of the machine too. */
static int sync_folder_of(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return file_sync_folder(".", err);
    }
    char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    int result = folder == NULL ? error_set_memory(err, "opening the journal")
                                : file_sync_folder(folder, err);
    free(folder);
    return result;
}

static int prepare_end(struct journal *journal, const struct journal_begin *identity,
                       const struct journal_survey *survey, struct error *err)
{
    if (ftruncate(journal->descriptor, (off_t)survey->whole_size) != 0 ||
        lseek(journal->descriptor, (off_t)survey->whole_size, SEEK_SET) < 0) {
        return error_set_errno(err, ERROR_BACKEND, errno, "cannot write %s", journal->path);
    }
    journal->size = survey->whole_size;
    if (survey->whole_size > 0) {
        return 0;
    }
    return write_begin(journal, identity, err) == 0 ? sync_folder_of(journal->path, err) : -1;
}

struct journal *journal_open(const char *path, const struct journal_begin *identity,
                             struct journal_survey *survey, struct error *err)
{
    if (journal_survey_read(path, identity, survey, err) != 0) {
        return NULL;
    }
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL || (journal->path = strdup(path)) == NULL) {
        free(journal);
        error_set_memory(err, "opening the journal");
        return NULL;
    }
    pthread_mutex_init(&journal->mutex, NULL);
    journal->descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (journal->descriptor < 0) {
        error_set_errno(err, ERROR_BACKEND, errno, "cannot write %s", path);
    }
    if (journal->descriptor < 0 || prepare_end(journal, identity, survey, err) != 0) {
        journal_close(journal);
        return NULL;
    }
    return journal;
}

static int wait_for_disk(struct journal *journal, struct error *err)
{
    if (fdatasync(journal->descriptor) != 0) {
        return error_set_errno(err, ERROR_BACKEND, errno, "cannot write %s to disk", journal->path);
    }
    journal->is_waiting = false;
    return 0;
}

static int append_locked(struct journal *journal, struct journal_buffer *buffer, bool is_soon,
                         struct error *err)
{
    if (journal->is_broken) {
        *err = journal->why_broken; /* two threads append: the cause decides how the run ends */
        return -1;
    }
    journal_frame_seal(buffer, journal->size);
    int result =
        file_write_all(journal->descriptor, buffer->bytes, buffer->size, journal->path, err);
    journal->is_waiting = true;
    if (result == 0 && !is_soon) {
        result = wait_for_disk(journal, err);
    }
    if (result != 0) {
        journal->is_broken = true;
        if (ftruncate(journal->descriptor, (off_t)journal->size) != 0) {
            error_add_context(err, "and the half-written record stays, to be cut off later");
        }
        journal->why_broken = *err;
        return -1;
    }
    journal->size += buffer->size;
    return 0;
}

/* `*end`: where the record ends in the file. */
static int append(struct journal *journal, struct journal_buffer *buffer, bool is_soon,
                  uint64_t *end, struct error *err)
{
    pthread_mutex_lock(&journal->mutex);
    int result = append_locked(journal, buffer, is_soon, err);
    *end = journal->size;
    pthread_mutex_unlock(&journal->mutex);
    return result;
}

int journal_append(struct journal *journal, struct journal_buffer *buffer, struct error *err)
{
    uint64_t ignored;
    return append(journal, buffer, false, &ignored, err);
}

int journal_append_soon(struct journal *journal, struct journal_buffer *buffer, struct error *err)
{
    uint64_t ignored;
    return append(journal, buffer, true, &ignored, err);
}

int journal_sync(struct journal *journal, struct error *err)
{
    int result = 0;
    pthread_mutex_lock(&journal->mutex);
    if (journal->is_waiting && !journal->is_broken) {
        result = wait_for_disk(journal, err);
        journal->is_broken = result != 0;
        if (result != 0) {
            journal->why_broken = *err;
        }
    }
    pthread_mutex_unlock(&journal->mutex);
    return result;
}

int journal_declare_lost(struct journal *journal, struct journal_survey *survey, int64_t now_unix,
                         struct error *err)
{
    struct journal_buffer buffer = {0};
    uint64_t end = 0;
    int result = journal_encode_lost(&buffer, now_unix, err);
    if (result == 0) {
        result = append(journal, &buffer, false, &end, err);
    }
    if (result == 0) {
        forget_all_done(survey, end);
        survey->whole_size = end;
    }
    journal_buffer_free(&buffer);
    return result;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->descriptor >= 0) {
        struct error ignored = {0}; /* whoever needs to know has called journal_sync */
        int synced = journal_sync(journal, &ignored);
        (void)synced;
        close(journal->descriptor);
    }
    pthread_mutex_destroy(&journal->mutex);
    free(journal->path);
    free(journal);
}
