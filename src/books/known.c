#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"

enum { KNOWN_CAPACITY = 1 << 18, KNOWN_MAX = KNOWN_CAPACITY / 2 };

static const enum text_field names[] = {TEXT_HASHED_API_KEY, TEXT_REQUESTED_MODEL,
                                        TEXT_RESPONSE_MODEL, TEXT_END_USER,
                                        TEXT_KEY_ALIAS};

enum { NAME_COUNT = sizeof names / sizeof *names };

bool known_open(struct known *k)
{
    k->capacity = KNOWN_CAPACITY;
    k->count = 0;
    k->slots = calloc(k->capacity, sizeof *k->slots);
    return k->slots != NULL;
}

void known_close(struct known *k)
{
    free(k->slots);
    *k = (struct known){0};
}

/* The slot that holds `hash`, or the free one where it belongs. */
static uint64_t *find(const struct known *k, uint64_t hash)
{
    size_t at = hash & (k->capacity - 1);

    while (k->slots[at] != 0 && k->slots[at] != hash)
        at = (at + 1) & (k->capacity - 1);
    return &k->slots[at];
}

static void learn(struct known *k, uint64_t hash)
{
    uint64_t *slot = find(k, hash);

    if (*slot != 0 || k->count == KNOWN_MAX)
        return;
    *slot = hash;
    k->count++;
}

static uint64_t name_hash(const struct record *r, enum text_field field)
{
    /* A different seed per field; 0 marks a free slot. */
    return hash_of(r->ev.text[field], (uint64_t)field + 1) | 1;
}

static bool is_paid(const struct record *r)
{
    return r->charge.charge.nanousd > 0 || r->ev.count[COUNT_INPUT_TOKENS] > 0 ||
           r->ev.count[COUNT_OUTPUT_TOKENS] > 0 || r->ev.cache_hit;
}

void known_learn(struct known *k, const struct record *r)
{
    if (!is_paid(r))
        return;
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (r->ev.text[names[i]].size)
            learn(k, name_hash(r, names[i]));
}

static bool is_model(enum text_field name)
{
    return name == TEXT_REQUESTED_MODEL || name == TEXT_RESPONSE_MODEL;
}

/* The gateway chose a deployment of this model for a key that has paid before: the model
 * is one that it was configured with, though it has not answered yet. */
static bool is_routed(const struct known *k, const struct record *r)
{
    const struct gateway *g = r->ev.gateway;

    return g && g->text[GATEWAY_MODEL_ID].size && r->ev.text[TEXT_HASHED_API_KEY].size &&
           *find(k, name_hash(r, TEXT_HASHED_API_KEY)) != 0;
}

static bool is_other(struct str text)
{
    return str_eq(text, STR("__other__"));
}

/* What somebody without a known key says of itself, and a model that nobody knows. */
static void filter_gateway(struct record *r)
{
    static const enum gateway_text chosen[] = {GATEWAY_ROUTE, GATEWAY_CLIENT_IP,
                                               GATEWAY_USER_AGENT, GATEWAY_USER_EMAIL};
    struct gateway *g = r->ev.gateway;
    struct str key = r->ev.text[TEXT_HASHED_API_KEY];

    if (!g)
        return;
    if (is_other(r->ev.text[TEXT_REQUESTED_MODEL]) && g->text[GATEWAY_MODEL].size)
        g->text[GATEWAY_MODEL] = STR("__other__");
    if (key.size && !is_other(key))
        return;
    g->limit_count = 0;
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        if (g->text[chosen[i]].size)
            g->text[chosen[i]] = STR("__other__");
}

void known_filter(struct known *k, struct record *r)
{
    known_learn(k, r);
    /* What succeeded was let in by the gateway, though it came without usage. */
    if (is_paid(r) || r->ev.outcome == OUTCOME_SUCCESS)
        return;
    bool routed = is_routed(k, r);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct str *name = &r->ev.text[names[i]];
        if (routed && is_model(names[i]))
            continue;
        if (name->size && *find(k, name_hash(r, names[i])) == 0)
            *name = STR("__other__");
    }
    filter_gateway(r);
}

void known_save(const struct known *k, struct buf *out)
{
    for (size_t i = 0; i < k->capacity; i++)
        if (k->slots[i] != 0)
            buf_add(out, (struct str){(const char *)&k->slots[i], sizeof k->slots[i]});
}

bool known_load(struct known *k, struct str state)
{
    if (state.size % sizeof(uint64_t) != 0)
        return false;
    for (size_t i = 0; i < state.size; i += sizeof(uint64_t)) {
        uint64_t hash;
        memcpy(&hash, state.at + i, sizeof hash);
        learn(k, hash | 1);
    }
    return true;
}
