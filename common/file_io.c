/* file_io.c - see file_io.h.
 * Room: common. May touch: files. */
#include "common/file_io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRIVATE_FILE = 0600, PRIVATE_FOLDER = 0700 };

struct file_draft {
    FILE *stream;
    bool is_in_place; /* stdout, a device or a pipe: nothing to rename */
    char path[PATH_MAX];
    char draft_path[PATH_MAX];
};

/* The folder that holds `path`, "." when the path has none; `folder` is [PATH_MAX]. */
static void folder_of(const char *path, char *folder)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        snprintf(folder, PATH_MAX, ".");
    } else {
        int size = slash == path ? 1 : (int)(slash - path);
        snprintf(folder, PATH_MAX, "%.*s", size, path);
    }
}

/* A rename would put a plain file in the place of a device or a pipe, so those are written to as they are. A folder
 * is opened too, for the kernel's refusal now and not when all is written. */
static bool is_not_plain(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int open_draft_stream(struct file_draft *draft, const char *path, struct error *err)
{
    if (path[0] == '\0') {
        return error_set(err, ERROR_INPUT, "the path of a file to write is empty");
    }
    int size = snprintf(draft->path, sizeof draft->path, "%s", path);
    int draft_size =
        snprintf(draft->draft_path, sizeof draft->draft_path, "%s.tmp-%ld", path, (long)getpid());
    if (size < 0 || draft_size < 0 || (size_t)draft_size >= sizeof draft->draft_path) {
        return error_set(err, ERROR_INPUT, "the path is too long: %.200s...", path);
    }
    draft->is_in_place = is_not_plain(path);
    int flags =
        draft->is_in_place ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    int descriptor = open(draft->is_in_place ? path : draft->draft_path, flags, PRIVATE_FILE);
    draft->stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (draft->stream == NULL) {
        error_set_errno(err, ERROR_INPUT, errno, "cannot write %s", path);
        if (descriptor >= 0) {
            close(descriptor);
        }
        return -1;
    }
    return 0;
}

struct file_draft *file_draft_open(const char *path, struct error *err)
{
    struct file_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        error_set_memory(err, "opening a file for writing");
        return NULL;
    }
    if (strcmp(path, "-") == 0) {
        draft->is_in_place = true;
        draft->stream = stdout;
        snprintf(draft->path, sizeof draft->path, "standard output");
        return draft;
    }
    if (open_draft_stream(draft, path, err) != 0) {
        free(draft);
        return NULL;
    }
    return draft;
}

FILE *file_draft_stream(struct file_draft *draft)
{
    return draft->stream;
}

bool file_draft_is_in_place(const struct file_draft *draft)
{
    return draft->is_in_place;
}

/* Why a write was lost that nobody looked at: whoever writes once more is told. What is appended goes with the draft,
 * which is lost anyway; a device or pipe is left alone. */
static int find_write_errno(const struct file_draft *draft)
{
    static const char block[4096];
    errno = 0;
    if (!draft->is_in_place && write(fileno(draft->stream), block, sizeof block) < 0) {
        return errno;
    }
    return EIO;
}

/* ferror is asked before closing: after lost writes fflush and fclose can both return 0. */
static int flush_stream(const struct file_draft *draft, struct error *err)
{
    errno = 0;
    if (fflush(draft->stream) != 0 || ferror(draft->stream)) {
        int cause = errno == 0 ? find_write_errno(draft) : errno;
        return error_set_errno(err, ERROR_INPUT, cause, "writing %s", draft->path);
    }
    return 0;
}

int file_draft_sync(struct file_draft *draft, struct error *err)
{
    if (flush_stream(draft, err) != 0) {
        return -1;
    }
    if (!draft->is_in_place && fsync(fileno(draft->stream)) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "writing %s to disk", draft->path);
    }
    return 0;
}

static int publish_draft(struct file_draft *draft, struct error *err)
{
    char folder[PATH_MAX];
    if (file_draft_sync(draft, err) != 0) {
        return -1;
    }
    if (draft->is_in_place) {
        return 0;
    }
    if (rename(draft->draft_path, draft->path) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot put %s in place", draft->path);
    }
    folder_of(draft->path, folder);
    return file_sync_folder(folder, err);
}

static void close_draft(struct file_draft *draft)
{
    if (draft->stream != stdout) {
        fclose(draft->stream);
    }
    free(draft);
}

int file_draft_commit(struct file_draft *draft, struct error *err)
{
    if (publish_draft(draft, err) != 0) {
        file_draft_abandon(draft);
        return -1;
    }
    close_draft(draft);
    return 0;
}

