/* rollback_pass.c - see rollback_pass.h.
 * Room: loader/run. May touch: the journal, the sink. */
#include "loader/run/rollback_pass.h"

#include <stdlib.h>

#include "common/arena.h"
#include "loader/warm/ours.h"

struct pass_state {
    const struct rollback_pass *pass;
    struct rollback_verdicts *verdicts;
    struct journal *journal; /* NULL when dry */
    struct journal_survey survey;
    struct journal_buffer buffer;
    struct journal_rollback place; /* of the batch; at first: where to go on */
    struct ours ours;
    uint64_t ranks[OURS_LOOK_MAX];
    struct journal_verdict rows[OURS_LOOK_MAX];
    struct arena text; /* keys of the batch */
};

const char *rollback_verdict_word(enum rollback_verdict verdict)
{
    static const char *const words[] = {[ROLLBACK_NONE] = "",
                                        [ROLLBACK_GONE] = "gone",
                                        [ROLLBACK_REWRITTEN] = "rewritten",
                                        [ROLLBACK_OURS] = "rolled_back"};
    return words[verdict];
}

void rollback_verdicts_free(struct rollback_verdicts *verdicts)
{
    free(verdicts->of_rank);
    *verdicts = (struct rollback_verdicts){0};
}

/* ---- verdicts */

static int make_room(struct rollback_verdicts *verdicts, uint64_t rank, struct error *err)
{
    enum { CAPACITY_MIN = 1 << 16 };
    if (rank < verdicts->capacity) {
        return 0;
    }
    size_t capacity = verdicts->capacity < CAPACITY_MIN ? CAPACITY_MIN : verdicts->capacity;
    while (capacity <= rank) {
        capacity *= 2;
    }
    unsigned char *of_rank = realloc(verdicts->of_rank, capacity);
    if (of_rank == NULL) {
        return error_set_memory(err, "rolling back");
    }
    memset(of_rank + verdicts->capacity, ROLLBACK_NONE, capacity - verdicts->capacity);
    verdicts->of_rank = of_rank;
    verdicts->capacity = capacity;
    return 0;
}

/* Of several intents for one rank the best verdict counts: one of them may have been ours. */
static int give_verdict(struct rollback_verdicts *verdicts, struct journal_verdict row,
                        struct error *err)
{
    if (make_room(verdicts, row.rank, err) != 0) {
        return -1;
    }
    unsigned char *held = &verdicts->of_rank[row.rank];
    if (row.verdict > *held) {
        verdicts->counts[*held] -= *held != ROLLBACK_NONE;
        verdicts->counts[row.verdict]++;
        *held = (unsigned char)row.verdict;
    }
    return 0;
}

/* ---- what an earlier attempt has done */

static bool is_part(const struct pass_state *state)
{
    return state->pass->until_rank != 0;
}

static int recall_record(struct pass_state *state, const struct journal_cursor *cursor,
                         struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_verdict row;
    struct journal_rollback place;
    int more = journal_decode_rollback(payload, &reader, &place) ? 1 : -1;
    if (more == 1 && !place.is_part && !is_part(state)) {
        state->place = place;
    }
    while (more == 1 && (more = journal_next_verdict(&reader, &row)) == 1) {
        if (give_verdict(state->verdicts, row, err) != 0) {
            return -1;
        }
    }
    return more < 0 ? journal_cursor_complain(cursor, err) : 0;
}

/* The last batch that was written down may not have been removed whole: it is where this attempt goes on. What a run has
 * written since (run --again) is a new story, from its first intent on. */
static int recall(struct pass_state *state, struct journal_cursor *cursor, struct error *err)
{
    struct slice payload;
    int more;
    while ((more = journal_cursor_next(cursor, &payload, err)) == 1) {
        int kind = journal_kind_of(payload);
        if (kind == JOURNAL_LOST) {
            state->place = (struct journal_rollback){0};
            rollback_verdicts_free(state->verdicts);
        } else if (kind == JOURNAL_ROLLBACK && recall_record(state, cursor, payload, err) != 0) {
            return -1;
        }
    }
    return more;
}

/* ---- one batch */

static int write_down(struct pass_state *state, struct error *err)
{
    if (state->journal == NULL) {
        return 0;
    }
    return journal_encode_rollback(&state->buffer, &state->place, state->rows, state->ours.count,
                                   err) == 0
               ? journal_append(state->journal, &state->buffer, err)
               : -1;
}

