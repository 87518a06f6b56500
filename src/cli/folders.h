/* Where policies lie. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "spendwarden/arena.h"

enum { FOLDERS_LISTED_MAX = 256 };

struct folders {
    size_t count;
    const char *paths[FOLDERS_LISTED_MAX]; /* borrowed from callers and the arena */
};

/* False: there are too many. */
bool folders_add(struct folders *f, const char *path);

/* The path, or of a folder each folder at or below it that holds *.lua other than tests,
 * in order of names; where there is none, the folder itself. False: too many, or no
 * memory. */
bool folders_find(struct folders *f, struct arena *arena, const char *path);
