/* recheck.c - see recheck.h.
 * Room: loader/warm. May touch: its source set. */
#include "loader/warm/recheck.h"

#include <stdlib.h>

#include "common/civil_time.h"
#include "common/monotonic.h"
#include "loader/live/pulse.h"
#include "loader/folder/value_digest.h"

void recheck_init(struct recheck *recheck, struct source_set *sources)
{
    *recheck = (struct recheck){.sources = sources};
}

void recheck_free(struct recheck *recheck)
{
    free(recheck->ids);
    free(recheck->places);
    record_batch_free(&recheck->batch);
    *recheck = (struct recheck){0};
}

static bool is_fine_time(enum version_kind kind)
{
    return kind == VERSION_FINE_TIME || kind == VERSION_FINE_LOCAL_TIME;
}

/* The age that the version had when it was read, if it was written in UTC; false: it is no time. */
static bool read_age(struct slice version, int64_t now_unix_us, int64_t since_read_us,
                     int64_t *age_us)
{
    int64_t unix_second;
    int millisecond = 0;
    if (civil_parse_rfc3339(version, NULL, &unix_second, &millisecond) != 0) {
        return false;
    }
    *age_us = now_unix_us - since_read_us - unix_second * US_PER_SECOND -
              (int64_t)millisecond * US_PER_MS;
    return true;
}

/* Zones differ from UTC by quarters of an hour, from -12 to +14 hours: could this age be a small one in one of them? */
static bool may_be_young_somewhere(int64_t age_us)
{
    static const int64_t quarter_us = INT64_C(15) * 60 * US_PER_SECOND;
    static const int64_t ahead_us = INT64_C(14) * 3600 * US_PER_SECOND;
    static const int64_t behind_us = INT64_C(12) * 3600 * US_PER_SECOND;
    if (age_us < -ahead_us || age_us >= behind_us + RECHECK_YOUNG_US) {
        return false;
    }
    return (age_us + ahead_us) % quarter_us < RECHECK_YOUNG_US;
}

bool recheck_is_young(enum version_kind kind, struct slice version, int64_t now_unix_us,
                      int64_t since_read_us)
{
    int64_t age_us;
    if (!is_fine_time(kind) || since_read_us >= RECHECK_YOUNG_US ||
        !read_age(version, now_unix_us, since_read_us, &age_us)) {
        return false;
    }
    return kind == VERSION_FINE_TIME ? age_us < RECHECK_YOUNG_US : may_be_young_somewhere(age_us);
}

static int make_room(struct recheck *recheck, size_t count, struct error *err)
{
    if (count <= recheck->capacity) {
        return 0;
    }
    struct slice *ids = realloc(recheck->ids, count * sizeof *ids);
    recheck->ids = ids == NULL ? recheck->ids : ids;
    size_t *places = realloc(recheck->places, count * sizeof *places);
    recheck->places = places == NULL ? recheck->places : places;
    if (ids == NULL || places == NULL) {
        return error_set_memory(err, "looking at the source again");
    }
    recheck->capacity = count;
    return 0;
}

/* What is judged with, the same for all rows of a family. */
struct second_look {
    enum version_kind kind;
    bool is_by_version;
    int64_t now_unix_us, since_read_us;
};

static enum recheck_verdict judge_row(const struct second_look *look, const struct recheck_row *row,
                                      const struct record *record)
{
    if (row->is_negative) {
        return record->kind == RECORD_MISSING ? RECHECK_FRESH : RECHECK_STALE;
    }
    if (record->kind != RECORD_STRING && record->kind != RECORD_HASH) {
        return RECHECK_STALE;
    }
    if (!look->is_by_version) {
        struct value_digest digest = value_digest_of(record->value);
        bool is_same = digest.high == row->digest_high && digest.low == row->digest_low;
        return is_same ? RECHECK_FRESH : RECHECK_STALE;
    }
    if (!slice_is_equal(record->version, row->version)) {
        return RECHECK_STALE;
    }
    return recheck_is_young(look->kind, row->version, look->now_unix_us, look->since_read_us)
               ? RECHECK_YOUNG
               : RECHECK_FRESH;
}

/* Asks for the first `*count` ids or fewer: so many that a beat comes soon. A pause makes it gentle only: what was
 * written must not stay unlooked at. */
static int ask(struct recheck *recheck, struct source *source, enum source_content content,
               struct slice ids[], size_t *count, struct error *err)
{
    struct pulse *pulse = recheck->pulse;
    if (pulse == NULL) {
        return source_fetch(source, content, ids, *count, &recheck->batch, err);
    }
    if (pulse_breathe(pulse, err) != 0) {
        return -1;
    }
    *count = pulse_recheck_rows(pulse, *count);
    bool is_held = pulse_is_held(pulse);
    enum throttle_reason reason = pulse_source_reason(pulse);
    int64_t before_us = monotonic_us();
    int result = source_fetch(source, content, ids, *count, &recheck->batch, err);
    if (is_held) {
        pace_account(&pulse->pace, reason, monotonic_us() - before_us);
    }
    return result;
}

static int judge_family(struct recheck *recheck, struct recheck_row rows[], size_t count,
                        struct second_look *look, size_t family_index, struct error *err)
{
    struct source *source = recheck->sources->sources[family_index];
    look->kind = source == NULL ? VERSION_SNAPSHOT : source_version_kind(source);
    if (look->kind == VERSION_SNAPSHOT && !recheck->is_by_value) {
        for (size_t i = 0; i < count; i++) {
            rows[recheck->places[i]].verdict = RECHECK_FRESH;
        }
        return 0;
    }
    look->is_by_version =
        !recheck->is_by_value && (look->kind == VERSION_COUNTER || is_fine_time(look->kind));
    if (look->is_by_version && is_fine_time(look->kind) &&
        source_clock(source, &look->now_unix_us, err) != 0) {
        return -1;
    }
    for (size_t from = 0, asked; from < count; from += asked) {
        asked = count - from;
        if (ask(recheck, source, look->is_by_version ? SOURCE_VERSIONS : SOURCE_VALUES,
                &recheck->ids[from], &asked, err) != 0) {
            return -1;
        }
        for (size_t i = 0; i < asked; i++) {
            struct recheck_row *row = &rows[recheck->places[from + i]];
            row->verdict = judge_row(look, row, &recheck->batch.records[i]);
        }
    }
    return 0;
}

int recheck_judge(struct recheck *recheck, struct recheck_row rows[], size_t count, int64_t read_us,
                  struct error *err)
{
    struct second_look look = {.since_read_us = monotonic_us() - read_us};
    if (make_room(recheck, count, err) != 0) {
        return -1;
    }
    for (size_t family_index = 0; family_index < recheck->sources->count; family_index++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++) {
            if (rows[i].family_index == family_index) {
                recheck->ids[found] = rows[i].id;
                recheck->places[found++] = i;
            }
        }
        if (found > 0 && judge_family(recheck, rows, found, &look, family_index, err) != 0) {
            return error_add_context(err, "looking at the source again after writing");
        }
    }
    return 0;
}
