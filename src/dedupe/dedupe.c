/* A ring of what was reported, in commit order, and two tables into it. The oldest and
 * the youngest entry can be taken out in constant time, which is all that forgetting and
 * undoing need.
 *
 * Reports that share a response id form a chain from the youngest to the oldest. A server
 * that gives ids out of 999 makes such chains long, so an entry also knows the next older
 * one of another emitter: a single emitter's chain is passed in one step. */
#include "spendwarden/dedupe.h"

#include "table.h"

#include <stdlib.h>

enum {
    CLOSE_MS = 60 * 1000,
    CHAIN_STEPS_MAX = 256, /* the youngest candidates of one response id */
};

#define NOWHERE UINT64_MAX /* no position */

struct seen {
    struct dedupe_key key;
    int64_t added_ns;
    uint64_t older;       /* position of the next older one with this response key */
    uint64_t older_other; /* the same, of another emitter */
};

struct dedupe {
    struct seen *ring; /* owned; untouched pages cost no memory */
    size_t capacity;
    uint64_t first, next; /* positions, counted from the beginning; slot: % capacity */
    struct table reports, responses; /* of responses: the youngest of each chain */
    int64_t horizon_ns;
    int64_t lost_ns; /* youngest that was forgotten for want of memory; INT64_MIN: none */
};

static struct seen *seen_at(const struct dedupe *d, uint64_t position)
{
    return &d->ring[position % d->capacity];
}

static uint64_t report_hash_at(const void *ring, uint32_t slot)
{
    return ((const struct seen *)ring)[slot].key.report[0];
}

static uint64_t response_hash_at(const void *ring, uint32_t slot)
{
    return ((const struct seen *)ring)[slot].key.response[0];
}

static bool is_none(const uint64_t key[2])
{
    return key[0] == 0 && key[1] == 0;
}

static bool same(const uint64_t a[2], const uint64_t b[2])
{
    return a[0] == b[0] && a[1] == b[1];
}

/* The place of the key, or the empty one where it would go. */
static struct place *find_report(const struct dedupe *d, const uint64_t key[2])
{
    struct place *p = table_first(&d->reports, key[0]);

    for (; p->slot; p = table_next(&d->reports, p))
        if (p->tag == table_tag(key[0]) && same(d->ring[p->slot - 1].key.report, key))
            break;
    return p;
}

static struct place *find_response(const struct dedupe *d, const uint64_t key[2])
{
    struct place *p = table_first(&d->responses, key[0]);

    for (; p->slot; p = table_next(&d->responses, p))
        if (p->tag == table_tag(key[0]) && same(d->ring[p->slot - 1].key.response, key))
            break;
    return p;
}

/* Positions below `first` were forgotten, those from `next` on were undone. */
static bool remembered(const struct dedupe *d, uint64_t position)
{
    return position >= d->first && position < d->next;
}

static uint64_t position_of(const struct dedupe *d, const struct place *p)
{
    size_t slot = p->slot - 1, first = d->first % d->capacity;

    return d->first + (slot >= first ? slot - first : slot + d->capacity - first);
}

static bool overlap(const struct dedupe_key *a, const struct dedupe_key *b)
{
    return a->start_ms <= b->end_ms + CLOSE_MS && b->start_ms <= a->end_ms + CLOSE_MS;
}

/* Another emitter's report of the same call; NULL: none is remembered. */
static const struct seen *of_other_emitter(const struct dedupe *d,
                                           const struct dedupe_key *key)
{
    const struct place *p = find_response(d, key->response);
    uint64_t position = p->slot ? position_of(d, p) : NOWHERE;

    for (int i = 0; i < CHAIN_STEPS_MAX && remembered(d, position); i++) {
        const struct seen *s = seen_at(d, position);
        bool own = s->key.emitter == key->emitter;
        if (!own && overlap(&s->key, key))
            return s;
        position = own ? s->older_other : s->older;
    }
    return NULL;
}

static void link_response(struct dedupe *d, uint64_t position)
{
    struct seen *s = seen_at(d, position);
    struct place *p = find_response(d, s->key.response);
    uint32_t slot = (uint32_t)(position % d->capacity);

    s->older = s->older_other = NOWHERE;
    if (!p->slot) {
        table_fill(&d->responses, p, s->key.response[0], slot);
        return;
    }
    s->older = position_of(d, p);
    const struct seen *older = seen_at(d, s->older);
    s->older_other = older->key.emitter == s->key.emitter ? older->older_other : s->older;
    p->slot = slot + 1;
}

