/* key_features.c - see key_features.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/key_features.h"

#include "common/key_set.h"

#include "predictor/forecast/attribute_table.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <string.h>

enum { DAYS_PER_YEAR = 365, LAST_YEAR_SLACK_DAY = 14 };
enum { HALF_LIFE_SHORT = 30, HALF_LIFE_DAYS = 90, HALF_LIFE_HITS = 120, HALF_LIFE_BASE = 90 };

/* One walk over the buckets of a key gathers these. */
struct walk {
    int64_t first_unix, last_unix, first_day, last_day;
    double present_gap_day; /* from the last active bucket to the origin */
    uint32_t days;
    uint64_t hits, last_day_hits;
    double decayed_days, decayed_short, decayed_hits, decayed_base;
    double gap_sum, gap_squares, gap_longest;
    uint32_t gap_count, woken, woken_late;
    uint32_t event_days;
};

static int64_t bucket_unix(const struct feature_context *context,
                           const struct active_bucket *bucket)
{
    return bucket->bucket * context->clock.bucket_second;
}

static bool is_in_event(const struct feature_context *context, int64_t at_unix)
{
    for (size_t i = 0; i < context->event_count; i++) {
        const struct event_window *event = &context->events[i].window;
        if (at_unix >= event->start_unix && at_unix < event->end_unix) {
            return true;
        }
    }
    return false;
}

static void walk_gap(const struct feature_context *context, double gap, struct walk *walk)
{
    walk->gap_sum += gap;
    walk->gap_squares += gap * gap;
    walk->gap_longest = fmax(walk->gap_longest, gap);
    walk->gap_count++;
    walk->woken += gap * SECONDS_PER_DAY >= (double)context->dormant_after_second;
    walk->woken_late += gap >= walk->present_gap_day;
}

static void walk_new_day(const struct feature_context *context, int64_t day, int64_t at_unix,
                         struct walk *walk)
{
    double days_ago = (double)(context->origin_unix - at_unix) / SECONDS_PER_DAY;
    if (walk->days > 0) {
        walk_gap(context, (double)(day - walk->last_day), walk);
    } else {
        walk->first_day = day;
    }
    walk->days++;
    walk->last_day = day;
    walk->last_day_hits = 0;
    walk->decayed_days += exp2(-days_ago / HALF_LIFE_DAYS);
    walk->decayed_short += exp2(-days_ago / HALF_LIFE_SHORT);
    walk->event_days += is_in_event(context, at_unix);
}

static struct walk walk_buckets(const struct feature_context *context, struct bucket_list seen)
{
    struct walk walk = {0};
    walk.first_unix = bucket_unix(context, &seen.buckets[0]);
    walk.last_unix = bucket_unix(context, &seen.buckets[seen.count - 1]);
    walk.present_gap_day = (double)(context->origin_unix - walk.last_unix) / SECONDS_PER_DAY;
    for (size_t i = 0; i < seen.count; i++) {
        int64_t at_unix = bucket_unix(context, &seen.buckets[i]);
        int64_t day = as_of_day(&context->clock, at_unix);
        double days_ago = (double)(context->origin_unix - at_unix) / SECONDS_PER_DAY;
        uint32_t count = seen.buckets[i].count;
        if (walk.days == 0 || day > walk.last_day) {
            walk_new_day(context, day, at_unix, &walk);
        }
        walk.hits += count;
        walk.last_day_hits += count;
        walk.decayed_hits += count * exp2(-days_ago / HALF_LIFE_HITS);
        walk.decayed_base += count * exp2(-days_ago / HALF_LIFE_BASE);
    }
    return walk;
}

/* BTYD models are overconfident about keys that came often and stopped: odds of 1 to 10^20, which come back all the
 * same. The floor makes them merely unlikely, and keeps a few such keys from ruling a whole column. */
static float humble_logit(double p, double floor)
{
    return (float)special_math_logit(floor + (1 - floor) * p);
}

