/* Which reports were seen before. Exact over a horizon counted from commit. */
#pragma once
#include "spendwarden/err.h"
#include "spendwarden/record.h"

/* What the ledger keeps of one report, so that the memory can be restored. */
struct dedupe_key {
    uint64_t report[2];   /* first key: (source, API key hash, the source's stable ids);
                             0,0: it has no stable ids and repeats nothing */
    uint64_t response[2]; /* second key: (provider, response id), without
                             one (call id, end to the microsecond); 0,0: none */
    uint64_t emitter;     /* (source, scope) */
    int64_t start_ms, end_ms;
    uint64_t call;       /* the same in all reports of a call; 0: not known */
    uint32_t usage;      /* hash of input and output tokens; 0: it named none */
    uint32_t cost;       /* hash of the reported cost, 29 bits; 0: it named none */
    bool unpriced, bare; /* how its call is booked: without a price; without tokens */
    bool paid;           /* its own charge is above 0 */
};

#define DEDUPE_COST_MASK 0x1FFFFFFFu

struct dedupe; /* one thread at a time */

enum duplicate {
    DUPLICATE_NONE,
    DUPLICATE_REPORT,   /* the first key was seen */
    DUPLICATE_RESPONSE, /* another emitter reported the same call within 60 s */
    DUPLICATE_SPAN,     /* a span right above or below this one reported the same call */
    DUPLICATE_GUESS, /* nothing but a guess joins them, and the configuration wants it */
};

/* What one report says of another, that of the same call which was booked. */
struct dedupe_found {
    enum duplicate duplicate;
    bool conflicts; /* it names other numbers; of another emitter, other tokens */
    enum completes completes;
};

/* From the event as decoded, before policies, and what was charged for it. `seed` is the
 * ledger's secret: clients cannot choose keys that collide. */
void dedupe_key_of(struct dedupe_key *out, const struct record *r, uint64_t seed);

/* All that is remembered of a report: its own key, those of its span and of the span
 * above it, which only recognise links, and that it gave a call the price it lacked. */
enum { DEDUPE_KEYS_MAX = 4 };

struct dedupe_keys {
    size_t count;
    struct dedupe_key list[DEDUPE_KEYS_MAX];
    uint64_t above[2], below[2]; /* links that would make it a report of a known call */
};

void dedupe_keys_of(struct dedupe_keys *out, const struct record *r, uint64_t seed);

/* Takes address space for `max_bytes` and memory as keys come. */
bool dedupe_open(struct dedupe **out, int64_t horizon_ns, size_t max_bytes,
                 struct err *err);
void dedupe_close(struct dedupe *d);

/* Adds what was added before a restart. */
void dedupe_restore(struct dedupe *d, const struct dedupe_key *key, int64_t added_ns);

/* Looks the report up and adds it as of `now_ns` (commit time, never going back) unless
 * it is a known one sent again; another report of a known call is added as well, so that
 * the next one is recognised by either. *guessed: of the call that it is one of if
 * nothing else says so; or NULL. The oldest are forgotten when the horizon or the memory
 * bound is reached. keys->list then holds the keys->count that were added. */
struct dedupe_found dedupe_add(struct dedupe *d, struct dedupe_keys *keys,
                               const struct dedupe_key *guessed, int64_t now_ns);

/* Takes back the `count` youngest additions: their commit failed. */
void dedupe_undo(struct dedupe *d, size_t count);

/* How far back a repeated report is still recognised, and how many are remembered. */
int64_t dedupe_reach_ns(const struct dedupe *d, int64_t now_ns);
size_t dedupe_count(const struct dedupe *d);
