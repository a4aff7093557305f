/* control_file.h - limits of a running run, changed by a file: `control` in the run's folder.
 * Room: loader/folder. May touch: that file, stderr through the message.
 * Promises: read once a second. Lines `key = value`, with the keys and units of [pace], and `connections` and
 * `chunk_rows` of [mysql]; what stands there holds until it is taken out, then the config's value holds again. A line
 * that cannot be understood is said once and passed over. */
#ifndef REKINDLE_LOADER_CONTROL_FILE_H
#define REKINDLE_LOADER_CONTROL_FILE_H

#include "common/config.h"
#include "loader/folder/run_folder.h"

struct message;

enum { CONTROL_FILE_SIZE_MAX = 4096, CONTROL_COMPLAINT_MAX = 8 };

/* What could not be understood, as finished sentences: "line 3: rows: ...". */
struct control_complaints {
    size_t count; /* may be more than is kept */
    struct error lines[CONTROL_COMPLAINT_MAX];
};

/* Puts the values of `text` into `config`; its fields that `text` does not name stay. */
void control_file_parse(const char *text, struct config *config,
                        struct control_complaints *complaints);

struct control_file {
    char path[RUN_PATH_SIZE];
    char text[CONTROL_FILE_SIZE_MAX + 1]; /* as last seen; "" when there is none */
    int64_t looked_us;                    /* 0: never */
    bool is_refused;                      /* it cannot be read, which was said */
};

/* `folder` NULL: there is no file. */
void control_file_init(struct control_file *control, const struct run_folder *folder);

/* At most once a second. True when it says something else than before: then `in_force` is `base` with its changes, what
 * changed was noted to `message`, and what was bad was warned of. */
bool control_file_look(struct control_file *control, const struct config *base,
                       struct config *in_force, const struct message *message, int64_t now_us);

#endif
