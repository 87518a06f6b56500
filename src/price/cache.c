#include "parts.h"

#include "spendwarden/hash.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS = 2048, PROBES = 8 };

struct slot {
    uint64_t key[2]; /* keyed hash of the three names; 0, 0: empty */
    struct hits hits;
};

struct price_cache {
    const struct price_book *book;
    uint64_t seed;
    size_t next_victim;
    struct slot slots[SLOTS];
};

struct price_cache *price_cache_new(const struct price_book *b)
{
    struct price_cache *c = calloc(1, sizeof *c);

    if (c && random_bytes(&c->seed, sizeof c->seed, NULL)) {
        c->book = b;
        return c;
    }
    free(c);
    return NULL;
}

void price_cache_free(struct price_cache *c)
{
    free(c);
}

static struct hash128 key_of(uint64_t seed, struct str provider, struct str response,
                             struct str requested)
{
    struct hash128 a = hash128_of(provider, seed);
    struct hash128 b = hash128_of(response, a.low);
    struct hash128 c = hash128_of(requested, b.low);

    return (struct hash128){c.low ^ a.high, (c.high ^ b.high) | 1};
}

const struct hits *price_cached(const struct price_book *b, struct price_cache *c,
                                struct str provider, struct str response,
                                struct str requested)
{
    struct hash128 key = key_of(c->seed, provider, response, requested);
    struct slot *free_slot = NULL;

    assert(c->book == b);
    for (size_t i = 0; i < PROBES && !free_slot; i++) {
        struct slot *s = &c->slots[(key.low + i) % SLOTS];
        if (s->key[0] == key.low && s->key[1] == key.high)
            return &s->hits;
        if (s->key[1] == 0)
            free_slot = s;
    }
    if (!free_slot)
        free_slot = &c->slots[(key.low + c->next_victim++ % PROBES) % SLOTS];
    price_lookup(b, provider, response, requested, &free_slot->hits);
    free_slot->key[0] = key.low;
    free_slot->key[1] = key.high;
    return &free_slot->hits;
}
