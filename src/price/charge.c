#include "parts.h"

/* One pricing: who asks, by which table, and what comes of it. */
struct work {
    const struct price_book *book;
    const struct event *ev;
    const struct entry *entry;
    struct charge *charge;
    bool guessed;
    int64_t leaf[UNIT_COUNT]; /* disjoint parts of the usage, each with a rate */
};

static int64_t used(const struct event *ev, enum count_field field)
{
    return ev->count[field] > 0 ? ev->count[field] : 0;
}

static bool has_usage(const struct event *ev)
{
    for (int i = 0; i <= COUNT_USAGE_LAST; i++)
        if (ev->count[i] > 0)
            return true;
    return false;
}

/* --- what was used --- */

static bool has(const struct rates *r, enum count_field unit)
{
    return r->picousd[unit] >= 0;
}

/* Takes the tokens apart. A part without a rate stays in its parent. */
static void split_input(struct work *w, const struct rates *r)
{
    const struct event *ev = w->ev;
    int64_t *leaf = w->leaf;
    int64_t audio = used(ev, COUNT_CACHE_READ_AUDIO_TOKENS);
    int64_t image = used(ev, COUNT_CACHE_READ_IMAGE_TOKENS);
    int64_t hour = used(ev, COUNT_CACHE_WRITE_1H_TOKENS);
    bool read = has(r, COUNT_CACHE_READ_TOKENS);
    bool own_audio = has(r, COUNT_CACHE_READ_AUDIO_TOKENS);
    bool own_image = has(r, COUNT_CACHE_READ_IMAGE_TOKENS);

    leaf[COUNT_CACHE_READ_AUDIO_TOKENS] = own_audio ? audio : 0;
    leaf[COUNT_CACHE_READ_IMAGE_TOKENS] = own_image ? image : 0;
    leaf[COUNT_CACHE_WRITE_1H_TOKENS] = has(r, COUNT_CACHE_WRITE_1H_TOKENS) ? hour : 0;
    if (read && ev->count[COUNT_CACHE_READ_TOKENS] >= 0)
        leaf[COUNT_CACHE_READ_TOKENS] = ev->count[COUNT_CACHE_READ_TOKENS] -
                                        leaf[COUNT_CACHE_READ_AUDIO_TOKENS] -
                                        leaf[COUNT_CACHE_READ_IMAGE_TOKENS];
    if (has(r, COUNT_CACHE_WRITE_TOKENS) && ev->count[COUNT_CACHE_WRITE_TOKENS] >= 0)
        leaf[COUNT_CACHE_WRITE_TOKENS] =
            ev->count[COUNT_CACHE_WRITE_TOKENS] - leaf[COUNT_CACHE_WRITE_1H_TOKENS];
    /* Cached audio is in both the cache's and the audio's count. */
    if (has(r, COUNT_INPUT_AUDIO_TOKENS) && ev->count[COUNT_INPUT_AUDIO_TOKENS] >= 0)
        leaf[COUNT_INPUT_AUDIO_TOKENS] =
            ev->count[COUNT_INPUT_AUDIO_TOKENS] - (own_audio || read ? audio : 0);
    if (has(r, COUNT_INPUT_IMAGE_TOKENS) && ev->count[COUNT_INPUT_IMAGE_TOKENS] >= 0)
        leaf[COUNT_INPUT_IMAGE_TOKENS] =
            ev->count[COUNT_INPUT_IMAGE_TOKENS] - (own_image || read ? image : 0);
    if (has(r, COUNT_INPUT_VIDEO_TOKENS))
        leaf[COUNT_INPUT_VIDEO_TOKENS] = used(ev, COUNT_INPUT_VIDEO_TOKENS);
}

/* The others up to the citations are parts of the input. */
static const bool output_part[UNIT_COUNT] = {
    [COUNT_REASONING_TOKENS] = true,    [COUNT_OUTPUT_AUDIO_TOKENS] = true,
    [COUNT_OUTPUT_IMAGE_TOKENS] = true, [COUNT_OUTPUT_VIDEO_TOKENS] = true,
    [COUNT_CITATION_TOKENS] = true,
};

