/* wave_plan.h - a load in waves: the first percent, then a tenth, then all, with a look at the patients in between.
 * Room: loader/folder. May touch: the file `waves` of a run's folder (wave_plan_save, wave_plan_load); else pure.
 *
 * Waves are shares of the plan's ranks. Wave 1 ends at the first rank that reaches its share of the last rank. */
#ifndef REKINDLE_LOADER_WAVE_PLAN_H
#define REKINDLE_LOADER_WAVE_PLAN_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { WAVE_COUNT_MAX = 20 };

struct run_folder;

/* All zero: one wave without an end. */
struct wave_plan {
    int count;
    uint64_t end_ranks[WAVE_COUNT_MAX]; /* rising; the last is the plan's last rank */
};

/* "1%,10%,50%,100%": rising shares; 100 % is added where it is missing. ERROR_USAGE with the bad word. `text` NULL gives
 * one wave. */
int wave_plan_parse(const char *text, uint64_t last_rank, struct wave_plan *plan,
                    struct error *err) MUST_CHECK;

/* The wave (0..count - 1) that a run goes on with after `done_rank`; count when all are done. */
int wave_plan_next(const struct wave_plan *plan, uint64_t done_rank);
/* Whether `done_rank` is where a wave has ended that is not the last. */
bool wave_plan_is_between(const struct wave_plan *plan, uint64_t done_rank);

int wave_plan_save(const struct wave_plan *plan, const struct run_folder *folder,
                   struct error *err) MUST_CHECK;
/* 1; 0 when the run had no waves; -1. */
int wave_plan_load(struct wave_plan *plan, const struct run_folder *folder,
                   struct error *err) MUST_CHECK;

#endif
