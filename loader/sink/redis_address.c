/* redis_address.c - see redis_address.h.
 * Room: loader/sink. May touch: nothing.
 * An IPv6 address needs brackets when a port follows, as in a URL. */
#include "loader/sink/redis_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_DEFAULT "127.0.0.1:6379"
#define PORT_DEFAULT    "6379"

enum { PORT_MAX = 65535, BASE_TEN = 10 };

static int refuse(const char *text, const char *why, struct error *err)
{
    return error_set(err, ERROR_INPUT,
                     "the Redis address '%s' %s: write host:port, [::1]:6379 or unix:/path/socket",
                     text, why);
}

static bool is_port(const char *text)
{
    char *end = NULL;
    long port = strtol(text, &end, BASE_TEN);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && port > 0 && port <= PORT_MAX &&
           strlen(text) < REDIS_PORT_SIZE;
}

static int parse_path(const char *text, const char *path, struct redis_address *address,
                      struct error *err)
{
    if (path[0] == '\0') {
        return refuse(text, "has no path", err);
    }
    if (strlen(path) >= sizeof address->path) {
        return refuse(text, "has a path of more than 107 bytes, the limit of the system", err);
    }
    address->is_unix = true;
    memcpy(address->path, path, strlen(path) + 1);
    snprintf(address->text, sizeof address->text, "unix:%s", path);
    return 0;
}

/* Splits `[host]:port`, `host:port` or `host`; `*host_size` bytes from `*host` on are the host. */
static const char *split_port(const char *text, const char **host, size_t *host_size)
{
    const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    if (bracket != NULL) {
        *host = text + 1;
        *host_size = (size_t)(bracket - text - 1);
        return bracket[1] == ':' ? bracket + 2 : bracket[1] == '\0' ? PORT_DEFAULT : "";
    }
    const char *colon = strrchr(text, ':');
    *host = text;
    *host_size = colon == NULL ? strlen(text) : (size_t)(colon - text);
    return colon == NULL ? PORT_DEFAULT : colon + 1;
}

int redis_address_parse(const char *text, struct redis_address *address, struct error *err)
{
    static const char unix_prefix[] = "unix:";
    *address = (struct redis_address){0};
    if (text == NULL) {
        text = ADDRESS_DEFAULT;
    }
    if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0) {
        return parse_path(text, text + sizeof unix_prefix - 1, address, err);
    }
    const char *host;
    size_t host_size;
    const char *port = split_port(text, &host, &host_size);
    if (host_size == 0 || host_size >= sizeof address->host) {
        return refuse(text, "has no host, or too long a one", err);
    }
    bool is_bare_ipv6 = text[0] != '[' && memchr(host, ':', host_size) != NULL;
    if (is_bare_ipv6 || !is_port(port)) {
        return refuse(text, "has no port between 1 and 65535", err);
    }
    memcpy(address->host, host, host_size);
    snprintf(address->port, sizeof address->port, "%s", port);
    bool is_ipv6 = strchr(address->host, ':') != NULL;
    snprintf(address->text, sizeof address->text, is_ipv6 ? "[%s]:%s" : "%s:%s", address->host,
             address->port);
    return 0;
}

int redis_address_of_node(const char *host, long long port, struct redis_address *address,
                          struct error *err)
{
    char text[REDIS_ADDRESS_SIZE];
    bool is_ipv6 = strchr(host, ':') != NULL;
    int size = snprintf(text, sizeof text, is_ipv6 ? "[%s]:%lld" : "%s:%lld", host, port);
    if (size < 0 || (size_t)size >= sizeof text) {
        return refuse(host, "is too long", err);
    }
    return redis_address_parse(text, address, err);
}
