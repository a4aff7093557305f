/* plan_survey.h - the first look at a plan: is every row right, and what are they together?
 * Room: common. May touch: the plan's file, one thread of its own.
 * Promises: a large plan is read by two threads, each a half; whatever they find odd is read again by one, in order, so
 * that verdicts and sentences are the same. */
#ifndef REKINDLE_COMMON_PLAN_SURVEY_H
#define REKINDLE_COMMON_PLAN_SURVEY_H

#include "common/plan_fields.h"
#include "common/plan_reader.h"

/* Where a row stands in the file. */
struct plan_place {
    uint32_t rank, line;
    uint64_t offset;
};

/* Of all rows, when their ranks do not rise from line to line; else empty. */
struct plan_places {
    struct plan_place *places; /* [count], in rank order; free() it */
    size_t count, room;
};

/* Reads the plan of `fields` from the first row to the last, and back to the first. `identity` is filled but for
 * deleted_count; `refusal` is the watcher's, or cleared. */
int plan_survey_run(struct plan_fields *fields, const struct plan_limits *limits,
                    struct plan_identity *identity, struct plan_places *places,
                    struct error *refusal, struct error *err) MUST_CHECK;

#endif
