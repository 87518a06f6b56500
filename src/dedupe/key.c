/* Keys are hashed over length-prefixed pieces, so that no two lists of pieces read the
 * same. */
#include "spendwarden/dedupe.h"
#include "spendwarden/hash.h"

enum { PIECES_MAX = IDENTITY_MAX + 2 };

struct pieces {
    size_t size;
    char at[PIECES_MAX * (sizeof(uint64_t) + TEXT_VALUE_MAX)];
};

static void put(struct pieces *p, const void *bytes, size_t size)
{
    if (size)
        memcpy(p->at + p->size, bytes, size);
    p->size += size;
}

/* A piece longer than any value should be is represented by its hash. */
static void add_piece(struct pieces *p, struct str text, uint64_t seed)
{
    uint64_t size = text.size;

    put(p, &size, sizeof size);
    if (text.size <= TEXT_VALUE_MAX) {
        put(p, text.at, text.size);
        return;
    }
    struct hash128 hash = hash128_of(text, seed);
    put(p, &hash, sizeof hash);
}

static struct hash128 hash_pieces(const struct pieces *p, uint64_t seed)
{
    return hash128_of((struct str){p->at, p->size}, seed);
}

static struct hash128 report_hash(const struct event *ev, uint64_t seed)
{
    struct pieces p = {.size = 0};

    if (ev->identity_count == 0)
        return (struct hash128){0, 0};
    add_piece(&p, ev->text[TEXT_SOURCE], seed);
    add_piece(&p, ev->identity_is_providers ? STR("") : ev->text[TEXT_HASHED_API_KEY],
              seed);
    for (size_t i = 0; i < ev->identity_count; i++)
        add_piece(&p, ev->identity[i], seed);
    return hash_pieces(&p, seed);
}

static struct hash128 pair_hash(struct str a, struct str b, uint64_t seed)
{
    struct pieces p = {.size = 0};

    add_piece(&p, a, seed);
    add_piece(&p, b, seed);
    return hash_pieces(&p, seed);
}

static void link_hash(uint64_t out[2], const char *domain, struct str trace,
                      struct str span, uint64_t seed)
{
    struct pieces p = {.size = 0};

    add_piece(&p, str_of(domain), seed);
    add_piece(&p, trace, seed);
    add_piece(&p, span, seed);
    struct hash128 hash = hash_pieces(&p, seed);
    out[0] = hash.low;
    out[1] = hash.high;
}

static int64_t first_known(int64_t a, int64_t b, int64_t c)
{
    return a ? a : b ? b : c;
}

/* A gateway's own callback and its spans have call id and end of each call in common;
 * clients choose call ids, but no microseconds. Spans may begin later: LiteLLM's of
 * version 2 begin where the provider is called. */
static struct hash128 call_hash(const struct event *ev, uint64_t seed)
{
    int64_t end_us = (ev->end_ns + 500) / 1000;
    struct pieces p = {.size = 0};

    add_piece(&p, STR("call"), seed);
    add_piece(&p, ev->text[TEXT_CALL_ID], seed);
    add_piece(&p, (struct str){(const char *)&end_us, sizeof end_us}, seed);
    return hash_pieces(&p, seed);
}

/* Absent is as good as none, here. */
static uint32_t usage_hash(const struct event *ev, uint64_t seed)
{
    int64_t tokens[] = {ev->count[COUNT_INPUT_TOKENS], ev->count[COUNT_OUTPUT_TOKENS]};

    if (tokens[0] < 0 && tokens[1] < 0)
        return 0;
    for (size_t i = 0; i < 2; i++)
        tokens[i] = tokens[i] > 0 ? tokens[i] : 0;
    return (uint32_t)hash_of((struct str){(const char *)tokens, sizeof tokens}, seed) | 1;
}

static uint32_t cost_hash(const struct event *ev, uint64_t seed)
{
    int64_t nanousd = ev->reported_usd.nanousd;

    if (ev->reported != REPORTED_COST)
        return 0;
    uint64_t hash = hash_of((struct str){(const char *)&nanousd, sizeof nanousd}, seed);
    return ((uint32_t)hash & DEDUPE_COST_MASK) | 1;
}

void dedupe_key_of(struct dedupe_key *out, const struct record *r, uint64_t seed)
{
    const struct event *ev = &r->ev;
    struct hash128 report = report_hash(ev, seed), response = {0, 0};

    if (ev->text[TEXT_RESPONSE_ID].size)
        response = pair_hash(ev->text[TEXT_AI_SYSTEM], ev->text[TEXT_RESPONSE_ID], seed);
    else if (ev->text[TEXT_CALL_ID].size && ev->end_ns)
        response = call_hash(ev, seed);
    struct hash128 emitter = pair_hash(ev->text[TEXT_SOURCE], ev->text[TEXT_SCOPE], seed);
    int64_t start_ns = first_known(ev->start_ns, ev->end_ns, ev->received_ns);
    int64_t end_ns = first_known(ev->end_ns, ev->start_ns, ev->received_ns);
    uint32_t usage = usage_hash(ev, seed);

    *out = (struct dedupe_key){
        .report = {report.low, report.high},
        .response = {response.low, response.high},
        .emitter = emitter.low,
        .start_ms = start_ns / NS_PER_MS,
        .end_ms = end_ns / NS_PER_MS,
        .call = report.low ? report.low : response.low,
        .usage = usage,
        .cost = cost_hash(ev, seed),
        .unpriced = charge_is_unpriced(&r->charge, ev),
        .bare = usage == 0,
        .paid = r->charge.charge.nanousd > 0,
    };
}

/* "span": its own id was reported as a call. "parent": a call was reported below it. */
void dedupe_keys_of(struct dedupe_keys *out, const struct record *r, uint64_t seed)
{
    const struct event *ev = &r->ev;
    struct str trace = ev->text[TEXT_TRACE_ID], span = ev->text[TEXT_SPAN_ID];

    *out = (struct dedupe_keys){.count = 1};
    dedupe_key_of(&out->list[0], r, seed);
    if (!ev->is_span)
        return;
    struct dedupe_key link = out->list[0];
    link.response[0] = link.response[1] = 0;
    link_hash(link.report, "span", trace, span, seed);
    out->list[out->count++] = link;
    link_hash(out->below, "parent", trace, span, seed);
    if (!ev->parent_span_id.size)
        return;
    link_hash(link.report, "parent", trace, ev->parent_span_id, seed);
    out->list[out->count++] = link;
    link_hash(out->above, "span", trace, ev->parent_span_id, seed);
}
