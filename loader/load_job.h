/* load_job.h - what the command line and the config ask for, and the conductors that do it.
 * Room: loader. May touch: everything of the loader, in the order each conductor's DESIGN block tells.
 * Promises: results go to stdout, all else to stderr; a conductor returns 0, or -1 with the exit code in `err`. */
#ifndef REKINDLE_LOADER_LOAD_JOB_H
#define REKINDLE_LOADER_LOAD_JOB_H

#include "common/config.h"
#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

struct load_options;
struct wave_plan;
struct message;

struct load_job {
    const struct load_options *options;
    const struct config *config;
    struct redis_config redis; /* the config's, with --redis */
    const struct message *message;
    int64_t now_unix;           /* --now, or the system's clock when the program began */
    int64_t clock_shift_second; /* the system's clock less now_unix; 0 without --now */
    const struct wave_plan
        *waves;   /* where they end, when that is known already; NULL: as --waves says */
    bool is_part; /* of a larger command, which tells its end itself */
};

int check_run(const struct load_job *job, struct error *err) MUST_CHECK;
int warm_run(const struct load_job *job, struct error *err) MUST_CHECK;
int verify_run(const struct load_job *job, struct error *err) MUST_CHECK;
int pause_run(const struct load_job *job, struct error *err) MUST_CHECK;
int resume_run(const struct load_job *job, struct error *err) MUST_CHECK;
int stop_run(const struct load_job *job, struct error *err) MUST_CHECK;
int rollback_run(const struct load_job *job, struct error *err) MUST_CHECK;
int ready_run(const struct load_job *job, struct error *err) MUST_CHECK;
int guard_run(const struct load_job *job, struct error *err) MUST_CHECK;
int ramp_run(const struct load_job *job, struct error *err) MUST_CHECK;
int status_run(const struct load_job *job, struct error *err) MUST_CHECK;

#endif
