/* journal.c - see journal.h.
 * Room: loader/run. May touch: the file `journal` of a run's folder. */
#include "loader/run/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file_io.h"

enum { SEARCH_BLOCK_SIZE = 1 << 16, BEGIN_FRAME_SIZE_MAX = 1 << 14, FILE_MODE = 0600 };

struct journal {
    char *path;
    uint64_t size;
    int descriptor;
    bool is_broken; /* an append failed: what stands at the end is not known */
};

struct journal_cursor {
    char *path;
    unsigned char *payload;
    size_t capacity;
    uint64_t offset, end; /* of the next record; where to stop */
    uint64_t record_at;   /* of the record last handed out */
    int descriptor;
};

/* ---- reading */

/* As many bytes as there are, up to `size`; -1 with errno. */
static ssize_t read_at(int descriptor, unsigned char *bytes, size_t size, uint64_t offset)
{
    size_t got = 0;
    while (got < size) {
        ssize_t part = pread(descriptor, bytes + got, size - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part < 0) {
            return -1;
        }
        if (part == 0) {
            break;
        }
        got += (size_t)part;
    }
    return (ssize_t)got;
}

static int make_room(struct journal_cursor *cursor, size_t size, struct error *err)
{
    if (size <= cursor->capacity) {
        return 0;
    }
    unsigned char *payload = realloc(cursor->payload, size);
    if (payload == NULL) {
        return error_set_memory(err, "reading the journal");
    }
    cursor->payload = payload;
    cursor->capacity = size;
    return 0;
}

/* 1: a whole frame stands at `offset` and its payload is loaded; 0: there is none; -1: error. */
static int load_frame(struct journal_cursor *cursor, uint64_t offset, struct slice *payload,
                      struct error *err)
{
    unsigned char head[JOURNAL_FRAME_SIZE];
    uint64_t left = cursor->end - offset;
    if (left < sizeof head) {
        return 0;
    }
    ssize_t got = read_at(cursor->descriptor, head, sizeof head, offset);
    size_t size = got == (ssize_t)sizeof head ? journal_frame_payload_size(head) : 0;
    if (got >= 0 && (size == 0 || size > left - sizeof head)) {
        return 0;
    }
    if (got >= 0 && make_room(cursor, size, err) != 0) {
        return -1;
    }
    if (got >= 0) {
        got = read_at(cursor->descriptor, cursor->payload, size, offset + sizeof head);
    }
    if (got < 0) {
        return error_set_errno(err, ERROR_BACKEND, errno, "cannot read %s", cursor->path);
    }
    *payload = (struct slice){.bytes = (const char *)cursor->payload, .size = (size_t)got};
    return journal_frame_is_whole(head, *payload, offset);
}

/* Is there a whole frame somewhere behind `offset`? Then what stands at `offset` is damage and not a torn tail:
 * a process that dies in an append leaves nothing behind it. 1, 0 or -1. */
static int find_frame_behind(struct journal_cursor *cursor, uint64_t offset, struct error *err)
{
    unsigned char block[SEARCH_BLOCK_SIZE];
    for (uint64_t at = offset + 1; at + JOURNAL_FRAME_SIZE <= cursor->end;) {
        ssize_t got = read_at(cursor->descriptor, block, sizeof block, at);
        if (got < 0) {
            return error_set_errno(err, ERROR_BACKEND, errno, "cannot read %s", cursor->path);
        }
        if (got < JOURNAL_FRAME_SIZE) {
            return 0;
        }
        size_t starts = (size_t)got - JOURNAL_FRAME_SIZE + 1;
        for (size_t i = 0; i < starts; i++) {
            struct slice payload;
            int found = journal_frame_payload_size(block + i) > 0
                            ? load_frame(cursor, at + i, &payload, err)
                            : 0;
            if (found != 0) {
                return found;
            }
        }
        at += starts;
    }
    return 0;
}

static int refuse_damage(const struct journal_cursor *cursor, uint64_t offset, struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "%s: damaged at byte %" PRIu64 ", with whole records behind it; put back a "
                     "copy of the file, or move the run's folder away to start a new run",
                     cursor->path, offset);
}

