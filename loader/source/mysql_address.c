/* mysql_address.c - see mysql_address.h.
 * Room: loader/source. May touch: nothing. */
#include "loader/source/mysql_address.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535, BASE_TEN = 10 };

static int parse_port(const char *text, int64_t *port)
{
    char *end;
    long number = strtol(text, &end, BASE_TEN);
    *port = number;
    return end == text || *end != '\0' || number < 1 || number > PORT_MAX ? -1 : 0;
}

int mysql_address_apply(struct slice address, const char *key, struct mysql_config *config,
                        char *host, struct error *err)
{
    static const char unix_word[] = "unix:";
    if (address.size >= MYSQL_ADDRESS_SIZE) {
        return error_set(err, ERROR_INPUT, "[mysql] %s: an address is longer than %d bytes", key,
                         MYSQL_ADDRESS_SIZE - 1);
    }
    memcpy(host, address.bytes, address.size);
    host[address.size] = '\0';
    config->socket = NULL;
    if (strncmp(host, unix_word, sizeof unix_word - 1) == 0) {
        config->socket = host + sizeof unix_word - 1;
        config->host = NULL;
        return 0;
    }
    config->host = host;
    char *colon = strchr(host, ':');
    if (colon == NULL) {
        return 0;
    }
    *colon = '\0';
    if (parse_port(colon + 1, &config->port) != 0 || host[0] == '\0') {
        return error_set(err, ERROR_INPUT,
                         "[mysql] %s: '%.*s' is not an address; write host, host:port or unix:PATH",
                         key, (int)address.size, address.bytes);
    }
    return 0;
}
