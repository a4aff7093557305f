/* file_io_test.c - whole or absent, private, locked; and what a full disk does. */
#include "common/file_io.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/rekindle-file-io.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : chdir(folder);
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const leftovers[] = {"a", "lock", "secret"};
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++) {
        unlink(leftovers[i]);
    }
    rmdir("deep/er");
    rmdir("deep");
    return chdir("/") != 0 || rmdir(folder) != 0 ? -1 : 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void a_draft_is_seen_only_after_commit(void **state)
{
    (void)state;
    struct error err;
    char *text;
    size_t size;
    struct stat status;
    write_file("a", "old", 0644);
    struct file_draft *draft = file_draft_open("a", &err);
    assert_non_null(draft);
    fputs("new", file_draft_stream(draft));
    assert_int_equal(file_read_whole("a", 100, &text, &size, &err), 0);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(file_draft_commit(draft, &err), 0);
    assert_int_equal(file_read_whole("a", 100, &text, &size, &err), 0);
    assert_string_equal(text, "new");
    free(text);
    assert_int_equal(stat("a", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void devices_and_pipes_are_written_to_as_they_are(void **state)
{
    (void)state;
    struct error err;
    struct stat status;
    char text[8] = "";
    struct file_draft *draft = file_draft_open("/dev/null", &err);
    assert_non_null(draft);
    assert_true(file_draft_is_in_place(draft));
    fputs("gone", file_draft_stream(draft));
    assert_int_equal(file_draft_commit(draft, &err), 0);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));

    assert_int_equal(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    draft = file_draft_open("pipe", &err);
    assert_non_null(draft);
    fputs("news", file_draft_stream(draft));
    assert_int_equal(file_draft_commit(draft, &err), 0);
    assert_int_equal(read(reader, text, sizeof text), 4);
    assert_string_equal(text, "news");
    draft = file_draft_open("pipe", &err);
    file_draft_abandon(draft);
    assert_int_equal(access("pipe", F_OK), 0);
    close(reader);
    unlink("pipe");

    draft = file_draft_open("/dev/full", &err);
    assert_non_null(draft);
    fputs("lost", file_draft_stream(draft));
    assert_int_equal(file_draft_commit(draft, &err), -1);
    assert_string_equal(err.text, "writing /dev/full: No space left on device");
    assert_int_equal(file_make_folder("deep", &err), 0);
    assert_null(file_draft_open("deep", &err));
    assert_string_equal(err.text, "cannot write deep: Is a directory");
}

static void an_abandoned_draft_leaves_nothing(void **state)
{
    (void)state;
    struct error err;
    struct file_draft *draft = file_draft_open("b", &err);
    assert_non_null(draft);
    fputs("half", file_draft_stream(draft));
    file_draft_abandon(draft);
    file_draft_abandon(NULL);
    assert_int_equal(access("b", F_OK), -1);
}

static void unwritable_places_are_named(void **state)
{
    (void)state;
    struct error err;
    assert_null(file_draft_open("no/such/folder/x", &err));
    assert_string_equal(err.text, "cannot write no/such/folder/x: No such file or directory");
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(file_draft_open("", &err));
    assert_string_equal(err.text, "the path of a file to write is empty");
}

static void lost_writes_are_noticed(void **state)
{
    (void)state;
    struct error err;
    int full = dup(STDOUT_FILENO);
    assert_true(full >= 0);
    fflush(stdout);
    assert_non_null(freopen("/dev/full", "w", stdout));
    struct file_draft *draft = file_draft_open("-", &err);
    fputs("x", file_draft_stream(draft));
    int result = file_draft_commit(draft, &err);
    dup2(full, STDOUT_FILENO);
    close(full);
    clearerr(stdout);
    assert_int_equal(result, -1);
    assert_string_equal(err.text, "writing standard output: No space left on device");
    assert_int_equal(err.kind, ERROR_RESOURCE);
}

/* Many buffers before the commit, whose own flush then has nothing left to fail with. */
static void early_lost_writes_are_told_with_their_cause(void **state)
{
    (void)state;
    enum { LINES = 100000, LIMIT = 8192 };
    struct error err;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {.rlim_cur = LIMIT, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct file_draft *draft = file_draft_open("large", &err);
    assert_non_null(draft);
    for (int i = 0; i < LINES; i++) {
        fputs("a line\n", file_draft_stream(draft));
    }
    assert_int_not_equal(fflush(file_draft_stream(draft)), 0); /* and drops what it held */
    int result = file_draft_commit(draft, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, -1);
    assert_string_equal(err.text, "writing large: File too large");
    assert_int_equal(access("large", F_OK), -1);
}

static void whole_files_have_a_limit(void **state)
{
    (void)state;
    struct error err;
    char *text;
    size_t size;
    write_file("a", "12345", 0600);
    assert_int_equal(file_read_whole("a", 5, &text, &size, &err), 0);
    assert_int_equal(size, 5);
    free(text);
    assert_int_equal(file_read_whole("a", 4, &text, &size, &err), -1);
    assert_string_equal(err.text, "a is larger than the 4 bytes allowed");
    assert_int_equal(file_read_whole("absent", 4, &text, &size, &err), -1);
    assert_string_equal(err.text, "cannot read absent: No such file or directory");
}

static void folders_are_made_and_private(void **state)
{
    (void)state;
    struct error err;
    struct stat status;
    assert_int_equal(file_make_folder("deep/er", &err), 0);
    assert_int_equal(file_make_folder("deep/er", &err), 0);
    assert_int_equal(stat("deep/er", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    write_file("a", "", 0600);
    assert_int_equal(file_make_folder("a/b", &err), -1);
    assert_string_equal(err.text, "cannot make the folder a/b: Not a directory");
}

static void secrets_must_be_private(void **state)
{
    (void)state;
    struct error err;
    char *secret;
    write_file("secret", "s3cret\n", 0644);
    assert_int_equal(file_read_secret("secret", &secret, &err), -1);
    assert_string_equal(err.text, "the password file secret can be read by others (mode 644); run "
                                  "chmod 600 secret");
    chmod("secret", 0600);
    assert_int_equal(file_read_secret("secret", &secret, &err), 0);
    assert_string_equal(secret, "s3cret");
    free(secret);
}

static void a_lock_keeps_others_out_until_its_holder_ends(void **state)
{
    (void)state;
    struct error err;
    int lock = file_lock("lock", &err);
    assert_true(lock >= 0);
    pid_t other = fork();
    if (other == 0) {
        int refused = file_lock("lock", &err) < 0 && err.kind == ERROR_LOCKED &&
                      strstr(err.text, "lock is locked by another run, process ") != NULL;
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
    file_unlock(lock);
    lock = file_lock("lock", &err);
    assert_true(lock >= 0);
    file_unlock(lock);
    file_unlock(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_is_seen_only_after_commit),
        cmocka_unit_test(devices_and_pipes_are_written_to_as_they_are),
        cmocka_unit_test(an_abandoned_draft_leaves_nothing),
        cmocka_unit_test(unwritable_places_are_named),
        cmocka_unit_test(lost_writes_are_noticed),
        cmocka_unit_test(early_lost_writes_are_told_with_their_cause),
        cmocka_unit_test(whole_files_have_a_limit),
        cmocka_unit_test(folders_are_made_and_private),
        cmocka_unit_test(secrets_must_be_private),
        cmocka_unit_test(a_lock_keeps_others_out_until_its_holder_ends),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
