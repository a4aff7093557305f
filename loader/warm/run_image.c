/* run_image.c - see run_image.h.
 * Room: loader/warm. May touch: [run] image, a folder. */
#include "loader/warm/run_image.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/civil_time.h"
#include "common/file_io.h"
#include "common/message.h"
#include "common/units.h"
#include "loader/load_options.h"
#include "loader/source/image_reader.h"
#include "loader/source/image_writer.h"
#include "loader/warm/family_digest.h"

#define IMAGE_ENDING ".image"

enum {
    IDENTITY_SIZE = 2048,
    LEFT_ON_DISK = 256 << 20 /* bytes that an image never takes: the journal may need them */
};

int run_image_path(const struct config *config, const char *run, char path[RUN_PATH_SIZE])
{
    int size = snprintf(path, RUN_PATH_SIZE, "%s/%s" IMAGE_ENDING, config->image_dir, run);
    return size < RUN_PATH_SIZE ? 0 : -1;
}

/* ---- what is too old */

static bool is_image_name(const char *name)
{
    const char *ending = strstr(name, IMAGE_ENDING);
    return ending != NULL &&
           (strcmp(ending, IMAGE_ENDING) == 0 || strcmp(ending, IMAGE_ENDING ".part") == 0);
}

/* A damaged one counts from when it was written to last; files of others may have such a name, too. */
static int64_t begun_unix(const char *path)
{
    int64_t begun;
    struct stat status;
    struct error ignored = {0};
    if (image_reader_ask_begun(path, &begun, &ignored) == 0) {
        return begun;
    }
    return image_reader_is_image(path) && stat(path, &status) == 0 ? (int64_t)status.st_mtim.tv_sec
                                                                   : INT64_MAX;
}

void run_image_sweep(const struct config *config, int64_t now_unix, const struct message *message)
{
    DIR *folder = config->image_dir == NULL ? NULL : opendir(config->image_dir);
    if (folder == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[RUN_PATH_SIZE];
        int size = snprintf(path, sizeof path, "%s/%s", config->image_dir, entry->d_name);
        if (size < (int)sizeof path && is_image_name(entry->d_name) &&
            begun_unix(path) < now_unix - config->image_max_age_second && unlink(path) == 0) {
            message_note(message, "deleted %s: older than [run] image_max_age", path);
        }
    }
    closedir(folder);
}

/* ---- opening */

static const char *text_of(const char *text)
{
    return text == NULL ? "" : text;
}

/* What an image's values were made from, by the whole config: whatever plan and cache they were for. */
static int print_identity(const struct config *config, char *identity)
{
    char families[FAMILY_DIGEST_SIZE];
    const struct mysql_config *mysql = &config->mysql;
    family_digest_print(config, NULL, families);
    return snprintf(identity, IDENTITY_SIZE, "%s\n%s\n%s\n%" PRId64 "\n%s\n%s\n%s\n%s\n%s",
                    families, text_of(mysql->option_file), text_of(mysql->host), mysql->port,
                    text_of(mysql->socket), text_of(mysql->database), text_of(config->sqlite_file),
                    text_of(config->http.url), text_of(config->http.version));
}

static void open_reader(struct run_image *image, const char *path, const char *identity)
{
    struct error err = {0};
    const struct load_job *job = image->job;
    char time[CIVIL_TEXT_SIZE];
    if (job->options->is_recheck_off) {
        message_warn(job->message,
                     "the image is not used with --no-recheck: its values may be stale");
        return;
    }
    image->reader = image_reader_open(path, job->config->run_dir, identity, &err);
    if (image->reader == NULL) {
        message_warn(job->message, "%s; the image is not used, values come from the source",
                     err.text);
        return;
    }
    message_note(job->message,
                 "%" PRIu64 " values come from the image begun at %s; each is compared with the "
                 "source after it was written",
                 image_reader_count(image->reader),
                 civil_print_rfc3339(time, image_reader_begun_unix(image->reader), NULL));
}

static void give_up(struct run_image *image, const char *why)
{
    message_warn(image->job->message, "no image of this run is kept: %s", why);
    if (image->writer != NULL) {
        image_writer_discard(image->writer);
        image_writer_close(image->writer);
        image->writer = NULL;
    }
}

