#include "parts.h"

enum { PROVIDER_UNNAMED = -1, PROVIDER_UNKNOWN = -2 };

#define TEXTS(via)                                                                       \
    {                                                                                    \
        via "exact", via "alias", via "prefix", via "pattern",                           \
            via "gateway prefix stripped", via "variant stripped",                       \
            via "@version stripped", via "fine-tuned", via "region prefix stripped",     \
            via "version stripped", via "date stripped"                                  \
    }

static const char *const matched_by[][11] = {
    [VIA_PROVIDER] = TEXTS(""),
    [VIA_MODEL_ONLY] = TEXTS("provider by model, "),
    [VIA_FALLBACK] = TEXTS("fallback provider, "),
};

struct str price_matched_by(const struct hit *hit)
{
    size_t text = hit->step == STEP_NONE ? hit->rung : 3u + hit->step;

    return str_of(matched_by[hit->via][text]);
}

bool price_guessed(const struct hit *hit)
{
    return hit->step == STEP_VARIANT || hit->step >= STEP_REGION_PREFIX;
}

int64_t price_provider(const struct price_book *b, struct str name)
{
    for (size_t i = 0; name.size && i < b->provider_count; i++) {
        const struct provider *p = &b->providers[i];
        if (str_eq_nocase(p->id, name))
            return (int64_t)i;
        for (size_t a = 0; a < p->alias_count; a++)
            if (str_eq_nocase(p->aliases[a], name))
                return (int64_t)i;
    }
    return -1;
}

/* "openai/gpt-4o" names its provider; else a model that only one provider claims. */
static int64_t provider_of_model(const struct price_book *b, const struct forms *f)
{
    struct str name = f->items[0].name;
    const char *slash = memchr(name.at, '/', name.size);
    int64_t found = -1;
    size_t length;

    if (slash) {
        found = price_provider(b, (struct str){name.at, (size_t)(slash - name.at)});
        if (found >= 0)
            return found;
    }
    for (size_t i = 0; i < b->provider_count; i++) {
        const struct clauses *claims = &b->providers[i].models;
        if (price_match(claims, (struct str){NULL, 0}, name, &length) == RUNG_NONE)
            continue;
        if (found >= 0)
            return -1;
        found = (int64_t)i;
    }
    return found;
}

struct best {
    enum rung rung;
    size_t length;
    uint32_t model;
};

/* Another provider's public price may stand in; what an operator has agreed with that one
 * may not. */
static bool may_stand_in(const struct price_book *b, const struct model *m, enum via via)
{
    return via != VIA_FALLBACK || b->imported[m->layer];
}

static void match_models(const struct price_book *b, const struct provider *p,
                         enum via via, struct str name, struct best best[LAYERS_MAX])
{
    for (size_t i = p->first; i < p->first + p->count; i++) {
        const struct model *m = &b->models[i];
        struct best *held = &best[m->layer];
        size_t length;
        if (!may_stand_in(b, m, via))
            continue;
        enum rung rung = price_match(&m->match, m->name, name, &length);
        if (rung < held->rung ||
            (rung == held->rung && rung != RUNG_NONE && length > held->length))
            *held = (struct best){rung, length, (uint32_t)i};
    }
}

/* Adds the best model of each layer. */
static bool match_form(const struct price_book *b, int64_t provider,
                       const struct form *form, enum via via, struct hits *out)
{
    struct best best[LAYERS_MAX];
    size_t before = out->count;

    for (size_t i = 0; i < LAYERS_MAX; i++)
        best[i] = (struct best){RUNG_NONE, 0, 0};
    if (via != VIA_FALLBACK)
        match_models(b, &b->providers[PROVIDER_ANY], via, form->name, best);
    if (provider > PROVIDER_ANY)
        match_models(b, &b->providers[provider], via, form->name, best);
    for (size_t i = LAYERS_MAX; i-- > 0;)
        if (best[i].rung != RUNG_NONE && out->count < HITS_MAX)
            out->items[out->count++] = (struct hit){
                best[i].model, (uint8_t)via, (uint8_t)form->step, (uint8_t)best[i].rung};
    return out->count > before;
}

static bool match_forms(const struct price_book *b, int64_t provider,
                        const struct forms *f, enum via via, struct hits *out)
{
    for (size_t i = 0; i < f->count; i++)
        if (match_form(b, provider, &f->items[i], via, out))
            return true;
    return false;
}

static void match_fallbacks(const struct price_book *b, int64_t provider,
                            const struct forms *f, struct hits *out)
{
    const struct provider *p = &b->providers[provider];

    for (size_t i = 0; i < p->fallback_count; i++)
        if (p->fallbacks[i] != PROVIDER_ANY)
            match_forms(b, p->fallbacks[i], f, VIA_FALLBACK, out);
}

static bool match_name(const struct price_book *b, int64_t provider, struct str name,
                       struct hits *out)
{
    enum via via = provider == PROVIDER_UNNAMED ? VIA_MODEL_ONLY : VIA_PROVIDER;
    struct forms forms;

    price_forms(&forms, name);
    if (forms.count == 0)
        return false;
    if (provider == PROVIDER_UNNAMED)
        provider = provider_of_model(b, &forms);
    match_forms(b, provider, &forms, via, out);
    if (provider >= 0)
        match_fallbacks(b, provider, &forms, out);
    if (forms.region.size && forms.region.size <= sizeof out->region) {
        out->region_size = (uint8_t)forms.region.size;
        memcpy(out->region, forms.region.at, forms.region.size);
    }
    return out->count > 0;
}

void price_lookup(const struct price_book *b, struct str provider, struct str response,
                  struct str requested, struct hits *out)
{
    /* A provider that no book knows must not be priced as another one that serves a
     * model of the same name: a self-hosted llama is not Groq's. */
    int64_t index = price_provider(b, provider);
    int64_t unknown = provider.size ? PROVIDER_UNKNOWN : PROVIDER_UNNAMED;

    memset(out, 0, sizeof *out);
    index = index < 0 ? unknown : index;
    if (!match_name(b, index, response, out) && !str_eq(response, requested))
        match_name(b, index, requested, out);
}
