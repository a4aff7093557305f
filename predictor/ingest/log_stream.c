/* log_stream.c - see log_stream.h.
 * Room: predictor/ingest. May touch: files, stdin, a temporary file in TMPDIR. */
#include "predictor/ingest/log_stream.h"

#include "common/file_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PACKED_BUFFER_SIZE = 256 << 10, GZIP_WINDOW = 15 + 16, MAGIC_SIZE = 4 };

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct log_stream {
    const char *name;
    int descriptor;
    enum packing packing;
    bool is_at_end;    /* of the packed bytes */
    bool is_in_member; /* of gzip, or in a frame of zstd: the end may not come here */
    unsigned char *packed;
    size_t packed_at, packed_end; /* what of `packed` is not unpacked yet */
    uint64_t packed_done, packed_size;
    z_stream gzip;
    bool has_gzip; /* inflateInit2 was called */
    ZSTD_DStream *zstd;
};

/* ---- the packed bytes */

static int fill(struct log_stream *stream, struct error *err)
{
    size_t kept = stream->packed_end - stream->packed_at;
    memmove(stream->packed, stream->packed + stream->packed_at, kept);
    stream->packed_at = 0;
    stream->packed_end = kept;
    ssize_t got;
    do {
        got = read(stream->descriptor, stream->packed + kept, PACKED_BUFFER_SIZE - kept);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", stream->name);
    }
    stream->is_at_end = got == 0;
    stream->packed_end += (size_t)got;
    stream->packed_done += (uint64_t)got;
    return 0;
}

static enum packing packing_of(const unsigned char *first, size_t size)
{
    static const unsigned char gzip_magic[] = {0x1F, 0x8B}, zstd_magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    static const unsigned char skippable_magic[] = {0x2A, 0x4D, 0x18}; /* after 0x50 to 0x5F */
    if (size >= sizeof gzip_magic && memcmp(first, gzip_magic, sizeof gzip_magic) == 0) {
        return PACKING_GZIP;
    }
    bool is_skippable = size >= MAGIC_SIZE && (first[0] & 0xF0) == 0x50 &&
                        memcmp(first + 1, skippable_magic, sizeof skippable_magic) == 0;
    if (is_skippable ||
        (size >= sizeof zstd_magic && memcmp(first, zstd_magic, sizeof zstd_magic) == 0)) {
        return PACKING_ZSTD;
    }
    return PACKING_NONE;
}

static int sniff(struct log_stream *stream, struct error *err)
{
    while (!stream->is_at_end && stream->packed_end - stream->packed_at < MAGIC_SIZE) {
        if (fill(stream, err) != 0) {
            return -1;
        }
    }
    stream->packing =
        packing_of(stream->packed + stream->packed_at, stream->packed_end - stream->packed_at);
    if (stream->packing == PACKING_GZIP) {
        stream->has_gzip = inflateInit2(&stream->gzip, GZIP_WINDOW) == Z_OK;
        return stream->has_gzip ? 0 : error_set_memory(err, "unpacking a log");
    }
    if (stream->packing == PACKING_ZSTD) {
        stream->zstd = ZSTD_createDStream();
        return stream->zstd != NULL ? 0 : error_set_memory(err, "unpacking a log");
    }
    return 0;
}

/* ---- opening */

/* Copies what can be read only once to an unlinked file. */
static int spool(struct log_stream *stream, struct error *err)
{
    enum { PATH_MAX_SIZE = 4096 };
    const char *folder = getenv("TMPDIR");
    char path[PATH_MAX_SIZE];
    snprintf(path, sizeof path, "%s/rekindle-spool-XXXXXX", folder == NULL ? "/tmp" : folder);
    int copy = mkstemp(path);
    if (copy < 0) {
        return error_set_errno(err, ERROR_RESOURCE, errno,
                               "cannot copy %s aside to %s; TMPDIR says where", stream->name, path);
    }
    unlink(path);
    while (!stream->is_at_end) {
        stream->packed_at = stream->packed_end = 0;
        if (fill(stream, err) != 0 ||
            file_write_all(copy, stream->packed, stream->packed_end, path, err) != 0) {
            close(copy);
            return -1;
        }
    }
    if (stream->descriptor != STDIN_FILENO) {
        close(stream->descriptor);
    }
    stream->descriptor = copy;
    return log_stream_rewind(stream, err);
}