static void open_image_writer(struct run_image *image, const char *identity, bool is_resumed)
{
    struct error err = {0};
    const struct image_options options = {.path = image->path,
                                          .identity = identity,
                                          .now_unix = (int64_t)time(NULL),
                                          .is_resumed = is_resumed};
    if (file_make_folder(image->job->config->image_dir, &err) != 0 ||
        (image->writer = image_writer_open(&options, &err)) == NULL) {
        give_up(image, err.text);
    }
}

void run_image_open(struct run_image *image, const struct load_job *job,
                    const struct run_folder *folder, bool is_resumed)
{
    const struct config *config = job->config;
    const char *other = job->options->image;
    char identity[IDENTITY_SIZE];
    *image = (struct run_image){.job = job};
    if (config->image_dir == NULL && other == NULL) {
        return;
    }
    run_image_sweep(config, (int64_t)time(NULL), job->message);
    if (print_identity(config, identity) >= (int)sizeof identity) {
        give_up(image, "the names of the source are too long");
    } else if (other != NULL) {
        open_reader(image, other, identity);
    } else if (run_image_path(config, folder->name, image->path) != 0) {
        give_up(image, "its path is too long");
    } else {
        if (access(image->path, F_OK) == 0) {
            open_reader(image, image->path, identity);
        }
        open_image_writer(image, identity, is_resumed);
    }
}

/* ---- values */

static bool is_disk_full(const char *folder)
{
    struct statvfs status;
    return statvfs(folder, &status) == 0 &&
           (uint64_t)status.f_bavail * status.f_frsize < LEFT_ON_DISK;
}

static int add_row(struct run_image *image, const struct load_window *window,
                   const struct window_row *row, struct error *err)
{
    const struct family *family = &image->job->config->families[row->family_index];
    if (row->settled.rank != row->rank || row->settled.outcome != OUTCOME_WARMED ||
        family->source == SOURCE_FILE) {
        return 0;
    }
    const struct record *record = load_window_record(window, row);
    const struct image_record value = {.kind = record->kind,
                                       .family = slice_of(family->name),
                                       .id = row->id,
                                       .version = record->version,
                                       .value = record->value};
    return image_writer_add(image->writer, &value, err);
}

void run_image_take(struct run_image *image, const struct load_window *window)
{
    struct error err = {0};
    int result = 0;
    if (image->writer == NULL) {
        return;
    }
    if (is_disk_full(image->job->config->image_dir)) {
        give_up(image, "its disk has less than 256 MiB left");
        return;
    }
    for (size_t i = 0; i < window->count && result == 0; i++) {
        result = add_row(image, window, &window->rows[i], &err);
    }
    if (result != 0 || image_writer_flush(image->writer, &err) != 0) {
        give_up(image, err.text);
    }
}

/* ---- the end */

static void commit(struct run_image *image)
{
    struct error err = {0};
    const struct load_job *job = image->job;
    char bytes[UNITS_TEXT_SIZE], duration[UNITS_TEXT_SIZE];
    if (image_writer_count(image->writer) == 0) {
        image_writer_discard(image->writer);
    } else if (image_writer_commit(image->writer, &err) != 0) {
        give_up(image, err.text);
    } else {
        message_note(job->message, "image: %" PRIu64 " values, %s, kept for %s: %s",
                     image_writer_count(image->writer),
                     units_print_bytes(bytes, image_writer_size(image->writer)),
                     units_print_duration(duration, (double)job->config->image_max_age_second),
                     image->path);
    }
}

void run_image_finish(struct run_image *image, bool is_whole)
{
    if (image->reader != NULL && image_reader_trouble(image->reader) != NULL) {
        message_warn(image->job->message, "%s; from there on values came from the source",
                     image_reader_trouble(image->reader));
    }
    if (image->writer != NULL && is_whole) {
        commit(image);
    }
}

void run_image_close(struct run_image *image)
{
    image_reader_close(image->reader);
    image_writer_close(image->writer);
    image->reader = NULL;
    image->writer = NULL;
}
