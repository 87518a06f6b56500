#include "limits.h"

#include <stdlib.h>

#include "spendwarden/hash.h"

enum { LIMITS_FIRST = 16, SWEEPS = 16 };

static uint64_t hash_for(const struct limits *t, enum limit_of of, struct str id)
{
    return hash_of(id, t->seed + (uint64_t)of);
}

void limits_clear(struct limits *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->items[i].text);
    t->count = 0;
    t->swept_ns = t->refused = 0;
    memset(t->count_of, 0, sizeof t->count_of);
    if (t->slots)
        memset(t->slots, 0, t->slot_count * sizeof *t->slots);
}

void limits_release(struct limits *t)
{
    limits_clear(t);
    free(t->items);
    free(t->slots);
    t->items = NULL;
    t->slots = NULL;
    t->capacity = t->slot_count = 0;
}

static struct held_limit *find(const struct limits *t, enum limit_of of, struct str id,
                               uint64_t hash)
{
    size_t mask = t->slot_count - 1;

    if (t->slot_count == 0)
        return NULL;
    for (size_t at = hash & mask; t->slots[at]; at = (at + 1) & mask) {
        struct held_limit *held = &t->items[t->slots[at] - 1];
        if (held->hash == hash && held->limit.of == of && str_eq(held->limit.id, id))
            return held;
    }
    return NULL;
}

static void put_slot(struct limits *t, size_t index)
{
    size_t mask = t->slot_count - 1, at = t->items[index].hash & mask;

    while (t->slots[at])
        at = (at + 1) & mask;
    t->slots[at] = (uint32_t)index + 1;
}

