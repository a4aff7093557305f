/* process.h - is that process still the one that was written down?
 * Room: common. May touch: /proc, processes (asking only).
 * Promises: a number that the kernel has given to another process since is not taken for the first one. */
#ifndef REKINDLE_COMMON_PROCESS_H
#define REKINDLE_COMMON_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* When process `pid` began, in clock ticks since the boot (proc(5), starttime); 0 when that cannot be told. */
int64_t process_start(int64_t pid);
/* Does process `pid`, which began at `start`, still run? A zombie does not. `start` 0: any process of that number. */
bool process_is_alive(int64_t pid, int64_t start);

#endif
