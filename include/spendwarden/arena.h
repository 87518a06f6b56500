/* Memory that is given back all at once: one arena per request or load. One thread. */
#pragma once
#include "spendwarden/str.h"
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* owned; newest first */
    char *next, *end;
    size_t used;  /* bytes in all chunks */
    size_t limit; /* bytes; 0: none */
};

/* Holds nothing until the first allocation. */
void arena_init(struct arena *a, size_t limit_bytes);

/* Aligned for any type, not zeroed. NULL when the limit or memory is reached;
 * what was allocated before stays valid. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_zalloc(struct arena *a, size_t size);

/* A copy that lives as long as the arena; {NULL, 0} when there is no memory. */
struct str arena_copy(struct arena *a, struct str text);

/* The same, terminated. */
char *arena_cstr(struct arena *a, struct str text);

/* Everything allocated is gone; one chunk is kept for the next use. */
void arena_reset(struct arena *a);

/* Safe on a zeroed arena, and twice. */
void arena_release(struct arena *a);
