/* redis_fault.c - see redis_fault.h.
 * Room: loader/sink. May touch: nothing.
 * A new kind of reply is a new row. */
#include "loader/sink/redis_fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fault_rule {
    const char *word; /* the reply's first word, or words */
    enum redis_fault fault;
    const char *advice; /* what a person can do */
};

static const struct fault_rule rules[] = {
    {"OOM", REDIS_FAULT_MEMORY, "raise maxmemory, or load less ([budget] memory)"},
    {"NOPERM", REDIS_FAULT_STOP,
     "the ACL user must be allowed the commands and keys that the manual lists"},
    {"ERR The user executing the script can't", REDIS_FAULT_STOP,
     "the ACL user must be allowed the commands and keys that the manual lists"},
    {"NOAUTH", REDIS_FAULT_STOP, "give [redis] password_file, or REKINDLE_REDIS_PASSWORD"},
    {"WRONGPASS", REDIS_FAULT_STOP, "check [redis] user and the password"},
    {"MISCONF", REDIS_FAULT_STOP,
     "Redis cannot save to its disk and takes no writes: mend that first"},
    {"MOVED", REDIS_FAULT_MOVED, "this node belongs to a cluster: set [redis] cluster = yes"},
    {"ASK", REDIS_FAULT_ASK, "this node belongs to a cluster: set [redis] cluster = yes"},
    {"CROSSSLOT", REDIS_FAULT_STOP, "this node belongs to a cluster: set [redis] cluster = yes"},
    {"LOADING", REDIS_FAULT_WAIT, "wait until it has read its data"},
    {"BUSY", REDIS_FAULT_WAIT, "a script of somebody else blocks it"},
    {"READONLY", REDIS_FAULT_ROLE, "it is a replica: give the address of the primary"},
    {"MASTERDOWN", REDIS_FAULT_WAIT, "its primary is down"},
    {"NOREPLICAS", REDIS_FAULT_WAIT, "it takes writes only with enough replicas"},
    {"TRYAGAIN", REDIS_FAULT_WAIT, "the cluster is moving this slot"},
    {"CLUSTERDOWN", REDIS_FAULT_WAIT, "the cluster is not whole: see CLUSTER INFO"},
    {"NOSCRIPT", REDIS_FAULT_SCRIPT, "somebody removes scripts from it all the time"},
};

static const struct fault_rule *find_rule(const char *text)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        size_t size = strlen(rules[i].word);
        if (strncmp(rules[i].word, text, size) == 0 && (text[size] == ' ' || text[size] == '\0')) {
            return &rules[i];
        }
    }
    return NULL;
}

enum redis_fault redis_fault_judge(const char *text)
{
    const struct fault_rule *rule = find_rule(text);
    return rule == NULL ? REDIS_FAULT_KEY : rule->fault;
}

size_t redis_fault_shown_size(const char *text)
{
    const char *echo = strstr(text, ", with args beginning with");
    return echo == NULL ? strlen(text) : (size_t)(echo - text);
}

int redis_fault_explain(const char *name, const char *text, struct error *err)
{
    const struct fault_rule *rule = find_rule(text);
    bool is_memory = rule != NULL && rule->fault == REDIS_FAULT_MEMORY;
    return error_set(err, is_memory ? ERROR_RESOURCE : ERROR_BACKEND, "%s answers '%.*s'%s%s", name,
                     (int)redis_fault_shown_size(text), text, rule == NULL ? "" : "; ",
                     rule == NULL ? "" : rule->advice);
}