static void unlink_report(struct dedupe *d, const struct seen *s)
{
    if (!is_none(s->key.report))
        table_clear(&d->reports, find_report(d, s->key.report), report_hash_at, d->ring);
}

/* Its chain goes on with `heir`, or ends if that is not remembered. */
static void unlink_response(struct dedupe *d, struct place *p, uint64_t heir)
{
    if (remembered(d, heir))
        p->slot = (uint32_t)(heir % d->capacity) + 1;
    else
        table_clear(&d->responses, p, response_hash_at, d->ring);
}

static void forget_oldest(struct dedupe *d)
{
    const struct seen *s = seen_at(d, d->first);

    unlink_report(d, s);
    if (!is_none(s->key.response)) {
        struct place *p = find_response(d, s->key.response);
        if (position_of(d, p) == d->first)
            unlink_response(d, p, NOWHERE);
    }
    d->first++;
}

static void undo_youngest(struct dedupe *d)
{
    const struct seen *s = seen_at(d, d->next - 1);

    unlink_report(d, s);
    if (!is_none(s->key.response))
        unlink_response(d, find_response(d, s->key.response), s->older);
    d->next--;
}

static void forget_for_memory(struct dedupe *d)
{
    d->lost_ns = seen_at(d, d->first)->added_ns;
    forget_oldest(d);
}

static void forget_expired(struct dedupe *d, int64_t now_ns)
{
    while (d->first < d->next && now_ns - seen_at(d, d->first)->added_ns > d->horizon_ns)
        forget_oldest(d);
}

/* Twice the size, same contents. False: no memory, the table is as it was. */
static bool grow(struct table *t, table_hash *hash_at, const void *ring)
{
    struct table larger;

    if (!table_open(&larger, t->size * 2))
        return false;
    for (size_t i = 0; i < t->size; i++) {
        if (!t->places[i].slot)
            continue;
        uint64_t hash = hash_at(ring, t->places[i].slot - 1);
        struct place *p = table_first(&larger, hash);
        while (p->slot)
            p = table_next(&larger, p);
        table_fill(&larger, p, hash, t->places[i].slot - 1);
    }
    table_close(t);
    *t = larger;
    return true;
}

static void make_room(struct dedupe *d)
{
    if (d->next - d->first == d->capacity)
        forget_for_memory(d);
    while (table_is_full(&d->reports) && !grow(&d->reports, report_hash_at, d->ring))
        forget_for_memory(d);
    while (table_is_full(&d->responses) &&
           !grow(&d->responses, response_hash_at, d->ring))
        forget_for_memory(d);
}

/* NULL: it was not seen. */
static const struct seen *seen_report(const struct dedupe *d, const uint64_t key[2])
{
    const struct place *p = is_none(key) ? NULL : find_report(d, key);

    return p && p->slot ? &d->ring[p->slot - 1] : NULL;
}

static void remember(struct dedupe *d, const struct dedupe_key *key, int64_t now_ns)
{
    make_room(d);
    uint64_t position = d->next;
    struct seen *s = seen_at(d, position);
    *s = (struct seen){.key = *key, .added_ns = now_ns};
    if (!is_none(key->report))
        table_fill(&d->reports, find_report(d, key->report), key->report[0],
                   (uint32_t)(position % d->capacity));
    if (!is_none(key->response))
        link_response(d, position);
    d->next++;
}

static const struct seen *look_up(const struct dedupe *d, const struct dedupe_key *key,
                                  enum duplicate *how)
{
    const struct seen *s = seen_report(d, key->report);

    *how = DUPLICATE_REPORT;
    if (s || is_none(key->response))
        return s;
    *how = DUPLICATE_RESPONSE;
    return of_other_emitter(d, key);
}

static const struct seen *look_up_all(const struct dedupe *d,
                                      const struct dedupe_keys *keys, enum duplicate *how)
{
    const struct seen *s = look_up(d, &keys->list[0], how);

    if (s)
        return s;
    *how = DUPLICATE_SPAN;
    s = seen_report(d, keys->above);
    return s ? s : seen_report(d, keys->below);
}

void dedupe_restore(struct dedupe *d, const struct dedupe_key *key, int64_t added_ns)
{
    if (!seen_report(d, key->report))
        remember(d, key, added_ns);
}

static bool differ(uint32_t a, uint32_t b)
{
    return a && b && a != b;
}