static void set_btyd(const struct feature_context *context, const struct walk *walk, float *row)
{
    const struct as_of_clock *clock = &context->clock;
    double age = (double)(as_of_day(clock, context->origin_unix - 1) - walk->first_day);
    double last = (double)(walk->last_day - walk->first_day);
    struct btyd_key key = {walk->days - 1, last, fmax(age, last)};
    double from = (double)(context->start_unix - context->origin_unix) / SECONDS_PER_DAY;
    double to = (double)(context->end_unix - context->origin_unix) / SECONDS_PER_DAY;
    const double alive_floor = 0.005;
    const double *mbg = context->mbgnbd;
    row[FEATURE_BGNBD] =
        humble_logit(bgnbd_model.p_return(context->bgnbd, &key, from, to), context->p_floor);
    row[FEATURE_MBGNBD] =
        humble_logit(mbgnbd_model.p_return(mbg, &key, from, to), context->p_floor);
    row[FEATURE_ALIVE] = humble_logit(mbgnbd_model.p_alive(mbg, &key), alive_floor);
    row[FEATURE_RATE] = (float)log((mbg[0] + key.x) / (mbg[1] + key.age));
    row[FEATURE_TENURE] = (float)log1p(key.age);
}

static void set_counts(const struct walk *walk, float *row)
{
    const double smallest = 1e-6; /* so that what has decayed to nothing has a logarithm */
    row[FEATURE_GAP] = (float)log1p(walk->present_gap_day);
    row[FEATURE_SILENCE] = (float)(walk->present_gap_day / 30);
    row[FEATURE_DAYS] = (float)log(walk->days);
    row[FEATURE_DECAYED_DAYS] = (float)log(walk->decayed_days + smallest);
    row[FEATURE_DECAYED_SHORT] = (float)log(walk->decayed_short + smallest);
    row[FEATURE_DECAYED_HITS] = (float)log(walk->decayed_hits + smallest);
    row[FEATURE_DECAYED_BASE] = (float)log(walk->decayed_base + smallest);
    row[FEATURE_HITS_PER_DAY] = (float)log((double)walk->hits / walk->days);
    row[FEATURE_LAST_HITS] = (float)log((double)walk->last_day_hits);
    row[FEATURE_ONCE] = walk->days == 1;
    row[FEATURE_TWICE] = walk->days == 2;
}

static void set_gaps(const struct walk *walk, float *row)
{
    double tenure = row[FEATURE_TENURE] > 0 ? expm1((double)row[FEATURE_TENURE]) : 1;
    double count = walk->gap_count == 0 ? 1 : walk->gap_count;
    double mean = walk->gap_count == 0 ? fmax(tenure, 1) : walk->gap_sum / count;
    double variance = fmax(walk->gap_squares / count - mean * mean, 0);
    double longest = walk->gap_count == 0 ? mean : walk->gap_longest;
    row[FEATURE_MEAN_GAP] = (float)log1p(mean);
    row[FEATURE_OVERDUE] = (float)log((walk->present_gap_day + 1) / (mean + 1));
    row[FEATURE_LONGEST_GAP] = (float)log((walk->present_gap_day + 1) / (longest + 1));
    row[FEATURE_GAP_SPREAD] = walk->gap_count == 0 ? 0 : (float)(sqrt(variance) / mean);
    row[FEATURE_WOKEN] = (float)log1p(walk->woken);
    row[FEATURE_WOKEN_LATE] = (float)log1p(walk->woken_late);
}

static void set_last_year(const struct feature_context *context, const struct walk *walk,
                          struct bucket_list seen, float *row)
{
    const int64_t year = (int64_t)DAYS_PER_YEAR * SECONDS_PER_DAY;
    const int64_t slack = (int64_t)LAST_YEAR_SLACK_DAY * SECONDS_PER_DAY;
    int64_t start_unix = context->start_unix - year - slack;
    int64_t end_unix = context->end_unix - year + slack;
    bool has = walk->first_unix < start_unix;
    row[FEATURE_HAS_LAST_YEAR] = has;
    row[FEATURE_LAST_YEAR] =
        has && as_of_count_hits(&context->clock, seen, start_unix, end_unix) > 0;
}