static void split_output(struct work *w, const struct rates *r)
{
    for (int unit = COUNT_OUTPUT_TOKENS + 1; unit <= COUNT_CITATION_TOKENS; unit++)
        if (output_part[unit] && r->picousd[unit] >= 0)
            w->leaf[unit] = used(w->ev, (enum count_field)unit);
}

/* What is left of input and output; where the whole was not reported it is its parts. */
static void split_wholes(struct work *w)
{
    int64_t parts[2] = {0, 0};

    for (int unit = COUNT_OUTPUT_TOKENS + 1; unit <= COUNT_CITATION_TOKENS; unit++)
        parts[output_part[unit]] += w->leaf[unit];
    for (int whole = 0; whole < 2; whole++) {
        bool absent = w->ev->count[whole] < 0;
        w->leaf[whole] = absent ? 0 : w->ev->count[whole] - parts[whole];
        w->guessed |= absent && parts[whole] > 0 && whole == COUNT_INPUT_TOKENS;
    }
}

static bool parts_within_wholes(const struct event *ev)
{
    int64_t cached, output = ev->count[COUNT_OUTPUT_TOKENS];
    int64_t input = ev->count[COUNT_INPUT_TOKENS];

    if (__builtin_add_overflow(used(ev, COUNT_CACHE_READ_TOKENS),
                               used(ev, COUNT_CACHE_WRITE_TOKENS), &cached))
        return false;
    if (input >= 0 && cached > input)
        return false;
    return output < 0 || used(ev, COUNT_REASONING_TOKENS) <= output;
}

/* --- what it costs --- */

static bool add_component(struct work *w, int unit, int64_t quantity, int64_t picousd)
{
    struct charge *c = w->charge;
    struct component *component = &c->components[c->component_count];

    if (c->component_count == COMPONENTS_MAX)
        return false;
    *component = (struct component){price_units[unit].name, quantity, {picousd}, {0}};
    if (!money_of_units(&component->amount, (uint64_t)quantity, component->rate) ||
        !money_add(&c->computed, component->amount))
        return false;
    c->component_count++;
    return true;
}

static const struct context_tier *tier_of(const struct entry *e, const struct event *ev)
{
    int64_t basis = used(ev, COUNT_INPUT_TOKENS);
    const struct context_tier *tier = e->tiers;

    if (e->basis == BASIS_UNCACHED_INPUT)
        basis -= used(ev, COUNT_CACHE_READ_TOKENS);
    for (size_t i = 1; i < e->tier_count && !e->graduated; i++)
        if (e->tiers[i].above < basis + e->tier_from)
            tier = &e->tiers[i];
    return tier;
}

/* Each bracket of the quantity at its own rate. */
static bool add_graduated(struct work *w, int unit, int64_t quantity)
{
    const struct entry *e = w->entry;

    for (size_t i = 0; i < e->tier_count; i++) {
        int64_t from = i == 0 ? 0 : e->tiers[i].above;
        int64_t to = i + 1 < e->tier_count ? e->tiers[i + 1].above : INT64_MAX;
        int64_t part = (quantity < to ? quantity : to) - from;
        if (part > 0 && !add_component(w, unit, part, e->tiers[i].rates.picousd[unit]))
            return false;
    }
    return true;
}

static void note_missing_rates(struct work *w, const struct rates *r)
{
    for (int unit = 0; unit < UNIT_COUNT; unit++) {
        const struct unit *u = &price_units[unit];
        if (w->ev->count[unit] <= 0 || r->picousd[unit] >= 0 || unit == COUNT_REQUESTS)
            continue;
        if (u->parent < 0)
            w->guessed |= unit == COUNT_WEB_SEARCHES || w->leaf[unit] > 0;
        else if (!u->parent_rate_is_use || w->entry->missing == MISSING_INCOMPLETE)
            w->guessed = true;
    }
}

static enum price_status add_components(struct work *w, const struct rates *r)
{
    for (int unit = 0; unit < UNIT_COUNT; unit++) {
        bool ok = true;
        if (w->leaf[unit] < 0)
            return PRICE_INVALID_USAGE;
        if (w->leaf[unit] == 0 || r->picousd[unit] < 0)
            continue;
        if (w->entry->graduated)
            ok = add_graduated(w, unit, w->leaf[unit]);
        else
            ok = add_component(w, unit, w->leaf[unit], r->picousd[unit]);
        if (!ok)
            return PRICE_INVALID_USAGE;
    }
    if (w->charge->component_count == 0)
        return PRICE_UNPRICED;
    return w->guessed ? PRICE_PARTIAL : PRICE_EXACT;
}

