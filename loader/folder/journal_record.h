/* journal_record.h - the bytes of a journal: records framed by length and checksum, and what stands in them.
 * Room: loader/folder. May touch: malloc, xxHash. Pure: no I/O, so that every torn and damaged shape can be tested.
 *
 *   frame    magic u32 | payload size u32 | XXH3-64 of the payload, seeded with the frame's offset in the file u64
 *   payload  kind u8, then by kind (numbers are LEB128 varints, signed ones zigzag, ranks as differences):
 *     begin   format version, plan digest text, target text
 *     intent  count, expiry base, per key: rank, key, version, digest (16 bytes), expiry
 *     lost    at: the cache came back without what stood in it; no record before this one counts any more
 *     rollback  offset of an intent, its first key, part or whole, count, per key: rank, verdict; written before anything is removed
 *     done    count, last rank, at, benefit (8 bytes), expiry base, per row: rank, outcome, bytes, expiry
 */
#ifndef REKINDLE_LOADER_JOURNAL_RECORD_H
#define REKINDLE_LOADER_JOURNAL_RECORD_H

#include "common/error.h"
#include "common/slice.h"
#include "loader/folder/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_FRAME_SIZE = 16, JOURNAL_PAYLOAD_SIZE_MAX = 1 << 30 };

enum journal_kind {
    JOURNAL_BEGIN = 1,
    JOURNAL_INTENT = 2,
    JOURNAL_DONE = 3,
    JOURNAL_LOST = 4,
    JOURNAL_ROLLBACK = 5
};

/* What a rollback found under a key of an intent; of several intents for one rank the greatest counts. */
enum rollback_verdict {
    ROLLBACK_NONE,      /* not looked at */
    ROLLBACK_GONE,      /* there is no such key */
    ROLLBACK_REWRITTEN, /* the application has written or refilled it */
    ROLLBACK_OURS,      /* our value with our expiry: removed */
    ROLLBACK_VERDICT_COUNT
};

/* Which keys of which intent a rollback record is about. */
struct journal_rollback {
    uint64_t intent_offset; /* of its frame in the file */
    uint64_t first;         /* keys of the intent before these */
    bool is_part;           /* of a rollback of one wave: it says nothing of what comes before */
};

struct journal_verdict {
    uint64_t rank;
    enum rollback_verdict verdict;
};

/* Bytes of one frame being built; all zero is empty, and it is reused from frame to frame. */
struct journal_buffer {
    unsigned char *bytes;
    size_t size, capacity;
};

struct journal_begin {
    struct slice plan_digest, target;
};

/* One key about to be written. */
struct journal_intent_key {
    uint64_t rank;
    struct slice key;
    struct slice version;             /* as the source gave it; empty: none */
    uint64_t digest_high, digest_low; /* XXH3-128 of the value */
    int64_t expire_unix;
};

/* One row settled. */
struct journal_done_row {
    uint64_t rank;
    enum outcome outcome;
    uint64_t bytes;      /* of the value; 0 when there is none */
    int64_t expire_unix; /* 0 when nothing of ours stands in Redis */
};

struct journal_done {
    uint64_t
        last_rank; /* every plan row up to this rank is settled, also those that have no entry (skip) */
    int64_t at_unix;
    double benefit_ms; /* of the rows that are warm now */
};

/* The rest of a payload; the slices that come out point into it. */
struct journal_reader {
    const unsigned char *at, *end;
    uint64_t left, rank;
    int64_t expire_base;
};

void journal_buffer_free(struct journal_buffer *buffer);

/* Each replaces the buffer's content by one unsealed frame. ERROR_RESOURCE when memory or the size limit ends. */
int journal_encode_begin(struct journal_buffer *buffer, const struct journal_begin *begin,
                         struct error *err) MUST_CHECK;
/* `keys` in rising rank. */
int journal_encode_intent(struct journal_buffer *buffer, const struct journal_intent_key *keys,
                          size_t count, struct error *err) MUST_CHECK;
/* `rows` in rising rank, none above done->last_rank. */
int journal_encode_done(struct journal_buffer *buffer, const struct journal_done *done,
                        const struct journal_done_row *rows, size_t count,
                        struct error *err) MUST_CHECK;

/* `at_unix`: when the loss was noticed. */
int journal_encode_lost(struct journal_buffer *buffer, int64_t at_unix,
                        struct error *err) MUST_CHECK;

/* `rows` in rising rank. */
int journal_encode_rollback(struct journal_buffer *buffer, const struct journal_rollback *rollback,
                            const struct journal_verdict *rows, size_t count,
                            struct error *err) MUST_CHECK;

/* Fills in the frame's head for a frame that will stand at `offset`. */
void journal_frame_seal(struct journal_buffer *buffer, uint64_t offset);

/* The payload's size if `head` [JOURNAL_FRAME_SIZE] is the head of a frame, else 0 (a payload is never empty). */
size_t journal_frame_payload_size(const unsigned char *head);
/* True when head and payload belong together at `offset`. */
bool journal_frame_is_whole(const unsigned char *head, struct slice payload, uint64_t offset);

/* The kind of a payload, or 0 for one that this version does not know. */
int journal_kind_of(struct slice payload);

/* Each begins at the payload's start; false when the bytes do not make sense (the checksum was right, so the file was
 * written by another version). */
bool journal_decode_begin(struct slice payload, struct journal_begin *begin);
bool journal_decode_intent(struct slice payload, struct journal_reader *reader);
bool journal_decode_done(struct slice payload, struct journal_reader *reader,
                         struct journal_done *done);

bool journal_decode_lost(struct slice payload, int64_t *at_unix);

bool journal_decode_rollback(struct slice payload, struct journal_reader *reader,
                             struct journal_rollback *rollback);

/* 1 and the next entry, 0 at the end, -1 when the bytes do not make sense. */
int journal_next_key(struct journal_reader *reader, struct journal_intent_key *key) MUST_CHECK;
int journal_next_row(struct journal_reader *reader, struct journal_done_row *row) MUST_CHECK;
int journal_next_verdict(struct journal_reader *reader, struct journal_verdict *row) MUST_CHECK;

#endif
