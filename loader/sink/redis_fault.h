/* redis_fault.h - what an error reply of Redis means for a load, from its first word.
 * Room: loader/sink. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_REDIS_FAULT_H
#define REKINDLE_LOADER_REDIS_FAULT_H

#include "common/error.h"

#include <stddef.h>

enum redis_fault {
    REDIS_FAULT_KEY,    /* only this command failed */
    REDIS_FAULT_WAIT,   /* the server cannot now: try again in a while */
    REDIS_FAULT_ROLE,   /* it is no master any more: connect again, where the master is then */
    REDIS_FAULT_SCRIPT, /* the server does not know the script: send its text */
    REDIS_FAULT_MEMORY, /* no memory left: stop */
    REDIS_FAULT_STOP,   /* no command will succeed until somebody changes something: stop */
    REDIS_FAULT_MOVED,  /* a cluster: another node has the key */
    REDIS_FAULT_ASK,    /* a cluster: another node may have it, this once */
};

/* Judges `text`, an error reply without its `-`. */
enum redis_fault redis_fault_judge(const char *text);

/* How many bytes of `text` may be shown. A server that does not know a command repeats what came with it: passwords of
 * AUTH, values of SET. */
size_t redis_fault_shown_size(const char *text);

/* Fills `err` for a reply that stops the load: who answered (`name`), Redis' words, what to do. Returns -1. */
int redis_fault_explain(const char *name, const char *text, struct error *err);

#endif