/* What could be expected of a key at the start of an event, had there been none; one that was first seen in it is taken
 * for one that had just appeared. */
static struct event_deed deed_of(const struct feature_context *context, struct bucket_list seen,
                                 const struct feature_event *event)
{
    const double *mbg = context->response->mbgnbd;
    const struct event_window *window = &event->window;
    struct event_deed deed = {.strength = event->strength};
    struct as_of_snapshot then = {.x = 0};
    deed.visits =
        (double)as_of_count_buckets(&context->clock, seen, window->start_unix, window->end_unix);
    if (deed.visits > 0) {
        const double surest = 0.99;
        double days = (double)(window->end_unix - window->start_unix) / SECONDS_PER_DAY;
        (void)as_of_take(&context->clock, seen, window->start_unix, &then);
        const struct btyd_key key = {then.x, then.last, then.age};
        deed.alive = fmin(mbgnbd_model.p_alive(mbg, &key), surest);
        deed.anyhow =
            (mbg[0] + key.x) / (mbg[1] + key.age) * days * context->response->visits_per_day;
    }
    return deed;
}

struct grade_chances key_features_chances(const struct feature_context *context,
                                          struct bucket_list seen, bool only_same_kind,
                                          bool is_born)
{
    struct grade_chances chances = event_response_unknown();
    int64_t first_unix =
        seen.count > 0 ? seen.buckets[0].bucket * context->clock.bucket_second : INT64_MAX;
    for (size_t i = 0; i < context->event_count; i++) {
        const struct feature_event *event = &context->events[i];
        bool found = first_unix < (is_born ? event->window.end_unix : event->window.start_unix);
        if (found && (event->is_same_kind || !only_same_kind)) {
            struct event_deed deed = deed_of(context, seen, event);
            event_response_see(&chances, &deed);
        }
    }
    return chances;
}

static bool has_other_kind(const struct feature_context *context)
{
    for (size_t i = 0; i < context->event_count; i++) {
        if (!context->events[i].is_same_kind) {
            return true;
        }
    }
    return false;
}

static void set_events(const struct feature_context *context, const struct walk *walk,
                       struct bucket_list seen, float *row)
{
    bool has_events = context->event_count > 0;
    row[FEATURE_EVENT_RESPONSE] = row[FEATURE_EVENT_KIND] = row[FEATURE_EVENT_SHAPE] = 0;
    if (has_events) {
        const struct event_response *response = &context->response->grades;
        struct grade_chances all = key_features_chances(context, seen, false, true);
        double ln_all = log(event_response_ratio(response, &all));
        row[FEATURE_EVENT_RESPONSE] = (float)ln_all;
        row[FEATURE_EVENT_SHAPE] = (float)log(event_response_shape(response, &all));
        if (has_other_kind(context)) {
            struct grade_chances same = key_features_chances(context, seen, true, true);
            row[FEATURE_EVENT_KIND] = (float)(log(event_response_ratio(response, &same)) - ln_all);
        }
    }
    row[FEATURE_EVENT_SEEN] =
        has_events &&
        walk->first_unix < context->events[context->event_count - 1].window.start_unix;
    row[FEATURE_EVENT_BORN] = is_in_event(context, walk->first_unix);
    row[FEATURE_EVENT_END] = is_in_event(context, walk->last_unix);
    row[FEATURE_PLAIN_DAYS] = has_events ? (float)log1p(walk->days - walk->event_days) : 0;
}