static enum price_status compute_usage(struct work *w)
{
    const struct rates *r = &tier_of(w->entry, w->ev)->rates;
    int64_t requests = w->ev->count[COUNT_REQUESTS];
    bool any = has_usage(w->ev);

    if (!any && !has(r, COUNT_REQUESTS))
        return PRICE_USAGE_MISSING;
    if (!any && requests < 0 && w->ev->count[COUNT_INPUT_TOKENS] < 0 &&
        w->ev->count[COUNT_OUTPUT_TOKENS] < 0)
        return PRICE_USAGE_MISSING;
    if (!parts_within_wholes(w->ev))
        return PRICE_INVALID_USAGE;
    memset(w->leaf, 0, sizeof w->leaf);
    split_input(w, r);
    split_output(w, r);
    split_wholes(w);
    if (has(r, COUNT_REQUESTS))
        w->leaf[COUNT_REQUESTS] = requests < 0 ? 1 : requests;
    w->leaf[COUNT_WEB_SEARCHES] = used(w->ev, COUNT_WEB_SEARCHES);
    note_missing_rates(w, r);
    return add_components(w, r);
}

static enum price_status compute(struct work *w, const struct hits *hits)
{
    struct charge *c = w->charge;
    const struct hit *by = NULL;

    w->entry = price_choose(w->book, hits, w->ev, &by, &w->guessed);
    if (!w->entry)
        return PRICE_UNPRICED;
    w->guessed |= price_guessed(by);
    c->entry = w->entry->id;
    c->matched_by = price_matched_by(by);
    return w->entry->included ? PRICE_INCLUDED : compute_usage(w);
}

static void charge_clear(struct charge *c)
{
    c->status = PRICE_EXACT;
    c->has_computed = false;
    c->computed = c->charge = c->billed = (struct money){0};
    c->entry = c->matched_by = (struct str){NULL, 0};
    c->component_count = c->step_count = 0;
}

/* Fills c->computed and c->status for the models named. */
static void price(const struct price_book *b, struct price_cache *cache,
                  const struct event *ev, struct str response, struct str requested,
                  struct charge *c)
{
    struct work w = {.book = b, .ev = ev, .charge = c};

    if (response.size == 0 && requested.size == 0)
        c->status = PRICE_MODEL_MISSING;
    else
        c->status = compute(
            &w, price_cached(b, cache, ev->text[TEXT_AI_SYSTEM], response, requested));
    c->has_computed = c->status <= PRICE_INCLUDED;
    if (c->has_computed)
        return;
    c->computed = (struct money){0};
    c->component_count = 0;
}

static struct money booked(const struct price_book *b, const struct charge *c,
                           const struct event *ev)
{
    bool reported = ev->reported == REPORTED_COST;

    if (c->status == PRICE_INCLUDED)
        return (struct money){0};
    if (reported && (b->basis == CHARGE_REPORTED || !c->has_computed))
        return ev->reported_usd;
    return c->computed;
}

void price_record(const struct price_book *b, struct price_cache *c, struct record *r)
{
    const struct event *ev = &r->ev;
    bool free_failure =
        ev->outcome == OUTCOME_FAILURE && ev->reported != REPORTED_COST && !has_usage(ev);

    charge_clear(&r->charge);
    if (free_failure)
        r->charge.has_computed = true;
    else
        price(b, c, ev, ev->text[TEXT_RESPONSE_MODEL], ev->text[TEXT_REQUESTED_MODEL],
              &r->charge);
    if (ev->reported == REPORTED_INCLUDED ||
        (ev->cache_hit && ev->reported != REPORTED_COST))
        r->charge.status = PRICE_INCLUDED;
    r->charge.charge = r->charge.billed = booked(b, &r->charge, ev);
}

bool price_at_model(const struct price_book *b, struct price_cache *c,
                    const struct record *r, struct str model, struct money *out)
{
    struct charge other;

    charge_clear(&other);
    price(b, c, &r->ev, model, model, &other);
    if (other.has_computed)
        *out = other.computed;
    return other.has_computed;
}