static int remove_ours(struct pass_state *state, struct error *err)
{
    struct ours *ours = &state->ours;
    if (state->pass->is_dry || ours->item_count == 0) {
        return 0;
    }
    if (sink_remove(state->pass->sink, ours->items, ours->item_count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < ours->item_count; i++) {
        if (ours->items[i].result == SINK_KEPT) { /* the application was faster */
            state->rows[ours->places[i]].verdict = ROLLBACK_REWRITTEN;
        }
    }
    return 0;
}

/* Intents are written ahead: of a key that no done speaks of nobody knows whether it was ever written, unless it stands
 * there. Before a loss all were. */
static bool is_settled(const struct pass_state *state, uint64_t rank)
{
    return state->place.intent_offset < state->survey.counts_from ||
           rank <= state->survey.done_rank;
}

static int settle_batch(struct pass_state *state, struct error *err)
{
    static const enum rollback_verdict verdict_of[] = {[OURS_GONE] = ROLLBACK_GONE,
                                                       [OURS_REWRITTEN] = ROLLBACK_REWRITTEN,
                                                       [OURS_STILL] = ROLLBACK_OURS};
    struct ours *ours = &state->ours;
    if (ours->count == 0) {
        return 0;
    }
    if (state->pass->beat(state->pass->context, ours->count, err) != 0 ||
        ours_look(ours, state->pass->sink, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < ours->count; i++) {
        enum rollback_verdict verdict = verdict_of[ours->states[i]];
        bool is_told = verdict == ROLLBACK_OURS || is_settled(state, state->ranks[i]);
        state->rows[i] =
            (struct journal_verdict){state->ranks[i], is_told ? verdict : ROLLBACK_NONE};
    }
    if (write_down(state, err) != 0 || remove_ours(state, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < ours->count; i++) {
        if (give_verdict(state->verdicts, state->rows[i], err) != 0) {
            return -1;
        }
    }
    state->place.first += ours->count;
    ours->count = 0;
    arena_clear(&state->text);
    return 0;
}

/* ---- the pass */

static int add_key(struct pass_state *state, const struct journal_intent_key *key,
                   struct error *err)
{
    struct slice text = arena_copy(&state->text, key->key);
    if (text.bytes == NULL) {
        return error_set_memory(err, "rolling back");
    }
    state->ranks[state->ours.count] = key->rank;
    state->ours.keys[state->ours.count++] =
        (struct ours_key){.key = text,
                          .digest = {.high = key->digest_high, .low = key->digest_low},
                          .expire_unix = key->expire_unix};
    return state->ours.count == OURS_LOOK_MAX ? settle_batch(state, err) : 0;
}

static bool is_asked_for(const struct pass_state *state, uint64_t rank)
{
    return !is_part(state) || (rank > state->pass->after_rank && rank <= state->pass->until_rank);
}

/* The keys of one intent from the `skip`th on. */
static int take_back_intent(struct pass_state *state, const struct journal_cursor *cursor,
                            struct slice payload, uint64_t skip, struct error *err)
{
    struct journal_reader reader;
    struct journal_intent_key key;
    int more = journal_decode_intent(payload, &reader) ? 1 : -1;
    state->place = (struct journal_rollback){.intent_offset = journal_cursor_record_at(cursor),
                                             .first = skip,
                                             .is_part = is_part(state)};
    for (uint64_t index = 0; more == 1 && (more = journal_next_key(&reader, &key)) == 1; index++) {
        if (index >= skip && is_asked_for(state, key.rank) && add_key(state, &key, err) != 0) {
            return -1;
        }
    }
    return more < 0 ? journal_cursor_complain(cursor, err) : settle_batch(state, err);
}

static int take_back(struct pass_state *state, struct journal_cursor *cursor, struct error *err)
{
    struct slice payload;
    uint64_t skip = state->place.first;
    int more;
    while ((more = journal_cursor_next(cursor, &payload, err)) == 1) {
        if (journal_kind_of(payload) != JOURNAL_INTENT) {
            continue;
        }
        if (take_back_intent(state, cursor, payload, skip, err) != 0) {
            return -1;
        }
        skip = 0;
    }
    return more;
}

static int open_journal(struct pass_state *state, const char *path, struct error *err)
{
    const struct run_manifest *manifest = &state->pass->folder->manifest;
    struct journal_begin begin = {.plan_digest = slice_of(manifest->plan_digest),
                                  .target = slice_of(manifest->target)};
    if (state->pass->is_dry) {
        return journal_survey_read(path, &begin, &state->survey, err);
    }
    state->journal = journal_open(path, &begin, &state->survey, err);
    return state->journal == NULL ? -1 : 0;
}

static int run_pass(struct pass_state *state, const char *path, struct error *err)
{
    uint64_t end = state->survey.whole_size;
    struct journal_cursor *cursor = journal_cursor_open(path, 0, end, err);
    int result = cursor == NULL ? -1 : recall(state, cursor, err);
    journal_cursor_close(cursor);
    if (result != 0) {
        return -1;
    }
    cursor = journal_cursor_open(path, state->place.intent_offset, end, err);
    result = cursor == NULL ? -1 : take_back(state, cursor, err);
    journal_cursor_close(cursor);
    return result;
}

int rollback_pass_run(const struct rollback_pass *pass, struct rollback_verdicts *verdicts,
                      struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct pass_state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        return error_set_memory(err, "rolling back");
    }
    state->pass = pass;
    state->verdicts = verdicts;
    run_folder_file(pass->folder, "journal", path);
    int result = open_journal(state, path, err);
    if (result == 0 && state->survey.whole_size > 0) {
        result = run_pass(state, path, err);
    }
    journal_close(state->journal);
    journal_survey_free(&state->survey);
    journal_buffer_free(&state->buffer);
    ours_free(&state->ours);
    arena_free(&state->text);
    free(state);
    return result;
}