/* By whatever report it is found: this call has got its price. */
static struct dedupe_key completed(uint64_t call)
{
    return (struct dedupe_key){.report = {call, ~call}, .call = call};
}

static bool lacks_price(const struct dedupe *d, const struct dedupe_key *known)
{
    struct dedupe_key mark = completed(known->call);

    return known->unpriced && !seen_report(d, mark.report);
}

/* Whatever they say themselves: what is asked of a key is how its call is booked. */
static void join(struct dedupe_keys *keys, const struct dedupe_key *known, bool unpriced)
{
    for (size_t i = 0; i < keys->count; i++) {
        keys->list[i].call = known->call;
        keys->list[i].unpriced = unpriced;
        keys->list[i].bare = known->bare;
    }
}

/* *known: of a report of the same call; makes the keys say how that is booked. */
static struct dedupe_found judge(const struct dedupe *d, struct dedupe_keys *keys,
                                 const struct dedupe_key *known, enum duplicate how)
{
    const struct dedupe_key *key = &keys->list[0];
    bool unpriced = lacks_price(d, known);
    struct dedupe_found found = {
        .duplicate = how,
        .conflicts = differ(known->usage, key->usage) ||
                     (how == DUPLICATE_REPORT && differ(known->cost, key->cost))};

    if (unpriced && key->paid)
        found.completes = known->bare ? COMPLETES_ALL : COMPLETES_CHARGE;
    join(keys, known, unpriced && !found.completes);
    return found;
}

/* Siblings share the span above them. */
static void remember_all(struct dedupe *d, struct dedupe_keys *keys, int64_t now_ns)
{
    size_t added = 0;

    for (size_t i = 0; i < keys->count; i++) {
        if (seen_report(d, keys->list[i].report))
            continue;
        remember(d, &keys->list[i], now_ns);
        keys->list[added++] = keys->list[i];
    }
    keys->count = added;
}

struct dedupe_found dedupe_add(struct dedupe *d, struct dedupe_keys *keys,
                               const struct dedupe_key *guessed, int64_t now_ns)
{
    struct dedupe_found found = {.duplicate = DUPLICATE_NONE};
    enum duplicate how;

    forget_expired(d, now_ns);
    const struct seen *first = look_up_all(d, keys, &how);
    if (first)
        found = judge(d, keys, &first->key, how);
    else if (guessed)
        found = judge(d, keys, guessed, DUPLICATE_GUESS);
    uint64_t call = keys->list[0].call;
    if (found.duplicate == DUPLICATE_REPORT)
        keys->count = 0;
    if (found.completes)
        keys->list[keys->count++] = completed(call);
    remember_all(d, keys, now_ns);
    return found;
}

void dedupe_undo(struct dedupe *d, size_t count)
{
    for (; count && d->next > d->first; count--)
        undo_youngest(d);
}

bool dedupe_open(struct dedupe **out, int64_t horizon_ns, size_t max_bytes,
                 struct err *err)
{
    *out = NULL;
    size_t capacity = table_capacity(max_bytes, 2, sizeof(struct seen));
    if (capacity == 0)
        return err_set(err, ERR_CONFIG, "dedupe: %zu bytes hold no keys", max_bytes);
    struct dedupe *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(err, ERR_MEMORY, "dedupe: no memory");
    d->capacity = capacity;
    d->horizon_ns = horizon_ns;
    d->lost_ns = INT64_MIN;
    d->ring = calloc(capacity, sizeof *d->ring);
    if (!d->ring || !table_open(&d->reports, TABLE_SIZE_FIRST) ||
        !table_open(&d->responses, TABLE_SIZE_FIRST))
        goto fail;
    *out = d;
    return true;

fail:
    dedupe_close(d);
    return err_set(err, ERR_MEMORY, "dedupe: no memory for %zu keys", capacity);
}

void dedupe_close(struct dedupe *d)
{
    if (!d)
        return;
    table_close(&d->reports);
    table_close(&d->responses);
    free(d->ring);
    free(d);
}

int64_t dedupe_reach_ns(const struct dedupe *d, int64_t now_ns)
{
    if (d->lost_ns == INT64_MIN || now_ns - d->lost_ns > d->horizon_ns)
        return d->horizon_ns;
    return now_ns - d->lost_ns;
}

size_t dedupe_count(const struct dedupe *d)
{
    return (size_t)(d->next - d->first);
}
