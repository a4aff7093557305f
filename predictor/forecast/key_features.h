/* key_features.h - one key as of a moment, as a row of numbers: the same function for training and for scoring.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * Promises: a row depends on buckets that start before the origin and on events that ended by it, on nothing else. */
#ifndef REKINDLE_PREDICTOR_KEY_FEATURES_H
#define REKINDLE_PREDICTOR_KEY_FEATURES_H

#include "common/entity.h"

#include "predictor/calendar/event_window.h"
#include "predictor/forecast/as_of.h"
#include "predictor/forecast/btyd_model.h"
#include "predictor/forecast/event_response.h"
#include "predictor/forecast/group_effects.h"
#include "predictor/forecast/sibling_activity.h"

/* The columns, in the order of a row. Logarithms throughout, so that effects are linear. */
enum key_feature {
    FEATURE_BGNBD,   /* logit P(return) by BG/NBD */
    FEATURE_MBGNBD,  /* the same by MBG/NBD */
    FEATURE_ALIVE,   /* logit P(alive) by MBG/NBD */
    FEATURE_RATE,    /* ln of the rate MBG/NBD expects of it while alive */
    FEATURE_GAP,     /* ln of days since last seen */
    FEATURE_SILENCE, /* the same, linear, in months: leaving for good is as likely on each day */
    FEATURE_DAYS,    /* ln of active days */
    FEATURE_TENURE,  /* ln of days since first seen */
    FEATURE_DECAYED_DAYS,  /* ln of active days, halved every 90 days */
    FEATURE_DECAYED_SHORT, /* the same, every 30 days */
    FEATURE_DECAYED_HITS,  /* ln of accesses, halved every 120 days */
    FEATURE_DECAYED_BASE,  /* ln of accesses, halved every 90 days: the baseline `decayed` */
    FEATURE_HITS_PER_DAY,  /* ln of accesses per active day */
    FEATURE_LAST_HITS,     /* ln of accesses on the last active day */
    FEATURE_MEAN_GAP,      /* ln of days between active days, tenure for a key seen once */
    FEATURE_OVERDUE,       /* ln of the present gap over that */
    FEATURE_LONGEST_GAP,   /* ln of the present gap over the longest that ended */
    FEATURE_GAP_SPREAD,    /* variation of the gaps: standard deviation over mean */
    FEATURE_WOKEN,         /* ln of 1 + gaps as long as the threshold that ended */
    FEATURE_WOKEN_LATE,    /* ln of 1 + gaps as long as the present one that ended */
    FEATURE_ONCE,          /* 1: seen on one day only */
    FEATURE_TWICE,         /* 1: on two */
    FEATURE_HAS_LAST_YEAR, /* 1: first seen before the same window a year ago */
    FEATURE_LAST_YEAR,     /* 1: and came in it, give or take two weeks */
    FEATURE_EVENT_SEEN,    /* 1: some past event found it existing */
    FEATURE_EVENT_RESPONSE, /* ln of the visits that past events promise of it, over those of an unknown key */
    FEATURE_EVENT_KIND, /* ln of how far events of the coming one's kind promise more than all together */
    FEATURE_EVENT_SHAPE, /* ln of the shape of what is known of them, for return_link.h alone: the ridge does not see it */
    FEATURE_EVENT_BORN,   /* 1: first seen in an event */
    FEATURE_EVENT_END,    /* 1: last seen in an event */
    FEATURE_PLAIN_DAYS,   /* ln of 1 + active days outside events; 0 while there were none */
    FEATURE_EVENT_MEMBER, /* 1: is in the event that is asked about, by its list */
    FEATURE_HAS_PARENT,   /* 1: has a parent, and so siblings */
    FEATURE_SIBLINGS_7, /* ln of 1 + days on which siblings were active, each counted, in the last 7 days */
    FEATURE_SIBLINGS_14,   /* in the last 14 */
    FEATURE_SIBLINGS_30,   /* in the last 30 */
    FEATURE_SIBLING_SHARE, /* ln of the same 30 by the number of siblings */
    FEATURE_GROUP,         /* ln of how much more often than others keys of its groups came back */
    FEATURE_GROUP_EVENT,   /* the same, to past events */
    FEATURE_COUNT
};

/* A past event. */
struct feature_event {
    struct event_window window;
    double pull;     /* as event_pull.h measures it; 0 is not known */
    double strength; /* the same over the mean of past events; 1 where it is not known */
    bool is_same_kind;
    bool is_unlogged; /* hardly an access in its window: its logs are missing, event_pull.h says */
};

/* What is learned of all keys' ways with events, as of now. */
struct feature_response {
    struct event_response grades;
    double mbgnbd[BTYD_PARAMETERS]; /* fitted as of now, in days: what keys do anyhow */
    double visits_per_day;          /* active buckets on an active day */
};

struct feature_context {
    struct as_of_clock clock;
    int64_t origin_unix, start_unix,
        end_unix; /* features as of origin, for the window [start, end) */
    int64_t dormant_after_second;
    double bgnbd[BTYD_PARAMETERS], mbgnbd[BTYD_PARAMETERS]; /* fitted as of the origin, in days */
    double p_floor;                     /* no P(return) of these counts as less */
    const struct feature_event *events; /* [event_count] ended by origin, by start */
    size_t event_count;
    const struct feature_response *response; /* NULL: there are no events */
    const struct key_set *members; /* in the event that is asked about; NULL: not told, or none */
    enum entity entity;
    const struct sibling_activity *siblings; /* NULL: no parents are known */
    const struct group_effects
        *groups; /* as of the origin; NULL: group_effects_fill fills them in */
};

/* A key: its buckets, as many as are known, and its parent's number or PARENT_NONE. */
struct feature_key {
    struct bucket_list buckets;
    uint32_t parent;
    uint64_t hash;          /* key_set_hash of its id */
    uint32_t attribute_row; /* of the table, or ATTRIBUTE_ROW_NONE */
};

/* Fills `row`, all finite; false when the key had not been seen by the origin. */
bool key_features_take(const struct feature_context *context, const struct feature_key *key,
                       float row[FEATURE_COUNT]);

/* How likely what a key did in past events is by grade. With `is_born`, also in the one it was first seen in: that tells
 * of the key, but not of all keys, for one that stayed away would not be known. */
struct grade_chances key_features_chances(const struct feature_context *context,
                                          struct bucket_list seen, bool only_same_kind,
                                          bool is_born);

/* What columns are about: those of one theme say much the same, and a reason names only the strongest of them. */
enum feature_theme {
    THEME_RHYTHM,
    THEME_PAUSE,
    THEME_ACTIVITY,
    THEME_VOLUME,
    THEME_TENURE,
    THEME_SEASON,
    THEME_EVENTS,
    THEME_SIBLINGS,
    THEME_GROUPS,
    THEME_COUNT
};
enum feature_theme key_features_theme(enum key_feature feature);
/* A few words for a column that is higher than the average key's, or lower; NULL where that is nothing to say. */
const char *key_features_words(enum key_feature feature, bool is_high);
/* Whether those words can be meant for a return (or against it): "comes often" never speaks against one, though beside
 * others that say the same a column may be given a weight of the other sign. */
bool key_features_speaks(enum key_feature feature, bool is_high, bool is_for);
/* Its name in dumps: "gap", "event_response". */
const char *key_features_name(enum key_feature feature);

#endif