static void rebuild(struct limits *t)
{
    memset(t->slots, 0, t->slot_count * sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        put_slot(t, i);
}

/* False: no memory. */
static bool make_room(struct limits *t)
{
    size_t capacity = t->capacity ? 2 * t->capacity : LIMITS_FIRST;

    if (t->count < t->capacity)
        return true;
    struct held_limit *items = realloc(t->items, capacity * sizeof *items);
    if (!items)
        return false;
    t->items = items;
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->slot_count = 2 * capacity;
    t->capacity = capacity;
    rebuild(t);
    return true;
}

static bool is_over(const struct limits *t, const struct held_limit *held, int64_t now_ns)
{
    return t->retire_ns > 0 && now_ns - held->last_ns > t->retire_ns;
}

/* Gives back what had no event for so long. */
static void sweep(struct limits *t, int64_t now_ns)
{
    size_t kept = 0;

    if (t->retire_ns == 0 || now_ns - t->swept_ns < t->retire_ns / SWEEPS)
        return;
    t->swept_ns = now_ns;
    for (size_t i = 0; i < t->count; i++) {
        if (!is_over(t, &t->items[i], now_ns)) {
            t->items[kept++] = t->items[i];
            continue;
        }
        t->count_of[t->items[i].limit.of]--;
        free(t->items[i].text);
    }
    t->count = kept;
    rebuild(t);
}

/* Takes id and alias of `limit` over. False: no memory, and nothing changed. */
static bool set_text(struct held_limit *held, const struct limit *limit)
{
    size_t id = limit->id.size, alias = limit->alias.size;
    char *text = malloc(id + alias + 1);

    if (!text)
        return false;
    memcpy(text, limit->id.at, id);
    if (alias)
        memcpy(text + id, limit->alias.at, alias);
    free(held->text);
    held->text = text;
    held->limit.id = (struct str){text, id};
    held->limit.alias = (struct str){text + id, alias};
    return true;
}

static struct held_limit *add(struct limits *t, const struct limit *limit, uint64_t hash)
{
    struct held_limit held = {.limit = *limit, .hash = hash, .booked_ns = INT64_MIN};

    if (t->count_of[limit->of] >= t->max || !make_room(t) || !set_text(&held, limit))
        return NULL;
    t->items[t->count] = held;
    t->count_of[limit->of]++;
    put_slot(t, t->count);
    return &t->items[t->count++];
}

/* That of the same id, which is made if there is room. */
static struct held_limit *take(struct limits *t, const struct limit *limit,
                               const struct record *r)
{
    uint64_t hash = hash_for(t, limit->of, limit->id);
    struct held_limit *held = find(t, limit->of, limit->id, hash);

    if (!held && t->count_of[limit->of] >= t->max)
        sweep(t, r->committed_ns);
    if (!held)
        held = add(t, limit, hash);
    if (held)
        held->last_ns = r->committed_ns;
    else
        t->refused++;
    return held;
}

static void apply(struct limits *t, const struct limit *limit, const struct record *r)
{
    struct held_limit *held = take(t, limit, r);

    if (!held || r->booked_ns < held->booked_ns ||
        (!str_eq(held->limit.alias, limit->alias) && !set_text(held, limit)))
        return;
    held->booked_ns = r->booked_ns;
    held->limit.max = limit->max;
    held->limit.spent = limit->spent;
    money_add(&held->limit.spent, r->charge.charge);
    held->limit.reset_ns = limit->reset_ns;
}

/* What a label's value is called, for budgets that the gateway does not have. Half of the
 * room is for limits alone. */
static void learn_alias(struct limits *t, enum limit_of of, struct str id,
                        struct str alias, const struct record *r)
{
    struct limit named = {.of = of, .id = id, .alias = alias, .max = {-1}};

    if (!id.size || !alias.size)
        return;
    struct held_limit *held = t->count_of[of] < t->max / 2
                                  ? take(t, &named, r)
                                  : find(t, of, id, hash_for(t, of, id));
    if (held)
        held->last_ns = r->committed_ns;
    if (held && r->booked_ns >= held->booked_ns && !str_eq(held->limit.alias, alias))
        set_text(held, &named);
}

void limits_apply(struct limits *t, const struct record *r)
{
    const struct gateway *g = r->ev.gateway;
    const struct str *text = r->ev.text;

    if (!g)
        return;
    for (size_t i = 0; i < g->limit_count; i++)
        apply(t, &g->limits[i], r);
    learn_alias(t, LIMIT_OF_TEAM, text[TEXT_TEAM], g->text[GATEWAY_TEAM_ALIAS], r);
    learn_alias(t, LIMIT_OF_KEY, text[TEXT_HASHED_API_KEY], text[TEXT_KEY_ALIAS], r);
    learn_alias(t, LIMIT_OF_ORG, text[TEXT_ORG], g->text[GATEWAY_ORG_ALIAS], r);
}

/* --- copies --- */

static size_t text_size(const struct limit *limit)
{
    return limit->id.size + limit->alias.size;
}

struct limit *limits_copy(const struct limits *t, int64_t now_ns, size_t *count)
{
    size_t texts = 0;

    for (size_t i = 0; i < t->count; i++)
        texts += text_size(&t->items[i].limit);
    struct limit *out = malloc(t->count * sizeof *out + texts + 1);
    *count = 0;
    if (!out)
        return NULL;
    char *at = (char *)(out + t->count);
    for (size_t i = 0; i < t->count; i++) {
        const struct held_limit *held = &t->items[i];
        size_t size = text_size(&held->limit);
        if (is_over(t, held, now_ns))
            continue;
        struct limit *copy = &out[(*count)++];
        *copy = held->limit;
        memcpy(at, held->text, size);
        copy->id.at = at;
        copy->alias.at = at + copy->id.size;
        at += size;
    }
    return out;
}

size_t limits_memory(const struct limits *t)
{
    size_t bytes = t->capacity * sizeof *t->items + t->slot_count * sizeof *t->slots;

    for (size_t i = 0; i < t->count; i++)
        bytes += text_size(&t->items[i].limit) + 1;
    return bytes;
}

/* --- checkpoints --- */

void limits_save(const struct limits *t, struct buf *out)
{
    pack_int(out, (int64_t)t->count);
    pack_int(out, t->swept_ns);
    pack_int(out, t->refused);
    for (size_t i = 0; i < t->count; i++) {
        const struct held_limit *held = &t->items[i];
        const struct limit *limit = &held->limit;
        pack_int(out, limit->of);
        pack_str(out, limit->id);
        pack_str(out, limit->alias);
        pack_int(out, limit->max.nanousd);
        pack_int(out, limit->spent.nanousd);
        pack_int(out, limit->reset_ns);
        pack_int(out, held->booked_ns);
        pack_int(out, held->last_ns);
    }
}

static void load_one(struct limits *t, struct unpack *u)
{
    struct limit limit = {.of = (enum limit_of)unpack_range(u, 0, LIMIT_OF_COUNT - 1)};

    limit.id = unpack_str(u);
    limit.alias = unpack_str(u);
    limit.max.nanousd = unpack_int(u);
    limit.spent.nanousd = unpack_int(u);
    limit.reset_ns = unpack_int(u);
    int64_t booked_ns = unpack_int(u), last_ns = unpack_int(u);
    if (u->failed || !t)
        return;
    uint64_t hash = hash_for(t, limit.of, limit.id);
    struct held_limit *held = find(t, limit.of, limit.id, hash);
    u->failed |= held != NULL; /* twice */
    held = u->failed ? NULL : add(t, &limit, hash);
    if (!held) /* the cap is lower by now */
        return;
    held->booked_ns = booked_ns;
    held->last_ns = last_ns;
}

void limits_load(struct limits *t, struct unpack *u)
{
    enum { ITEM_LEAST = 8 };
    size_t count = unpack_count(u, ITEM_LEAST);
    int64_t swept_ns = unpack_int(u), refused = unpack_range(u, 0, INT64_MAX);

    for (size_t i = 0; i < count && !u->failed; i++)
        load_one(t, u);
    if (u->failed || !t)
        return;
    t->swept_ns = swept_ns;
    t->refused = refused;
}
