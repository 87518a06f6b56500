#include "parts.h"

#include <stdlib.h>

enum { PRIORITY_TIMES_MAX = 10 };

#define TOKEN_PICOUSD_MAX INT64_C(1000000000) /* $1000 per million */

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order;

    if (a->provider != b->provider)
        return a->provider < b->provider ? -1 : 1;
    if (a->layer != b->layer)
        return a->layer > b->layer ? -1 : 1;
    order = str_compare(a->model_name, b->model_name);
    if (order == 0)
        order = str_compare(a->service_tier, b->service_tier);
    if (order == 0)
        order = str_compare(a->region, b->region);
    if (order == 0)
        order = (a->has_hours > b->has_hours) - (a->has_hours < b->has_hours);
    if (order == 0)
        order = (a->from_ns > b->from_ns) - (a->from_ns < b->from_ns);
    if (order == 0)
        order = (a->position > b->position) - (a->position < b->position);
    return order;
}

static bool same_model(const struct entry *a, const struct entry *b)
{
    return a->provider == b->provider && a->layer == b->layer &&
           str_eq(a->model_name, b->model_name);
}

static void check_overlap(const struct entry *a, const struct entry *b,
                          struct diags *diags)
{
    if (a->has_hours || b->has_hours || !same_model(a, b) ||
        !str_eq(a->service_tier, b->service_tier) || !str_eq(a->region, b->region))
        return;
    if (a->to_ns > b->from_ns)
        diags_add(diags, b->file, b->line, b->column,
                  "entry %zu, %.*s: its dates overlap those of entry %zu",
                  b->position + 1, STR_ARG(b->id), a->position + 1);
}

static bool read_match(struct price_book *b, struct model *m, struct diags *diags)
{
    for (size_t i = m->first; i < m->first + m->count; i++) {
        const struct entry *e = &b->entries[i];
        struct reading reading = {b, diags, e->file, e->layer, false};
        struct clauses match;
        if (!e->match)
            continue;
        if (!price_read_clauses(&reading, e->match, &match)) {
            price_release_clauses(&match);
            return false;
        }
        if (m->match.count == 0) {
            m->match = match;
        } else {
            bool same = price_same_clauses(&m->match, &match);
            price_release_clauses(&match);
            if (!same)
                diags_add(diags, e->file, e->line, e->column,
                          "entry %zu, %.*s: its match differs from that of the model's "
                          "other entries",
                          e->position + 1, STR_ARG(e->id));
        }
    }
    return true;
}

/* The same model in the nearest layer below; these are sorted by layer, upper first. */
static const struct model *lower_layer(const struct price_book *b, const struct model *m)
{
    const struct model *end = b->models + b->model_count;

    for (const struct model *other = m + 1; other < end; other++)
        if (other->provider == m->provider && str_eq(other->name, m->name))
            return other;
    return NULL;
}

/* Without a match of its own: that of the same model in a lower layer, so that an
 * overlay reprices all its names; else its name. */
static bool inherit_match(struct price_book *b, struct model *m)
{
    const struct model *lower = lower_layer(b, m);
    size_t count = lower ? lower->match.count : 0;
    struct clause *items = arena_alloc(&b->arena, (count + 1) * sizeof *items);

    if (!items)
        return false;
    if (count)
        memcpy(items, lower->match.items, count * sizeof *items);
    items[count] = (struct clause){CLAUSE_EQUALS, m->name, NULL};
    m->match = (struct clauses){count + 1, items};
    m->inherits = true;
    return true;
}

static size_t count_models(const struct price_book *b)
{
    size_t count = 0;

    for (size_t i = 0; i < b->entry_count; i++)
        count += i == 0 || !same_model(&b->entries[i - 1], &b->entries[i]);
    return count;
}

static void find_models(struct price_book *b, struct diags *diags)
{
    for (size_t i = 0; i < b->entry_count; i++) {
        struct entry *e = &b->entries[i];
        if (i > 0)
            check_overlap(e - 1, e, diags);
        if (i == 0 || !same_model(e - 1, e)) {
            struct provider *p = &b->providers[e->provider];
            if (p->count++ == 0)
                p->first = b->model_count;
            b->models[b->model_count++] = (struct model){
                e->provider, e->layer, e->model_name, {0, NULL}, false, i, 0};
        }
        e->model = (uint32_t)(b->model_count - 1);
        b->models[e->model].count++;
    }
}

