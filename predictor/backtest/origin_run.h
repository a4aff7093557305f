/* origin_run.h - one rolling origin: every model learns as of it, and scores every key that is dormant then.
 * Room: predictor/backtest. May touch: what it is handed; no files of its own.
 * Promises: what came (labels) is read only after the first model has scored, and never handed to a model. Whether a
 * model keeps to the buckets before the origin is the model's own promise: the whole history is shown to it, as it
 * is in a ranking with --as-of, and a test plants a leak to see that one would be noticed. */
#ifndef REKINDLE_PREDICTOR_ORIGIN_RUN_H
#define REKINDLE_PREDICTOR_ORIGIN_RUN_H

#include "predictor/backtest/backtest_rows.h"
#include "predictor/history/key_history.h"

struct key_set;

struct backtest_origin {
    int64_t as_of_unix;                  /* nothing that starts at or after it may be known */
    int64_t start_unix, end_unix;        /* the window */
    bool is_event;                       /* a promotion fills most of the window */
    const char *event_kind;              /* its kind, or "" */
    const struct key_set *event_members; /* who is in it; NULL: not told */
};

/* The history, in passes. */
struct key_stream {
    void *self;
    int64_t bucket_second;
    void (*rewind)(void *self, const char *model, bool is_scoring);
    int (*next)(void *self, struct key_history *key,
                struct error *err); /* 1 and a key, 0 at the end, -1 */
    uint32_t (*size_bytes)(void *self, const struct key_history *key); /* in Redis, estimated */
};

/* A model, made anew for each origin and entity: forecaster.h as a table of functions. */
struct scorer_kind {
    const void *self;
    void *(*open)(const void *self, const char *model, enum entity entity,
                  const struct backtest_origin *origin, struct error *err);
    void (*close)(void *scorer);
    int (*observe)(void *scorer, const struct key_history *key, struct error *err);
    int (*fit)(void *scorer, struct error *err);
    bool (*is_dormant)(const void *scorer, const struct key_history *key);
    double (*score)(const void *scorer, const struct key_history *key);
    struct backtest_band (*band)(const void *scorer);
};

/* Two passes a model. Adds the origin to `rows[entity]` where that is not NULL; an entity without dormant keys there
 * gets no such origin. All tables have the same models. */
int origin_run(const struct key_stream *stream, const struct scorer_kind *kind,
               const struct backtest_origin *origin, struct backtest_rows *rows[ENTITY_COUNT],
               struct error *err) MUST_CHECK;

/* Whether the key has a bucket that starts within the origin's window. */
bool origin_run_has_returned(const struct backtest_origin *origin, const struct key_history *key,
                             int64_t bucket_second);

#endif