static int open_descriptor(struct log_stream *stream, const char *path, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    stream->name = is_stdin ? "(stdin)" : path;
    stream->descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (stream->descriptor < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot open %s", path);
    }
    struct stat status;
    if (fstat(stream->descriptor, &status) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot look at %s", stream->name);
    }
    if (S_ISDIR(status.st_mode)) {
        return error_set(err, ERROR_INPUT, "%s is a folder; name the logs in it", path);
    }
    if (is_stdin || !S_ISREG(status.st_mode)) {
        if (spool(stream, err) != 0) {
            return -1;
        }
        if (fstat(stream->descriptor, &status) != 0) {
            return error_set_errno(err, ERROR_INPUT, errno, "cannot look at %s", stream->name);
        }
    }
    stream->packed_size = (uint64_t)status.st_size;
    return 0;
}

struct log_stream *log_stream_open(const char *path, struct error *err)
{
    struct log_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        error_set_memory(err, "opening a log");
        return NULL;
    }
    stream->descriptor = -1;
    stream->packed = malloc(PACKED_BUFFER_SIZE);
    if (stream->packed == NULL) {
        error_set_memory(err, "opening a log");
    } else if (open_descriptor(stream, path, err) == 0) {
        return stream;
    }
    log_stream_close(stream);
    return NULL;
}

static void forget_packing(struct log_stream *stream)
{
    if (stream->has_gzip) {
        inflateEnd(&stream->gzip);
    }
    memset(&stream->gzip, 0, sizeof stream->gzip);
    ZSTD_freeDStream(stream->zstd);
    stream->zstd = NULL;
    stream->has_gzip = false;
    stream->packing = PACKING_UNKNOWN;
}

int log_stream_rewind(struct log_stream *stream, struct error *err)
{
    if (lseek(stream->descriptor, 0, SEEK_SET) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s again", stream->name);
    }
    forget_packing(stream);
    stream->is_at_end = stream->is_in_member = false;
    stream->packed_at = stream->packed_end = 0;
    stream->packed_done = 0;
    return 0;
}

void log_stream_close(struct log_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    forget_packing(stream);
    if (stream->descriptor > STDIN_FILENO) {
        close(stream->descriptor);
    }
    free(stream->packed);
    free(stream);
}

/* ---- unpacking: each step takes what it can and says how much it gave */

