/* write_mode.h - `--mode`: what becomes of keys that exist already, in words.
 * Room: loader/warm. May touch: the file `mode` of a run's folder (remember and recall); else pure. */
#ifndef REKINDLE_LOADER_WRITE_MODE_H
#define REKINDLE_LOADER_WRITE_MODE_H

#include "common/config.h"
#include "loader/sink/sink.h"

/* `nx` (also for NULL), `if-newer` or `overwrite`; else ERROR_USAGE. With if-newer each family that `is_family_needed`
 * [config->family_count] says needs `version_in_value`: else ERROR_INPUT. */
int write_mode_parse(const char *text, const struct config *config, const bool *is_family_needed,
                     enum sink_mode *mode, struct error *err) MUST_CHECK;

/* What a person should know before a run in this mode; NULL for nx. */
const char *write_mode_warning(enum sink_mode mode);

struct run_folder;

/* Writes down that a run replaces what it finds, before it does; nothing for nx. */
int write_mode_remember(const struct run_folder *folder, enum sink_mode mode,
                        struct error *err) MUST_CHECK;
/* Whether a session of the run has replaced values, and how: SINK_NX when none has. ERROR_INPUT for a damaged file. */
int write_mode_recall(const struct run_folder *folder, enum sink_mode *mode,
                      struct error *err) MUST_CHECK;

#endif
