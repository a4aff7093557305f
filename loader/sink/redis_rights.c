/* redis_rights.c - see redis_rights.h.
 * Room: loader/sink. May touch: sockets.
 * What is refused at the top level is named by Redis itself (NOPERM); in a script it is not, so the script tells. */
#include "loader/sink/redis_rights.h"

#include <string.h>

enum { DENIED_SIZE = 200 };

struct rights_job {
    struct redis_store *store;
    char denied[DENIED_SIZE]; /* commands, with commas between */
};

static struct slice rights_key(void *context, size_t index)
{
    (void)context;
    (void)index;
    return slice_of(REDIS_RIGHTS_KEY);
}

static void append_rights(struct rights_job *job, struct redis_link *link)
{
    redis_script_begin(&job->store->scripts, REDIS_SCRIPT_RIGHTS, link, slice_of(REDIS_RIGHTS_KEY),
                       0);
}

/* The first call is EVAL, the second EVALSHA; ASKING, which only a cluster knows, is the last. */
static void rights_append(void *context, size_t index, struct redis_link *link)
{
    enum { EVAL, EVALSHA, WAIT, PING, WAIT_WORDS = 3 };
    switch (index) {
    case EVAL:
    case EVALSHA:
        append_rights(context, link);
        break;
    case WAIT:
        redis_output_command(&link->output, WAIT_WORDS);
        redis_output_text(&link->output, "WAIT");
        redis_output_integer(&link->output, 0);
        redis_output_integer(&link->output, 1);
        break;
    case PING:
        redis_output_command(&link->output, 1);
        redis_output_text(&link->output, "PING");
        break;
    default:
        redis_output_command(&link->output, 1);
        redis_output_text(&link->output, "ASKING");
        break;
    }
}

static void rights_settle(void *context, size_t index, const struct redis_outcome *outcome)
{
    (void)index;
    struct rights_job *job = context;
    bool is_text = outcome->kind == REDIS_REPLIED && outcome->reply->type == REDIS_REPLY_STRING;
    if (is_text && outcome->reply->len > 0 && outcome->reply->len < DENIED_SIZE) {
        memcpy(job->denied, outcome->reply->str, (size_t)outcome->reply->len + 1);
    }
}

int redis_rights_check(struct redis_store *store, struct error *err)
{
    enum { COMMANDS_SINGLE = 4, COMMANDS_CLUSTER = 5 };
    struct rights_job job = {.store = store};
    bool is_single = redis_pipeline_is_single(store->pipeline);
    const struct redis_job commands = {.count = is_single ? COMMANDS_SINGLE : COMMANDS_CLUSTER,
                                       .context = &job,
                                       .key = rights_key,
                                       .append = rights_append,
                                       .settle = rights_settle};
    if (redis_pipeline_run(store->pipeline, &commands, err) != 0) {
        return -1;
    }
    if (job.denied[0] == '\0') {
        return 0;
    }
    return error_set(err, ERROR_BACKEND,
                     "%s: the ACL user may not run %s; the manual has the line that allows what is "
                     "needed",
                     redis_pipeline_name(store->pipeline), job.denied);
}
