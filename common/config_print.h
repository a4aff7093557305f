/* config_print.h - every section and key of the config file, as a file to begin with.
 * Room: common. May touch: the stream it is given. */
#ifndef REKINDLE_COMMON_CONFIG_PRINT_H
#define REKINDLE_COMMON_CONFIG_PRINT_H

#include <stdio.h>

/* Each key is commented out: what it says is the default, nothing where there is none. So the file, as it is, says nothing. */
void config_print(FILE *out);

#endif
