/* log_stream.h - the bytes of a log, whatever it is packed in: plain, gzip or zstd, told by its first bytes.
 * Room: predictor/ingest. May touch: files, stdin, a temporary file in TMPDIR.
 * Promises: a packed log that ends in the middle is an error, never a short log. One thread.
 *
 * Standard input, pipes and sockets are first copied (as they are packed) to an unlinked file in TMPDIR, because
 * a log that was seen before is known only after reading it, and then has to be read again. */
#ifndef REKINDLE_PREDICTOR_LOG_STREAM_H
#define REKINDLE_PREDICTOR_LOG_STREAM_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct log_stream;

/* "-" is stdin. `path` is borrowed for messages. */
struct log_stream *log_stream_open(const char *path, struct error *err) MUST_CHECK;
void log_stream_close(struct log_stream *stream);

/* Up to `size` unpacked bytes; `*got` 0 is the end. ERROR_INPUT for what cannot be read or unpacked. */
int log_stream_read(struct log_stream *stream, char *bytes, size_t size, size_t *got,
                    struct error *err) MUST_CHECK;
/* Back to the first byte. */
int log_stream_rewind(struct log_stream *stream, struct error *err) MUST_CHECK;

/* What messages call it: the path, or "(stdin)". */
const char *log_stream_name(const struct log_stream *stream);
/* Packed bytes read so far, and in all (as of opening), for progress. */
uint64_t log_stream_packed_done(const struct log_stream *stream);
uint64_t log_stream_packed_size(const struct log_stream *stream);

#endif
