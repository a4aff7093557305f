/* file_io.h - files that are whole or absent, private by default, and locks.
 * Room: common. May touch: files. */
#ifndef REKINDLE_COMMON_FILE_IO_H
#define REKINDLE_COMMON_FILE_IO_H

#include "common/error.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A file that becomes visible under `path` by one rename, or not at all. Mode 0600. A device or a pipe (/dev/null,
 * /dev/stdout) cannot be renamed over: it is written to in place. */
struct file_draft;

/* Opens PATH.tmp-PID in the same folder; "-" is stdout. Free with commit or abandon. */
struct file_draft *file_draft_open(const char *path, struct error *err) MUST_CHECK;
/* The stream to write to; errors may be ignored while writing: commit asks ferror(). */
FILE *file_draft_stream(struct file_draft *draft);
/* Whether it goes to stdout, a device or a pipe, beside which no other file can lie. */
bool file_draft_is_in_place(const struct file_draft *draft);
/* Brings to disk what was written so far, so that a commit right after it fails only where renaming does. */
int file_draft_sync(struct file_draft *draft, struct error *err) MUST_CHECK;
/* ferror, fflush, fsync, rename, fsync of the folder; frees the draft also when it fails. ENOSPC is ERROR_RESOURCE. */
int file_draft_commit(struct file_draft *draft, struct error *err) MUST_CHECK;
/* Removes the draft and frees it; NULL is fine. */
void file_draft_abandon(struct file_draft *draft);

/* Reads a whole file of at most `size_max` bytes; `*text` is terminated and the caller's to free(). */
int file_read_whole(const char *path, size_t size_max, char **text, size_t *size,
                    struct error *err) MUST_CHECK;
/* Makes `path` a folder with mode 0700 where there is none, parents too. */
int file_make_folder(const char *path, struct error *err) MUST_CHECK;
/* fsync of a folder, so that a rename in it survives a crash of the machine. */
int file_sync_folder(const char *path, struct error *err) MUST_CHECK;
/* A password file: refused (ERROR_INPUT) when group or others may read it; the final newline is cut off. */
int file_read_secret(const char *path, char **secret, struct error *err) MUST_CHECK;

/* An exclusive lock on `path` (made when absent) until the descriptor is closed; the kernel lifts it when the
 * process dies. ERROR_LOCKED names the holder's pid when the file tells it. Returns the descriptor or -1. */
int file_lock(const char *path, struct error *err) MUST_CHECK;
void file_unlock(int descriptor);

/* writes all of `bytes`, retrying short writes and EINTR. */
int file_write_all(int descriptor, const void *bytes, size_t size, const char *path,
                   struct error *err) MUST_CHECK;

#endif
