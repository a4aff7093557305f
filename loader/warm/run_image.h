/* run_image.h - the image of a run's values: made while the run settles, used when its keys were lost.
 * Room: loader/warm. May touch: [run] image, a folder.
 * Promises: an image is for speed only: whatever is wrong with one is told and never ends a run. What is read from it is
 * written like any other value, and looked at again in the source, so that nothing stale is left behind. */
#ifndef REKINDLE_LOADER_RUN_IMAGE_H
#define REKINDLE_LOADER_RUN_IMAGE_H

#include "loader/folder/run_folder.h"
#include "loader/load_job.h"
#include "loader/warm/load_window.h"

struct image_reader;
struct image_writer;

/* All zero: there is none. */
struct run_image {
    const struct load_job *job;
    char path[RUN_PATH_SIZE];
    struct image_reader *reader; /* NULL: there is nothing to read */
    struct image_writer *writer; /* NULL: none is made */
};

/* Opens what there is, --image or the run's own, and begins a new one of its own: another's image is left alone.
 * `is_resumed`: this session goes on where another one stopped, and so does its image. Nothing without [run] image. */
void run_image_open(struct run_image *image, const struct load_job *job,
                    const struct run_folder *folder, bool is_resumed);
/* Takes the values of the window's rows that were warmed. */
void run_image_take(struct run_image *image, const struct load_window *window);
/* `is_whole`: the run has ended, so this is the image from now on; else the draft waits for the next session. */
void run_image_finish(struct run_image *image, bool is_whole);
void run_image_close(struct run_image *image);

/* Where the run of this name keeps its image, to `path`; -1 when that is too long. Needs [run] image. */
int run_image_path(const struct config *config, const char *run,
                   char path[RUN_PATH_SIZE]) MUST_CHECK;
/* Deletes what is older than [run] image_max_age. */
void run_image_sweep(const struct config *config, int64_t now_unix, const struct message *message);

#endif