/* Days that are over by the origin; the key itself has been silent in most of them. */
static void set_siblings(const struct feature_context *context, uint32_t parent, float *row)
{
    static const struct {
        enum key_feature feature;
        int days;
    } spans[] = {{FEATURE_SIBLINGS_7, 7}, {FEATURE_SIBLINGS_14, 14}, {FEATURE_SIBLINGS_30, 30}};
    bool has_parent = parent != PARENT_NONE && context->siblings != NULL;
    int64_t today = as_of_day(&context->clock, context->origin_unix);
    double sum = 0;
    row[FEATURE_HAS_PARENT] = has_parent;
    row[FEATURE_SIBLING_SHARE] = 0;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        if (has_parent) {
            sum = sibling_activity_sum(context->siblings, parent, today - spans[i].days, today);
        }
        row[spans[i].feature] = (float)log1p(sum);
    }
    if (has_parent) {
        double size = sibling_activity_size(context->siblings, parent);
        row[FEATURE_SIBLING_SHARE] = (float)log((sum + 0.5) / size);
    }
}

bool key_features_take(const struct feature_context *context, const struct feature_key *key,
                       float row[FEATURE_COUNT])
{
    struct bucket_list seen = as_of_cut(&context->clock, key->buckets, context->origin_unix);
    if (seen.count == 0) {
        return false;
    }
    struct walk walk = walk_buckets(context, seen);
    set_btyd(context, &walk, row);
    set_counts(&walk, row);
    set_gaps(&walk, row);
    set_last_year(context, &walk, seen, row);
    set_events(context, &walk, seen, row);
    row[FEATURE_EVENT_MEMBER] =
        context->members != NULL && key_set_has(context->members, context->entity, key->hash);
    set_siblings(context, key->parent, row);
    row[FEATURE_GROUP] = group_effects_sum(context->groups, key->attribute_row, false);
    row[FEATURE_GROUP_EVENT] = group_effects_sum(context->groups, key->attribute_row, true);
    return true;
}

