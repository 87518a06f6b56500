/* When windows change by themselves: for whoever leaves ticks out. */
#pragma once
#include "spendwarden/window.h"

/* From when on the window's groups are others, or have other values, than at `at_ns`,
 * though no event comes. INT64_MAX: never. */
int64_t windows_next_change(const struct windows *w, int id, int64_t at_ns);
