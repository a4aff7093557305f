/* run_lock.h - one run a target: a lock on this host, and a lease in the target for all the other hosts.
 * Room: loader/live. May touch: ${XDG_RUNTIME_DIR:-/tmp}/rekindle-UID/, the key `rekindle:lease` of the target.
 * Promises: a run that was killed never keeps its successor on the same host waiting: who holds the host's lock
 * takes the lease of its dead predecessor at once. Elsewhere the lease ends after RUN_LOCK_LEASE_MS. */
#ifndef REKINDLE_LOADER_RUN_LOCK_H
#define REKINDLE_LOADER_RUN_LOCK_H

#include "common/config.h"
#include "common/error.h"
#include "loader/sink/redis_control.h"

#include <stdint.h>

enum { RUN_LOCK_LEASE_MS = 30000, RUN_LOCK_RENEW_US = 5000000, RUN_LOCK_TIMEOUT_MS = 1500 };

#define RUN_LOCK_LEASE_KEY "rekindle:lease"

struct run_lock {
    int descriptor;                /* of the host's lock; -1: not held */
    struct redis_control *control; /* NULL: no lease */
    char owner[LEASE_OWNER_SIZE];
    int64_t renewed_us; /* when the lease was last taken */
    int64_t tried_us;   /* when that was last tried */
};

/* Holds nothing yet: what run_lock_release may be given. */
void run_lock_init(struct run_lock *lock);

/* Locks the target, address and database, on this host; needs no connection, so that a second run is refused also while
 * Redis hangs. ERROR_LOCKED when another run has it. */
int run_lock_take_host(struct run_lock *lock, const struct redis_config *redis,
                       struct error *err) MUST_CHECK;

/* Takes the lease in the target itself, after the host's lock. ERROR_LOCKED names who has it. */
int run_lock_take_lease(struct run_lock *lock, const struct redis_config *redis, int64_t now_us,
                        struct error *err) MUST_CHECK;

/* Renews the lease when it is time; cheap otherwise. ERROR_LOCKED when another took it meanwhile. A Redis that does
 * not answer is an error only when the lease has run out over it: the sink has its own say on that. */
int run_lock_renew(struct run_lock *lock, int64_t now_us, struct error *err) MUST_CHECK;

/* Gives back what is held. */
void run_lock_release(struct run_lock *lock);
/* The same without a word to Redis, which hangs: the lease ends by itself, and this host may take it at once. */
void run_lock_abandon(struct run_lock *lock);

#endif
