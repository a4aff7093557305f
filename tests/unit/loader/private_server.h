/* private_server.h - starts a server for one test on a Unix socket in a folder of its own, and ends it.
 * Room: tests. May touch: processes it started, files under its own folder. */
#ifndef REKINDLE_TESTS_PRIVATE_SERVER_H
#define REKINDLE_TESTS_PRIVATE_SERVER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SERVER_FOLDER_SIZE = 80, SERVER_PATH_SIZE = 256, SERVER_ARGUMENT_MAX = 40 };

struct private_server {
    char folder[SERVER_FOLDER_SIZE]; /* made by mkdtemp, removed by private_server_remove */
    char socket[SERVER_FOLDER_SIZE + 16];
    pid_t pid; /* 0: not running */
};

static inline void private_server_make_folder(struct private_server *server)
{
    const char *base = getenv("TMPDIR");
    snprintf(server->folder, sizeof server->folder, "%s/rekindle-unit.XXXXXX",
             base == NULL ? "/tmp" : base);
    if (mkdtemp(server->folder) == NULL) {
        abort();
    }
    snprintf(server->socket, sizeof server->socket, "%s/s", server->folder);
    server->pid = 0;
}

/* Runs a program to its end, its output in FOLDER/log; its exit code. */
static inline int private_server_run(const struct private_server *server, const char *program,
                                     char *const arguments[], bool is_waited, pid_t *pid)
{
    char log[SERVER_PATH_SIZE];
    snprintf(log, sizeof log, "%s/log", server->folder);
    *pid = fork();
    if (*pid == 0) {
        int descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(descriptor, STDOUT_FILENO);
        dup2(descriptor, STDERR_FILENO);
        execvp(program, arguments);
        _exit(127);
    }
    int status = 0;
    if (is_waited) {
        waitpid(*pid, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits until somebody listens on the socket. */
static inline void private_server_await(const struct private_server *server)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    snprintf(where.sun_path, sizeof where.sun_path, "%s", server->socket);
    for (int tries = 0; tries < 3000; tries++) {
        int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
        int result = connect(descriptor, (const struct sockaddr *)&where, sizeof where);
        close(descriptor);
        if (result == 0) {
            return;
        }
        nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
    }
    fprintf(stderr, "the private server in %s does not answer\n", server->folder);
    abort();
}

static inline void private_server_signal(const struct private_server *server, int number)
{
    kill(server->pid, number);
}

/* kill -9, or with SIGTERM a quiet end. */
static inline void private_server_end(struct private_server *server, int number)
{
    if (server->pid > 0) {
        kill(server->pid, number);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

static inline void private_server_remove(struct private_server *server)
{
    private_server_end(server, SIGKILL);
    char *const arguments[] = {(char[]){"rm"}, (char[]){"-rf"}, server->folder, NULL};
    pid_t pid;
    (void)private_server_run(server, "rm", arguments, true, &pid);
}

/* A Redis with these further options (NULL-terminated). The package redis-tools has the server's binary under
 * another name: it is what its argv[0] says. */
static inline void private_server_start_redis(struct private_server *server,
                                              const char *const options[])
{
    char *arguments[SERVER_ARGUMENT_MAX] = {0};
    const char *first[] = {
        "redis-server", "--port", "0", "--unixsocket", server->socket, "--dir",
        server->folder, "--save", "",  "--appendonly", "no",           "--maxmemory",
        "2gb"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        arguments[count++] = strdup(first[i]);
    }
    for (size_t i = 0; options != NULL && options[i] != NULL && count < SERVER_ARGUMENT_MAX - 1;
         i++) {
        arguments[count++] = strdup(options[i]);
    }
    bool has_server = access("/usr/bin/redis-server", X_OK) == 0;
    unlink(server->socket);
    private_server_run(server, has_server ? "redis-server" : "redis-check-rdb", arguments, false,
                       &server->pid);
    for (size_t i = 0; i < count; i++) {
        free(arguments[i]);
    }
    private_server_await(server);
}

/* A MariaDB without network; root has no password. `options` NULL-terminated. */
static inline void private_server_run_mariadb(struct private_server *server,
                                              const char *const options[])
{
    char data[SERVER_PATH_SIZE], socket_option[SERVER_PATH_SIZE], pid_file[SERVER_PATH_SIZE];
    snprintf(data, sizeof data, "--datadir=%s/data", server->folder);
    snprintf(socket_option, sizeof socket_option, "--socket=%s", server->socket);
    snprintf(pid_file, sizeof pid_file, "--pid-file=%s/pid", server->folder);
    const char *first[] = {"mariadbd",
                           "--no-defaults",
                           data,
                           socket_option,
                           pid_file,
                           "--skip-log-bin",
                           "--innodb-buffer-pool-size=64M",
                           "--innodb-flush-log-at-trx-commit=0",
                           "--skip-name-resolve",
                           "--performance-schema=OFF"};
    char *arguments[SERVER_ARGUMENT_MAX] = {0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        arguments[count++] = strdup(first[i]);
    }
    if (geteuid() == 0) {
        arguments[count++] = strdup("--user=root");
    }
    for (size_t i = 0; options != NULL && options[i] != NULL && count < SERVER_ARGUMENT_MAX - 1;
         i++) {
        arguments[count++] = strdup(options[i]);
    }
    unlink(server->socket);
    private_server_run(server, "mariadbd", arguments, false, &server->pid);
    for (size_t i = 0; i < count; i++) {
        free(arguments[i]);
    }
    private_server_await(server);
}

/* Makes the data folder first: some 2 s. */
static inline void private_server_start_mariadb(struct private_server *server,
                                                const char *const options[])
{
    char data[SERVER_PATH_SIZE];
    snprintf(data, sizeof data, "--datadir=%s/data", server->folder);
    char *const install[] = {(char[]){"mariadb-install-db"},
                             (char[]){"--no-defaults"},
                             (char[]){"--force"}, /* also where the host has no name */
                             (char[]){"--basedir=/usr"},
                             data,
                             (char[]){"--auth-root-authentication-method=normal"},
                             (char[]){"--skip-test-db"},
                             (char[]){"--skip-name-resolve"},
                             geteuid() == 0 ? (char[]){"--user=root"} : NULL,
                             NULL};
    pid_t pid;
    if (private_server_run(server, "mariadb-install-db", install, true, &pid) != 0) {
        fprintf(stderr, "mariadb-install-db failed, see %s/log\n", server->folder);
        abort();
    }
    private_server_run_mariadb(server, options);
}

#endif
