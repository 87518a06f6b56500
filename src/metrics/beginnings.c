#include "spendwarden/beginnings.h"

#include "spendwarden/hash.h"
#include "spendwarden/timestamp.h"

#define PAUSE_NS (5 * NS_PER_MINUTE)

void beginnings_look(struct beginnings *b, int64_t at_ns, int64_t started_ns)
{
    int64_t before_ns = b->at_ns > started_ns ? b->at_ns : started_ns;

    b->after_pause = at_ns - before_ns > PAUSE_NS;
    b->at_ns = at_ns;
}

void beginnings_forget(struct beginnings *b)
{
    memset(b->of, 0, sizeof b->of);
    b->count = 0;
}

int64_t beginnings_born(struct beginnings *b, struct str series)
{
    uint64_t hash = hash_of(series, 0) | 1;
    size_t at = hash % BEGINNINGS_SLOTS;

    for (; b->of[at].series != 0; at = (at + 1) % BEGINNINGS_SLOTS)
        if (b->of[at].series == hash)
            return b->of[at].born_ns;
    if (b->count == BEGINNINGS_MAX)
        return 0;
    b->count++;
    b->of[at] = (struct beginning){hash, b->after_pause ? 0 : b->at_ns};
    return b->of[at].born_ns;
}