struct journal_cursor *journal_cursor_open(const char *path, uint64_t offset, uint64_t end,
                                           struct error *err)
{
    struct journal_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL || (cursor->path = strdup(path)) == NULL) {
        free(cursor);
        error_set_memory(err, "reading the journal");
        return NULL;
    }
    cursor->offset = offset;
    cursor->end = end;
    cursor->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (cursor->descriptor < 0) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
        journal_cursor_close(cursor);
        return NULL;
    }
    return cursor;
}

int journal_cursor_next(struct journal_cursor *cursor, struct slice *payload, struct error *err)
{
    if (cursor->offset >= cursor->end) {
        return 0;
    }
    int found = load_frame(cursor, cursor->offset, payload, err);
    if (found == 0) {
        return refuse_damage(cursor, cursor->offset, err);
    }
    if (found == 1) {
        cursor->record_at = cursor->offset;
        cursor->offset += JOURNAL_FRAME_SIZE + payload->size;
    }
    return found;
}

int journal_cursor_complain(const struct journal_cursor *cursor, struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "%s: the record at byte %" PRIu64 " was written by another version of this "
                     "program",
                     cursor->path, cursor->record_at);
}

void journal_cursor_close(struct journal_cursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    if (cursor->descriptor >= 0) {
        close(cursor->descriptor);
    }
    free(cursor->payload);
    free(cursor->path);
    free(cursor);
}

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
    return remember_intent(survey, (struct journal_place){cursor->record_at, key.rank}, err);
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
                         cursor->path);
    }
    if (identity != NULL && !is_asked_for(begin.target, identity->target)) {
        return error_set(err, ERROR_INPUT,
                         "%s belongs to another target, %.*s: leave --run out, or name a new "
                         "folder",
                         cursor->path, (int)begin.target.size, begin.target.bytes);
    }
    return 0;
}

static int survey_record(struct journal_survey *survey, const struct journal_cursor *cursor,
                         struct slice payload, const struct journal_begin *identity,
                         struct error *err)
{
    bool is_first = cursor->record_at == 0;
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
    default: /* a kind of a later version */
        return journal_cursor_complain(cursor, err);
    }
}

static int survey_all(struct journal_cursor *cursor, const struct journal_begin *identity,
                      struct journal_survey *survey, struct error *err)
{
    struct slice payload;
    int found;
    while ((found = load_frame(cursor, cursor->offset, &payload, err)) == 1) {
        cursor->record_at = cursor->offset;
        cursor->offset += JOURNAL_FRAME_SIZE + payload.size;
        if (survey_record(survey, cursor, payload, identity, err) != 0) {
            return -1;
        }
    }
    survey->whole_size = cursor->offset;
    survey->torn_size = cursor->end - cursor->offset;
    if (found == 0 && survey->whole_size == 0 && survey->torn_size > BEGIN_FRAME_SIZE_MAX) {
        return error_set(err, ERROR_INPUT, "%s is not a journal", cursor->path);
    }
    if (found == 0 && survey->torn_size > 0) {
        found = find_frame_behind(cursor, cursor->offset, err);
    }
    return found > 0 ? refuse_damage(cursor, cursor->offset, err) : found;
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
    int result = survey_all(cursor, identity, survey, err);
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

int journal_append(struct journal *journal, struct journal_buffer *buffer, struct error *err)
{
    if (journal->is_broken) {
        return error_set(err, ERROR_BACKEND, "%s takes no more records after a failed write",
                         journal->path);
    }
    journal_frame_seal(buffer, journal->size);
    int result =
        file_write_all(journal->descriptor, buffer->bytes, buffer->size, journal->path, err);
    if (result == 0 && fdatasync(journal->descriptor) != 0) {
        result =
            error_set_errno(err, ERROR_BACKEND, errno, "cannot write %s to disk", journal->path);
    }
    if (result != 0) {
        journal->is_broken = true;
        if (ftruncate(journal->descriptor, (off_t)journal->size) != 0) {
            error_add_context(err, "and the half-written record stays, to be cut off later");
        }
        return -1;
    }
    journal->size += buffer->size;
    return 0;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->descriptor >= 0) {
        close(journal->descriptor);
    }
    free(journal->path);
    free(journal);
}
