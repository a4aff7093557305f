/* run_lock.c - see run_lock.h.
 * Room: loader/live. May touch: the lock folder of the host, the lease key of the target. */
#include "loader/live/run_lock.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/file_io.h"
#include "common/monotonic.h"
#include "loader/live/run_switch.h"

enum { HOST_NAME_SIZE = 64, BOOT_ID_SIZE = 64, MODE_OTHERS = 0077 };

void run_lock_init(struct run_lock *lock)
{
    *lock = (struct run_lock){.descriptor = -1};
}

/* A folder in /tmp has a name that anyone could take first: it must be a folder, ours, and closed to others. */
static int check_is_private(const char *folder, struct error *err)
{
    struct stat status;
    if (lstat(folder, &status) != 0) {
        return error_set_errno(err, ERROR_BACKEND, errno, "cannot use the lock folder %s", folder);
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
        (status.st_mode & MODE_OTHERS) != 0) {
        return error_set(err, ERROR_BACKEND,
                         "the lock folder %s must be a folder of this user with mode 0700; remove "
                         "it, or set XDG_RUNTIME_DIR",
                         folder);
    }
    return 0;
}

/* The kernel's boot id changes with every boot; device and inode are those of the lock file: equal owners are exactly
 * those who would have to wait for each other at that file. */
static void name_owner(struct run_lock *lock)
{
    char host[HOST_NAME_SIZE] = "", boot_id[BOOT_ID_SIZE] = "";
    struct stat status = {0};
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file != NULL) {
        size_t size = fread(boot_id, 1, sizeof boot_id - 1, file);
        boot_id[size] = '\0';
        fclose(file);
    }
    if (gethostname(host, sizeof host - 1) != 0) {
        snprintf(host, sizeof host, "unknown-host");
    }
    XXH64_hash_t place = 0;
    if (fstat(lock->descriptor, &status) == 0) {
        uint64_t numbers[2] = {(uint64_t)status.st_dev, (uint64_t)status.st_ino};
        place = XXH3_64bits(numbers, sizeof numbers);
    }
    place = XXH3_64bits_withSeed(boot_id, strlen(boot_id), place);
    snprintf(lock->owner, sizeof lock->owner, "%s/uid%lu/%016" PRIx64, host,
             (unsigned long)geteuid(), (uint64_t)place);
}

int run_lock_take_host(struct run_lock *lock, const struct redis_config *redis, struct error *err)
{
    char folder[PATH_MAX / 2], path[PATH_MAX], target[PATH_MAX];
    const char *base = getenv("XDG_RUNTIME_DIR");
    if (redis->sentinel != NULL) {
        snprintf(target, sizeof target, "redis %s of the Sentinels %s, database %" PRId64,
                 redis->master == NULL ? "" : redis->master, redis->sentinel, redis->database);
    } else {
        snprintf(target, sizeof target, "redis at %s, database %" PRId64, redis->address,
                 redis->database);
    }
    snprintf(folder, sizeof folder, "%s/rekindle-%lu",
             base != NULL && base[0] == '/' ? base : "/tmp", (unsigned long)geteuid());
    snprintf(path, sizeof path, "%s/target-%016" PRIx64 ".lock", folder,
             (uint64_t)XXH3_64bits(target, strlen(target)));
    if (file_make_folder(folder, err) != 0 || check_is_private(folder, err) != 0) {
        return -1;
    }
    lock->descriptor = file_lock(path, err);
    if (lock->descriptor < 0) {
        return error_add_context(err, "another run is loading %s", target);
    }
    name_owner(lock);
    return 0;
}

static int take_lease(struct run_lock *lock, const char *what, int64_t now_us, struct error *err)
{
    char holder[LEASE_OWNER_SIZE] = "";
    int taken = redis_control_take_lease(lock->control, RUN_LOCK_LEASE_KEY, lock->owner,
                                         RUN_LOCK_LEASE_MS, holder, err);
    if (taken == 0) {
        return error_set(err, ERROR_LOCKED,
                         "%s: the key " RUN_LOCK_LEASE_KEY
                         " of this Redis is held by %s; wait for that run, or %d s if it is dead",
                         what, holder, RUN_LOCK_LEASE_MS / MS_PER_SECOND);
    }
    lock->tried_us = now_us;
    if (taken < 0) {
        return -1;
    }
    lock->renewed_us = now_us;
    return 0;
}

int run_lock_take_lease(struct run_lock *lock, const struct redis_config *redis, int64_t now_us,
                        struct error *err)
{
    struct redis_config target = *redis;
    target.control = NULL; /* the lease guards the target, wherever the switch keys live */
    if (target.timeout_ms > RUN_LOCK_TIMEOUT_MS) {
        target.timeout_ms = RUN_LOCK_TIMEOUT_MS; /* a stop must not wait for a renewal */
    }
    lock->control = redis_control_open_until(&target, run_switch_abort_flag(), err);
    if (lock->control == NULL) {
        return -1;
    }
    return take_lease(lock, "another run is loading this target", now_us, err);
}

int run_lock_renew(struct run_lock *lock, int64_t now_us, struct error *err)
{
    struct error renewal = {0};
    if (lock->control == NULL || now_us - lock->tried_us < RUN_LOCK_RENEW_US ||
        take_lease(lock, "another run took this target over", now_us, &renewal) == 0) {
        return 0;
    }
    bool has_run_out = now_us - lock->renewed_us >= (int64_t)RUN_LOCK_LEASE_MS * US_PER_MS;
    if (renewal.kind != ERROR_LOCKED && !has_run_out) {
        return 0;
    }
    *err = renewal;
    return -1;
}

void run_lock_release(struct run_lock *lock)
{
    struct error ignored; /* the lease ends by itself where it cannot be given back */
    if (lock->control != NULL) {
        int released =
            redis_control_release_lease(lock->control, RUN_LOCK_LEASE_KEY, lock->owner, &ignored);
        (void)released;
    }
    run_lock_abandon(lock);
}

void run_lock_abandon(struct run_lock *lock)
{
    redis_control_close(lock->control);
    file_unlock(lock->descriptor);
    run_lock_init(lock);
}
