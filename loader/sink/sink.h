/* sink.h - where the records go: Redis, or a dry run that changes nothing; the same few calls for both.
 * Room: loader/sink. May touch: the target's sockets.
 * Promises: a value that is already there is not overwritten, unless the mode says so; every item's result is true also when
 * the call fails; a key is reported as written only if it holds our value with our expiry. */
#ifndef REKINDLE_LOADER_SINK_H
#define REKINDLE_LOADER_SINK_H

#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"
#include "loader/source/record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sink_kind { SINK_REDIS, SINK_DRY_RUN };

/* What becomes of a key that exists already. */
enum sink_mode {
    SINK_NX,       /* it is left alone: the default */
    SINK_IF_NEWER, /* it is replaced if both values hold the item's version field, and ours is higher */
    SINK_OVERWRITE, /* it is replaced, and nothing can bring back what it held */
};

enum sink_result {
    SINK_NOT_SENT, /* must be this before a call; afterwards: the key was not touched */
    SINK_UNSURE, /* sent, and the answer never came: may or may not be there. Only after a failed call */
    SINK_DONE,    /* write: written (also: it is there and it is ours); remove: removed */
    SINK_KEPT,    /* write: the key existed and is not ours; remove: it is gone or no longer ours */
    SINK_REFUSED, /* Redis has no memory for it */
    SINK_FAILED,  /* Redis refused this key; `reason` tells */
};

/* One key to write or to remove. */
struct sink_item {
    struct slice key;
    struct slice value;    /* bytes of a string, or a hash in the layout of record.h */
    enum record_kind kind; /* RECORD_STRING or RECORD_HASH */
    enum sink_mode mode;   /* write: what becomes of a key that exists */
    enum sink_result result;
    int64_t expire_unix; /* second at which it expires: what is written, or must still be true */
    const char
        *version_field; /* SINK_IF_NEWER: of the JSON object, or of the hash, that is the value */
    const char *reason; /* of SINK_FAILED: Redis' words, until the next write or look; else NULL */
};

enum sink_look_content {
    SINK_LOOK_PRESENCE,
    SINK_LOOK_EXPIRY,
    SINK_LOOK_VALUE,
    SINK_LOOK_TOUCH, /* presence, and what is there counts as used just now */
};

enum { SINK_EXPIRY_NONE = -1, SINK_EXPIRY_ABSENT = -2 };

/* One key to look at: presence by EXISTS; or its expiry; or its expiry and its value. */
struct sink_look {
    struct slice key;
    enum record_kind kind; /* what is expected: RECORD_STRING or RECORD_HASH */
    bool is_present;
    bool is_other_kind;     /* it is there and holds another type; `value` is empty */
    int64_t expire_unix_ms; /* SINK_EXPIRY_NONE: never; SINK_EXPIRY_ABSENT: no such key */
    struct slice value;     /* until the next write or look */
};

enum { SINK_NODE_MAX = 128, SINK_NODE_ADDRESS_SIZE = 280 };

/* What a server says of itself. */
struct sink_status {
    char address[SINK_NODE_ADDRESS_SIZE]; /* host:port, or unix:/path */
    char run_id[64];                      /* another one: the server was restarted */
    char version[32];                     /* 7.0.15 */
    char policy[32];                      /* allkeys-lru, noeviction, ... */
    char role[16];                        /* master or slave */
    uint64_t used_bytes;                  /* used_memory */
    uint64_t max_bytes;                   /* maxmemory; 0: no limit */
    uint64_t uncounted_bytes; /* of used_bytes, what maxmemory does not count: replica buffers */
    uint64_t system_bytes;    /* total_system_memory */
    uint64_t evicted_count;   /* since the server's start */
    uint64_t expired_count;
    uint64_t hit_count, miss_count; /* keyspace_hits and _misses since the server's start */
    uint64_t key_count;             /* of the database in use */
    uint64_t replica_count;
    int64_t uptime_second;
    bool is_loading;
};

/* What writing has cost since the sink was opened. */
struct sink_account {
    uint64_t command_count; /* answered */
    uint64_t sent_bytes;
    uint64_t retry_count;     /* commands sent again */
    uint64_t reconnect_count; /* connections lost and made again */
    uint64_t
        restart_count; /* servers that were restarted, or replaced by their replica: keys of theirs that
                             * were written before may be gone */
    uint64_t
        unconfirmed_count; /* sink_secure did not hear from a replica that should have the keys */
    int64_t waited_ms;     /* in back-off: loading, busy, unreachable */
};

struct sink_options {
    enum sink_kind kind;
    const struct redis_config *redis; /* borrowed while the sink is open */
    int64_t
        patience_ms; /* a call fails after this long without any progress; 0: 30 s, with Sentinels 2 min */
    const atomic_int *stop; /* not 0: calls end soon with ERROR_STOPPED; NULL: never */
};

struct sink;

/* Connects, authenticates and checks that the server is Redis 7.0 or later (PEXPIRETIME). */
struct sink *sink_open(const struct sink_options *options, struct error *err) MUST_CHECK;
void sink_close(struct sink *sink);

/* Whether the ACL user may run all commands that a load needs: ERROR_BACKEND names what is lacking. Writes and removes
 * one key of its own. */
int sink_check_rights(struct sink *sink, struct error *err) MUST_CHECK;

/* Writes the items whose result is SINK_NOT_SENT, in array order, each only where the key does not exist,
 * or as its mode says; waits for all answers. An item that may have been written by us before an interruption may be given again:
 * with `is_ours_kept` a key that exists with exactly this value and expiry counts as written.
 * -1: ERROR_BACKEND, ERROR_RESOURCE (no memory in Redis), ERROR_STOPPED; all results are set all the same. */
int sink_write(struct sink *sink, struct sink_item items[], size_t count, bool is_ours_kept,
               struct error *err) MUST_CHECK;

/* Waits a second at most until a replica has what was written to the servers of the items with SINK_DONE, so that a
 * failover keeps it. What no replica has confirmed in time is counted in the account and is no error; a server
 * without replicas has nothing to confirm. */
int sink_secure(struct sink *sink, const struct sink_item items[], size_t count,
                struct error *err) MUST_CHECK;

/* Removes each key if it still has exactly this value and this expiry; compared and removed in one step. */
int sink_remove(struct sink *sink, struct sink_item items[], size_t count,
                struct error *err) MUST_CHECK;

/* Looks at the keys without changing them (nor their idle time, where only presence or expiry is asked). */
int sink_look(struct sink *sink, enum sink_look_content content, struct sink_look looks[],
              size_t count, struct error *err) MUST_CHECK;

/* INFO of the server; in a cluster, of the first master that serves slots. */
int sink_status(struct sink *sink, struct sink_status *status, struct error *err) MUST_CHECK;
/* INFO of every server that keys go to: one, or a cluster's masters with slots, in no particular order but the
 * same from call to call until the cluster changes. */
int sink_node_statuses(struct sink *sink, struct sink_status statuses[SINK_NODE_MAX], size_t *count,
                       struct error *err) MUST_CHECK;
/* The address, as in sink_status, of the server that `key` goes to as far as is known; until the next call. */
const char *sink_node_of(struct sink *sink, struct slice key);
struct sink_account sink_account(const struct sink *sink);
/* `redis at 127.0.0.1:6379, database 0`: for messages and for the identity of the target. */
const char *sink_name(const struct sink *sink);

#endif
