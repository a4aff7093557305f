/* redis_script.h - the Lua scripts that Redis runs for a load, each an atomic compare-and-act.
 * Room: loader/sink. May touch: nothing. */
#ifndef REKINDLE_LOADER_REDIS_SCRIPT_H
#define REKINDLE_LOADER_REDIS_SCRIPT_H

#include "common/slice.h"
#include "loader/sink/redis_link.h"

#include <stddef.h>

enum redis_script {
    /* ARGV: expiry in Unix seconds, version field, value. 1: written, 0: what is there is not older. */
    REDIS_SCRIPT_REPLACE_STRING,
    /* ARGV: expiry in Unix seconds, version field (empty: whatever is there), then names and values. The same answers. */
    REDIS_SCRIPT_REPLACE_HASH,
    /* ARGV: expiry in Unix seconds, then names and values. 1: written, 0: the key existed. */
    REDIS_SCRIPT_ADD_HASH,
    /* ARGV: expiry in Unix milliseconds, value. 1: removed, 0: not ours, -1: no such key. */
    REDIS_SCRIPT_REMOVE_STRING,
    /* ARGV: expiry in Unix milliseconds, then names and values. The same answers. */
    REDIS_SCRIPT_REMOVE_HASH,
    /* No ARGV. The names of the commands that the user may not run in a script, as a text with ", " between; the key
     * must be one that nobody uses: it is made and removed again. */
    REDIS_SCRIPT_RIGHTS,
    REDIS_SCRIPT_COUNT
};

enum { REDIS_SHA1_TEXT_SIZE = 41 };

/* The names under which Redis remembers the scripts: SHA-1 of the text, in hex. */
struct redis_script_names {
    char sha1[REDIS_SCRIPT_COUNT][REDIS_SHA1_TEXT_SIZE];
};

void redis_script_names_init(struct redis_script_names *names);

/* Begins a call of `script` on `key`; the caller writes exactly `argument_count` arguments after it.
 * EVALSHA, or EVAL with the text when this connection has not sent it yet: that also makes Redis remember it,
 * so a user needs neither SCRIPT LOAD nor a round trip. */
void redis_script_begin(const struct redis_script_names *names, enum redis_script script,
                        struct redis_link *link, struct slice key, size_t argument_count);

#endif
