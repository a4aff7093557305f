/* plan_edits.h - whether a plan on disk may be replaced, or holds the work of a reviewer.
 * Room: common. May touch: files.
 * Promises: a plan that still asks for what rank wrote may be replaced, also one that a spreadsheet has sorted or saved
 * in its own way. */
#ifndef REKINDLE_COMMON_PLAN_EDITS_H
#define REKINDLE_COMMON_PLAN_EDITS_H

#include "common/error.h"

/* 0 where `path` is absent, empty, "-", a device or a pipe, or a plan with the rows, ranks and actions of its .sum and no
 * columns of its own. ERROR_INPUT, which names --replace, for any other file. Reads it once. */
int plan_edits_check(const char *path, struct error *err) MUST_CHECK;

#endif
