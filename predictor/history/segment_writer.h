/* segment_writer.h - writes one segment, key by key in order.
 * Room: predictor/history. May touch: files. Owns: the file until it is closed. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_WRITER_H
#define REKINDLE_PREDICTOR_SEGMENT_WRITER_H

#include "common/error.h"
#include "predictor/history/key_history.h"
#include "predictor/history/segment_format.h"

/* SPILLED: read again by this process only, so it need not survive a crash. */
enum segment_durability { SEGMENT_SPILLED, SEGMENT_DURABLE };

struct segment_writer;

/* Makes `path`, which must not exist or is overwritten. Free with close or abandon. */
struct segment_writer *segment_writer_open(const char *path, uint32_t bucket_second,
                                           struct error *err) MUST_CHECK;
/* Appends a key; keys come in order (entity, id), each once. */
int segment_writer_append(struct segment_writer *writer, const struct key_history *key,
                          struct error *err) MUST_CHECK;
/* Ends the file and syncs it when it is to be durable (the folder is the caller's to sync). Frees the writer
 * also when it fails, and then removes the file. A full disk is ERROR_RESOURCE. */
int segment_writer_close(struct segment_writer *writer, enum segment_durability durability,
                         struct segment_totals *totals, struct error *err) MUST_CHECK;
/* Removes the file and frees the writer; NULL is fine. */
void segment_writer_abandon(struct segment_writer *writer);

#endif