static void check_same_match(const struct price_book *b, struct diags *diags)
{
    for (size_t i = 0; i < b->model_count; i++)
        for (size_t j = i + 1; j < b->model_count; j++) {
            const struct model *a = &b->models[i], *other = &b->models[j];
            const struct entry *e = &b->entries[other->first];
            if (a->provider != other->provider || a->layer != other->layer)
                break;
            if (price_same_clauses(&a->match, &other->match))
                diags_add(diags, e->file, e->line, e->column,
                          "entry %zu, %.*s: same match as %.*s", e->position + 1,
                          STR_ARG(e->id), STR_ARG(a->name));
        }
}

static void link_fallback(const struct price_book *b, struct str name, uint32_t *out)
{
    for (size_t i = 0; i < b->provider_count; i++)
        if (str_eq(b->providers[i].id, name))
            *out = (uint32_t)i;
}

static void link_fallbacks(struct price_book *b)
{
    for (size_t i = 0; i < b->provider_count; i++) {
        struct provider *p = &b->providers[i];
        for (size_t f = 0; f < p->fallback_count; f++)
            link_fallback(b, p->fallback_names[f], &p->fallbacks[f]);
    }
}

bool price_group(struct price_book *b, struct diags *diags)
{
    bool ok = true;

    if (b->entry_count)
        qsort(b->entries, b->entry_count, sizeof *b->entries, compare_entries);
    b->models = calloc(count_models(b) + 1, sizeof *b->models);
    if (!b->models)
        return false;
    find_models(b, diags);
    link_fallbacks(b);
    for (size_t i = 0; i < b->model_count; i++)
        ok &= read_match(b, &b->models[i], diags);
    for (size_t i = b->model_count; i-- > 0;)
        if (b->models[i].match.count == 0)
            ok &= inherit_match(b, &b->models[i]);
    check_same_match(b, diags);
    return ok;
}

static const struct entry *standard_of(const struct price_book *b, const struct entry *e)
{
    const struct model *m = &b->models[e->model];

    for (size_t i = m->first; i < m->first + m->count; i++) {
        const struct entry *other = &b->entries[i];
        if (str_eq(other->service_tier, STR("standard")) && !other->included &&
            str_eq(other->region, e->region) && !other->has_hours &&
            other->from_ns < e->to_ns && e->from_ns < other->to_ns)
            return other;
    }
    return NULL;
}

/* A rate of `e` against the standard tier's: more than `times` of it. */
static bool above_standard(const struct price_book *b, const struct entry *e, int times)
{
    const struct entry *standard = standard_of(b, e);

    for (size_t unit = 0; standard && unit <= COUNT_OUTPUT_TOKENS; unit++) {
        int64_t base = standard->tiers[0].rates.picousd[unit];
        int64_t own = e->tiers[0].rates.picousd[unit];
        if (base > 0 && own / times > base)
            return true;
    }
    return false;
}

/* What is wrong with it, or NULL. */
static const char *out_of_bounds(const struct price_book *b, const struct entry *e)
{
    for (size_t i = 0; i < e->tier_count; i++) {
        const int64_t *rate = e->tiers[i].rates.picousd;
        for (size_t unit = 0; unit <= COUNT_CITATION_TOKENS; unit++)
            if (rate[unit] > TOKEN_PICOUSD_MAX)
                return "a token rate is above $1000 per million";
        if (rate[COUNT_INPUT_TOKENS] >= 0 &&
            rate[COUNT_CACHE_READ_TOKENS] > rate[COUNT_INPUT_TOKENS])
            return "cache_read_mtok is above input_mtok";
    }
    if (e->included)
        return NULL;
    if ((str_eq(e->service_tier, STR("batch")) || str_eq(e->service_tier, STR("flex"))) &&
        above_standard(b, e, 1))
        return "batch or flex is dearer than standard";
    if (str_eq(e->service_tier, STR("priority")) &&
        above_standard(b, e, PRIORITY_TIMES_MAX))
        return "priority is more than 10 times standard";
    return NULL;
}

void price_check(struct price_book *b, struct diags *diags)
{
    for (size_t i = 0; i < b->entry_count; i++) {
        struct entry *e = &b->entries[i];
        const char *wrong = out_of_bounds(b, e);
        if (!wrong || (e->has_reason && !b->imported[e->layer]))
            continue;
        if (b->imported[e->layer]) {
            e->quarantined = true;
            b->quarantined++;
        } else {
            diags_add(diags, e->file, e->line, e->column,
                      "entry %zu, %.*s: %s; if it is meant so, give a reason",
                      e->position + 1, STR_ARG(e->id), wrong);
        }
    }
}
