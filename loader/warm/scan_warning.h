/* scan_warning.h - a query that reads its whole table for each question: told before it hurts, by check and by run.
 * Room: loader/warm. May touch: a source, the message. */
#ifndef REKINDLE_LOADER_SCAN_WARNING_H
#define REKINDLE_LOADER_SCAN_WARNING_H

#include "common/config.h"
#include "common/error.h"
#include "common/message.h"
#include "loader/source/source.h"

/* Asks the database how it would read these ids, and warns when it scans. -1: it could not be asked; nothing is said then.
 * Not while another thread asks the source. */
int scan_warning_tell(const struct family *family, struct source *source, const struct slice ids[],
                      size_t count, const struct message *message, struct error *err) MUST_CHECK;

#endif
