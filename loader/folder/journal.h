/* journal.h - the append-only file that knows what a run has written, and what it was about to write.
 * Room: loader/folder. May touch: the file `journal` of a run's folder.
 * Promises: a record is on the disk when append returns; one of append_soon with the next that waits. A torn last record (whatever byte it ends at) is cut off
 * on open; damage anywhere else is refused with file and offset. One process writes, from any of its threads; readers may
 * look at any time.
 *
 * An intent stands before the done that settles its keys, but the next one may stand between them: it is written ahead,
 * so that nobody waits for the disk. What an intent says from its first rank on replaces what earlier ones say of it. */
#ifndef REKINDLE_LOADER_JOURNAL_H
#define REKINDLE_LOADER_JOURNAL_H

#include "common/error.h"
#include "loader/folder/journal_cursor.h"
#include "loader/folder/journal_record.h"

#include <stdbool.h>

/* Where a frame stands that may still hold unsettled keys. */
struct journal_place {
    uint64_t offset, last_rank;
};

/* What one pass over a journal found. Free with journal_survey_free. */
struct journal_survey {
    uint64_t whole_size;           /* bytes up to the end of the last whole record */
    uint64_t torn_size;            /* bytes behind it; 0 normally */
    uint64_t lost_count;           /* how often the cache lost what this run had written */
    uint64_t counts_from;          /* offset behind the last loss: what stands before is history */
    bool is_rolled_back;           /* a rollback has been begun, and nothing was written since */
    uint64_t done_rank;            /* plan rows up to this rank are settled; 0: none */
    uint64_t done_count;           /* of done records */
    int64_t last_at_unix;          /* of the last done; 0: none */
    double benefit_ms;             /* of the rows that are warm */
    uint64_t value_bytes;          /* of the rows warmed by this run */
    struct outcome_tally tally;    /* of all rows with an entry */
    struct journal_place *intents; /* in file order: those that reach beyond done_rank */
    size_t intent_count, intent_capacity;
};

/* Reads `path` to its end without changing it; a file that does not exist gives a survey of zeros.
 * ERROR_INPUT for damage, and when plan digest or target (either may be NULL: not asked) are others.
 * Cost: one sequential pass. */
int journal_survey_read(const char *path, const struct journal_begin *identity,
                        struct journal_survey *survey, struct error *err) MUST_CHECK;
void journal_survey_free(struct journal_survey *survey);

struct journal;

/* Opens for appending, makes the file (mode 0600) with its begin record where there is none, cuts a torn tail
 * off, and fills `survey`, which is the caller's also on failure. */
struct journal *journal_open(const char *path, const struct journal_begin *identity,
                             struct journal_survey *survey, struct error *err) MUST_CHECK;
/* Seals the frame in `buffer`, writes it and waits until the disk has it. A failed append leaves the file as it was
 * before, as far as the disk allows; the journal takes no more records then. */
int journal_append(struct journal *journal, struct journal_buffer *buffer,
                   struct error *err) MUST_CHECK;
/* The same without waiting for the disk: a killed process loses nothing of it, a power cut may, until the next append
 * or sync. For what may be found out again. */
int journal_append_soon(struct journal *journal, struct journal_buffer *buffer,
                        struct error *err) MUST_CHECK;
/* Waits until the disk has all that was appended; nothing to do when it has. */
int journal_sync(struct journal *journal, struct error *err) MUST_CHECK;
/* Appends that the cache has lost what it held: nothing counts as settled any more, neither in the file nor in
 * `survey`, which stays what a new reading would give. Intents that were open stay open. */
int journal_declare_lost(struct journal *journal, struct journal_survey *survey, int64_t now_unix,
                         struct error *err) MUST_CHECK;
void journal_close(struct journal *journal);

#endif