void file_draft_abandon(struct file_draft *draft)
{
    if (draft == NULL) {
        return;
    }
    if (!draft->is_in_place) {
        unlink(draft->draft_path);
    }
    close_draft(draft);
}

int file_read_whole(const char *path, size_t size_max, char **text, size_t *size, struct error *err)
{
    int result = -1;
    char *bytes = NULL;
    size_t used = 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
    }
    bytes = malloc(size_max + 2);
    if (bytes == NULL) {
        error_set_memory(err, "reading a file");
        goto done;
    }
    used = fread(bytes, 1, size_max + 1, file);
    if (ferror(file)) {
        error_set_errno(err, ERROR_INPUT, errno, "reading %s", path);
        goto done;
    }
    if (used > size_max) {
        error_set(err, ERROR_INPUT, "%s is larger than the %zu bytes allowed", path, size_max);
        goto done;
    }
    bytes[used] = '\0';
    *text = bytes;
    *size = used;
    bytes = NULL;
    result = 0;
done:
    free(bytes);
    fclose(file);
    return result;
}

static int make_one_folder(const char *path, struct error *err)
{
    struct stat status;
    if (mkdir(path, PRIVATE_FOLDER) == 0) {
        return 0;
    }
    int saved_errno = errno;
    if (saved_errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return 0;
    }
    return error_set_errno(err, ERROR_INPUT, saved_errno == EEXIST ? ENOTDIR : saved_errno,
                           "cannot make the folder %s", path);
}

int file_make_folder(const char *path, struct error *err)
{
    char partial[PATH_MAX];
    int size = snprintf(partial, sizeof partial, "%s", path);
    if (size <= 0 || (size_t)size >= sizeof partial) {
        return error_set(err, ERROR_INPUT, "the folder's path is empty or too long");
    }
    for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (access(partial, F_OK) != 0 && make_one_folder(partial, err) != 0) {
            return -1;
        }
        *slash = '/';
    }
    return make_one_folder(path, err);
}

int file_sync_folder(const char *path, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot open the folder %s", path);
    }
    /* EINVAL: a file system that cannot sync folders; nothing more can be done there. */
    if (fsync(descriptor) != 0 && errno != EINVAL) {
        error_set_errno(err, ERROR_INPUT, errno, "writing the folder %s to disk", path);
        close(descriptor);
        return -1;
    }
    close(descriptor);
    return 0;
}

int file_read_secret(const char *path, char **secret, struct error *err)
{
    enum { SECRET_SIZE_MAX = 4096 };
    struct stat status;
    size_t size;
    if (stat(path, &status) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot read the password file %s", path);
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return error_set(err, ERROR_INPUT,
                         "the password file %s can be read by others (mode %03o); run chmod 600 %s",
                         path, (unsigned)(status.st_mode & 0777), path);
    }
    if (file_read_whole(path, SECRET_SIZE_MAX, secret, &size, err) != 0) {
        return -1;
    }
    (*secret)[strcspn(*secret, "\r\n")] = '\0';
    return 0;
}

/* A holder's pid helps whoever waits; when the file does not tell it, nothing is said. */
static int refuse_lock(int descriptor, const char *path, struct error *err)
{
    char holder[24] = "";
    ssize_t size = pread(descriptor, holder, sizeof holder - 1, 0);
    holder[size > 0 ? strspn(holder, "0123456789") : 0] = '\0';
    return error_set(err, ERROR_LOCKED, "%s is locked by another run%s%s; wait for it or stop it",
                     path, holder[0] == '\0' ? "" : ", process ", holder);
}

int file_lock(const char *path, struct error *err)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, PRIVATE_FILE);
    if (descriptor < 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "cannot open the lock file %s", path);
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            refuse_lock(descriptor, path, err);
        } else {
            error_set_errno(err, ERROR_INPUT, errno, "cannot lock %s", path);
        }
        close(descriptor);
        return -1;
    }
    char holder[24];
    int size = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, holder, (size_t)size, 0) != size) {
        /* The pid is a courtesy; the lock holds without it, on a full disk too. */
        return descriptor;
    }
    return descriptor;
}

void file_unlock(int descriptor)
{
    if (descriptor >= 0) {
        close(descriptor);
    }
}

int file_write_all(int descriptor, const void *bytes, size_t size, const char *path,
                   struct error *err)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(descriptor, at, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return error_set_errno(err, ERROR_INPUT, errno, "writing %s", path);
        }
        at += written;
        size -= (size_t)written;
    }
    return 0;
}