static const struct {
    const char *name, *high, *low;
    enum feature_theme theme;
    int speaks; /* 1: high speaks for a return, low against; -1: the other way round; 0: either */
} columns[FEATURE_COUNT] = {
    [FEATURE_BGNBD] = {"bgnbd", "its rhythm says it is due", "its rhythm says it has left",
                       THEME_RHYTHM, 1},
    [FEATURE_MBGNBD] = {"mbgnbd", "its rhythm says it is due", "its rhythm says it has left",
                        THEME_RHYTHM, 1},
    [FEATURE_ALIVE] = {"alive", "silence is normal for it", "silence is unusual for it",
                       THEME_RHYTHM, 1},
    [FEATURE_RATE] = {"rate", "comes often", "comes rarely", THEME_RHYTHM, 1},
    [FEATURE_GAP] = {"gap", "not seen for long", "seen not so long ago", THEME_PAUSE, -1},
    [FEATURE_SILENCE] = {"silence", "not seen for long", "seen not so long ago", THEME_PAUSE, -1},
    [FEATURE_DAYS] = {"days", "seen on many days", "seen on few days", THEME_ACTIVITY, 1},
    [FEATURE_TENURE] = {"tenure", "known for long", "known for a short time", THEME_TENURE, 0},
    [FEATURE_DECAYED_DAYS] = {"decayed_days", "often here in recent months",
                              "rarely here in recent months", THEME_ACTIVITY, 1},
    [FEATURE_DECAYED_SHORT] = {"decayed_short", "often here in recent weeks",
                               "rarely here in recent weeks", THEME_ACTIVITY, 1},
    [FEATURE_DECAYED_HITS] = {"decayed_hits", "much used in recent months",
                              "little used in recent months", THEME_VOLUME, 1},
    [FEATURE_DECAYED_BASE] = {"decayed_base", "much used in recent months",
                              "little used in recent months", THEME_VOLUME, 1},
    [FEATURE_HITS_PER_DAY] = {"hits_per_day", "heavy use on its days", "light use on its days",
                              THEME_VOLUME, 1},
    [FEATURE_LAST_HITS] = {"last_hits", "heavy use when last seen", "light use when last seen",
                           THEME_VOLUME, 1},
    [FEATURE_MEAN_GAP] = {"mean_gap", "used to long pauses", "used to short pauses", THEME_PAUSE,
                          0},
    [FEATURE_OVERDUE] = {"overdue", "away longer than usual", "not away longer than usual",
                         THEME_PAUSE, -1},
    [FEATURE_LONGEST_GAP] = {"longest_gap", "away longer than ever before",
                             "came back from longer pauses", THEME_PAUSE, -1},
    [FEATURE_GAP_SPREAD] = {"gap_spread", "irregular", "regular", THEME_PAUSE, 0},
    [FEATURE_WOKEN] = {"woken", "came back from long pauses before",
                       "never came back from a long pause", THEME_PAUSE, 1},
    [FEATURE_WOKEN_LATE] = {"woken_late", "came back from as long a pause before",
                            "never came back from so long a pause", THEME_PAUSE, 1},
    [FEATURE_ONCE] = {"once", "seen on one day only", "seen on more than one day", THEME_ACTIVITY,
                      -1},
    [FEATURE_TWICE] = {"twice", "seen on two days only", NULL, THEME_ACTIVITY, 0},
    [FEATURE_HAS_LAST_YEAR] = {"has_last_year", "known since last year", "not yet known a year ago",
                               THEME_SEASON, 0},
    [FEATURE_LAST_YEAR] = {"last_year", "came in the same weeks last year",
                           "not here in the same weeks last year", THEME_SEASON, 1},
    [FEATURE_EVENT_SEEN] = {"event_seen", "has seen events", "has seen no event yet", THEME_EVENTS,
                            0},
    [FEATURE_EVENT_RESPONSE] = {"event_response", "comes to events", "does not come to events",
                                THEME_EVENTS, 1},
    [FEATURE_EVENT_KIND] = {"event_kind", "comes to this kind more than to others",
                            "comes to other kinds more than to this", THEME_EVENTS, 1},
    [FEATURE_EVENT_SHAPE] = {"event_shape", "is well known at events", "is little known at events",
                             THEME_EVENTS, 0},
    [FEATURE_EVENT_BORN] = {"event_born", "first came in an event",
                            "did not first come in an event", THEME_EVENTS, 0},
    [FEATURE_EVENT_END] = {"event_end", "last came for an event", "last came outside events",
                           THEME_EVENTS, 0},
    [FEATURE_PLAIN_DAYS] = {"plain_days", "comes outside events, too",
                            "hardly comes outside events", THEME_ACTIVITY, 1},
    [FEATURE_EVENT_MEMBER] = {"event_member", "is in the event", "is not in the event",
                              THEME_EVENTS, 1},
    [FEATURE_HAS_PARENT] = {"has_parent", "has siblings", "has no siblings", THEME_SIBLINGS, 0},
    [FEATURE_SIBLINGS_7] = {"siblings_7", "its siblings were busy this week",
                            "its siblings were quiet this week", THEME_SIBLINGS, 1},
    [FEATURE_SIBLINGS_14] = {"siblings_14", "its siblings were busy lately",
                             "its siblings were quiet lately", THEME_SIBLINGS, 1},
    [FEATURE_SIBLINGS_30] = {"siblings_30", "its siblings were busy this month",
                             "its siblings were quiet this month", THEME_SIBLINGS, 1},
    [FEATURE_SIBLING_SHARE] = {"sibling_share", "most of its siblings are busy",
                               "few of its siblings are busy", THEME_SIBLINGS, 1},
    [FEATURE_GROUP] = {"group", "comes back more than others", "comes back less than others",
                       THEME_GROUPS, 1},
    [FEATURE_GROUP_EVENT] = {"group_event", "is wanted in events", "is little wanted in events",
                             THEME_GROUPS, 1},
};

const char *key_features_words(enum key_feature feature, bool is_high)
{
    return is_high ? columns[feature].high : columns[feature].low;
}

bool key_features_speaks(enum key_feature feature, bool is_high, bool is_for)
{
    int speaks = columns[feature].speaks;
    if (key_features_words(feature, is_high) == NULL) {
        return false;
    }
    return speaks == 0 || (speaks > 0) == (is_high == is_for);
}

enum feature_theme key_features_theme(enum key_feature feature)
{
    return columns[feature].theme;
}

const char *key_features_name(enum key_feature feature)
{
    return columns[feature].name;
}
