/* key_features.h - one key as of a moment, as a row of numbers: the same function for training and for scoring.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * Promises: a row depends on buckets that start before the origin and on events that ended by it, on nothing else. */
#ifndef REKINDLE_PREDICTOR_KEY_FEATURES_H
#define REKINDLE_PREDICTOR_KEY_FEATURES_H

#include "common/entity.h"

#include "predictor/calendar/event_window.h"
#include "predictor/forecast/as_of.h"
#include "predictor/forecast/btyd_model.h"
#include "predictor/forecast/group_effects.h"
#include "predictor/forecast/sibling_activity.h"

/* The columns, in the order of a row. Logarithms throughout, so that effects are linear. */
enum key_feature {
    FEATURE_BGNBD,         /* logit P(return) by BG/NBD */
    FEATURE_MBGNBD,        /* the same by MBG/NBD */
    FEATURE_ALIVE,         /* logit P(alive) by MBG/NBD */
    FEATURE_RATE,          /* ln of the rate MBG/NBD expects of it while alive */
    FEATURE_GAP,           /* ln of days since last seen */
    FEATURE_DAYS,          /* ln of active days */
    FEATURE_TENURE,        /* ln of days since first seen */
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
    FEATURE_EVENT_RATIO, /* ln of events it came to over those the average key would have come to */
    FEATURE_EVENT_KIND,  /* the same over events of the coming one's kind */
    FEATURE_EVENT_LAST,  /* came to the latest event, less that event's share */
    FEATURE_EVENT_BEFORE, /* came to the one before, less its share */
    FEATURE_EVENT_SHARE,  /* share of its active days that lay in events */
    FEATURE_EVENT_BORN,   /* 1: first seen in an event */
    FEATURE_EVENT_END,    /* 1: last seen in an event */
    FEATURE_EVENT_DAYS,   /* ln of 1 + active days in events */
    FEATURE_EVENT_HITS,   /* ln of 1 + accesses in events */
    FEATURE_EVENT_CHANCE, /* ln of the events the average key would have come to */
    FEATURE_EVENT_WOKEN, /* ln of events that found it silent and woke it over those that would have woken the average one */
    FEATURE_EVENT_SILENT, /* ln of the latter */
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

/* How long a key has to be silent for an event to wake it. */
enum { FEATURE_SILENT_DAY = 14 };

/* A past event and the share of existing keys that came to it. */
struct feature_event {
    struct event_window window;
    double share;
    double silent_share; /* the same of those that had been silent for FEATURE_SILENT_DAY */
    double pull;         /* as event_pull.h measures it; 0 is not known */
    bool is_same_kind;
    bool is_unlogged; /* hardly an access in its window: its logs are missing, event_pull.h says */
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

/* Whether a key that was seen before an event had been silent for FEATURE_SILENT_DAY when it started. */
bool key_features_is_silent(const struct as_of_clock *clock, struct bucket_list buckets,
                            int64_t start_unix);

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
/* Its name in dumps: "gap", "event_ratio". */
const char *key_features_name(enum key_feature feature);

#endif
