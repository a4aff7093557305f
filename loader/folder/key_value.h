/* key_value.h - the `name = value` lines of a run's small files: run.ini and status.
 * Room: loader/folder. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_KEY_VALUE_H
#define REKINDLE_LOADER_KEY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies the value of the first line `name = value` of `text` to `value` [size], cut and terminated; false, and an
 * empty value, when there is no such line. Lines that are not of this form are passed over. */
bool key_value_find(const char *text, const char *name, char *value, size_t size);
/* The same as a whole number; false when it is none. */
bool key_value_find_number(const char *text, const char *name, int64_t *number);
bool key_value_find_real(const char *text, const char *name, double *number);

#endif