static int read_plain(struct log_stream *stream, char *bytes, size_t size, size_t *got,
                      struct error *err)
{
    size_t ready = stream->packed_end - stream->packed_at;
    if (ready > 0) { /* what sniffing has read */
        *got = ready < size ? ready : size;
        memcpy(bytes, stream->packed + stream->packed_at, *got);
        stream->packed_at += *got;
        return 0;
    }
    ssize_t count;
    do {
        count = read(stream->descriptor, bytes, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", stream->name);
    }
    *got = (size_t)count;
    stream->packed_done += *got;
    stream->is_at_end = count == 0;
    return 0;
}

/* Between members there may be another member, padding of zeros, or the end; nothing else. */
static int begin_member(struct log_stream *stream, struct error *err)
{
    while (stream->packed_at < stream->packed_end && stream->packed[stream->packed_at] == 0) {
        stream->packed_at++;
    }
    if (stream->packed_at == stream->packed_end) {
        return 0;
    }
    stream->is_in_member = true;
    return inflateReset(&stream->gzip) == Z_OK ? 0 : error_set_memory(err, "unpacking a log");
}

static int read_gzip(struct log_stream *stream, char *bytes, size_t size, size_t *got,
                     struct error *err)
{
    if (!stream->is_in_member && begin_member(stream, err) != 0) {
        return -1;
    }
    if (!stream->is_in_member) {
        return 0;
    }
    stream->gzip.next_in = stream->packed + stream->packed_at;
    stream->gzip.avail_in = (uInt)(stream->packed_end - stream->packed_at);
    stream->gzip.next_out = (unsigned char *)bytes;
    stream->gzip.avail_out = (uInt)size;
    int verdict = inflate(&stream->gzip, Z_NO_FLUSH);
    stream->packed_at = stream->packed_end - stream->gzip.avail_in;
    *got = size - stream->gzip.avail_out;
    if (verdict == Z_STREAM_END) {
        stream->is_in_member = false;
        return 0;
    }
    if (verdict == Z_MEM_ERROR) {
        return error_set_memory(err, "unpacking a log");
    }
    if (verdict != Z_OK && verdict != Z_BUF_ERROR) {
        uint64_t place = stream->packed_done - stream->packed_end + stream->packed_at;
        return error_set(err, ERROR_INPUT, "%s is damaged: gzip says '%s' near packed byte %llu",
                         stream->name, stream->gzip.msg == NULL ? "bad data" : stream->gzip.msg,
                         (unsigned long long)place);
    }
    return 0;
}

static int read_zstd(struct log_stream *stream, char *bytes, size_t size, size_t *got,
                     struct error *err)
{
    ZSTD_inBuffer in = {
        .src = stream->packed, .size = stream->packed_end, .pos = stream->packed_at};
    ZSTD_outBuffer out = {.dst = bytes, .size = size, .pos = 0};
    size_t verdict = ZSTD_decompressStream(stream->zstd, &out, &in);
    if (ZSTD_isError(verdict)) {
        return error_set(err, ERROR_INPUT,
                         "%s is damaged: zstd says '%s' (a window above 128 MiB needs zstd -d "
                         "--long=31 before)",
                         stream->name, ZSTD_getErrorName(verdict));
    }
    bool has_moved = in.pos > stream->packed_at || out.pos > 0;
    if (has_moved) {
        stream->is_in_member = verdict != 0;
    }
    stream->packed_at = in.pos;
    *got = out.pos;
    return 0;
}

static int read_step(struct log_stream *stream, char *bytes, size_t size, size_t *got,
                     struct error *err)
{
    switch (stream->packing) {
    case PACKING_GZIP:
        return read_gzip(stream, bytes, size, got, err);
    case PACKING_ZSTD:
        return read_zstd(stream, bytes, size, got, err);
    case PACKING_UNKNOWN:
    case PACKING_NONE:
        break;
    }
    return read_plain(stream, bytes, size, got, err);
}

static int fail_truncated(const struct log_stream *stream, struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "%s ends in the middle of a %s: it was cut short, or is still being written",
                     stream->name, stream->packing == PACKING_GZIP ? "gzip member" : "zstd frame");
}

int log_stream_read(struct log_stream *stream, char *bytes, size_t size, size_t *got,
                    struct error *err)
{
    *got = 0;
    if (stream->packing == PACKING_UNKNOWN && sniff(stream, err) != 0) {
        return -1;
    }
    for (;;) {
        if (read_step(stream, bytes, size, got, err) != 0) {
            return -1;
        }
        bool is_packed_out = stream->packed_at == stream->packed_end;
        if (*got > 0 || (stream->is_at_end && is_packed_out)) {
            break;
        }
        if (is_packed_out && stream->packing != PACKING_NONE && fill(stream, err) != 0) {
            return -1;
        }
    }
    return *got == 0 && stream->is_in_member ? fail_truncated(stream, err) : 0;
}

const char *log_stream_name(const struct log_stream *stream)
{
    return stream->name;
}

uint64_t log_stream_packed_done(const struct log_stream *stream)
{
    return stream->packed_done;
}

uint64_t log_stream_packed_size(const struct log_stream *stream)
{
    return stream->packed_size;
}
