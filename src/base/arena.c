#include "spendwarden/arena.h"

#include <stdlib.h>

enum { CHUNK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of the memory behind this header */
} __attribute__((aligned(ALIGNMENT)));

static bool grow(struct arena *a, size_t size)
{
    size_t payload = size > CHUNK_SIZE ? size : CHUNK_SIZE;

    if (a->limit && (payload > a->limit || a->used > a->limit - payload))
        return false;
    struct arena_chunk *chunk = malloc(sizeof *chunk + payload);
    if (!chunk)
        return false;
    chunk->older = a->chunks;
    chunk->size = payload;
    a->chunks = chunk;
    a->next = (char *)(chunk + 1);
    a->end = a->next + payload;
    a->used += payload;
    return true;
}

void arena_init(struct arena *a, size_t limit_bytes)
{
    *a = (struct arena){.limit = limit_bytes};
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((size_t)(a->end - a->next) < size || !a->next)
        if (!grow(a, size))
            return NULL;
    void *memory = a->next;
    a->next += size;
    return memory;
}

void *arena_zalloc(struct arena *a, size_t size)
{
    void *memory = arena_alloc(a, size);

    if (memory)
        memset(memory, 0, size);
    return memory;
}

struct str arena_copy(struct arena *a, struct str text)
{
    char *copy = text.size ? arena_alloc(a, text.size) : NULL;

    if (!copy)
        return (struct str){NULL, 0};
    memcpy(copy, text.at, text.size);
    return (struct str){copy, text.size};
}

char *arena_cstr(struct arena *a, struct str text)
{
    char *copy = arena_alloc(a, text.size + 1);

    if (!copy)
        return NULL;
    if (text.size)
        memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return copy;
}

/* Frees every chunk but `keep`. */
static void free_chunks(struct arena *a, struct arena_chunk *keep)
{
    while (a->chunks) {
        struct arena_chunk *chunk = a->chunks;
        a->chunks = chunk->older;
        if (chunk != keep)
            free(chunk);
    }
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *keep = a->chunks;

    /* The oldest has the common size; a huge one is not worth keeping. */
    while (keep && keep->older)
        keep = keep->older;
    if (keep && keep->size > CHUNK_SIZE)
        keep = NULL;
    free_chunks(a, keep);
    arena_init(a, a->limit);
    if (!keep)
        return;
    keep->older = NULL;
    a->chunks = keep;
    a->next = (char *)(keep + 1);
    a->end = a->next + keep->size;
    a->used = keep->size;
}

void arena_release(struct arena *a)
{
    free_chunks(a, NULL);
    arena_init(a, a->limit);
}
