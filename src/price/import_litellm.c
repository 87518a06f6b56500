#include "import.h"

#include <stdio.h>

struct pass {
    struct import *im;
    size_t genai_count;      /* the first drafts are genai-prices\' */
    struct price_book *base; /* genai-prices' entries */
    json_t *done;            /* "provider/model~region": written */
    bool exact_only;         /* the first pass: keys that are a model's own name */
};

static const struct known_provider *provider_of(struct str litellm)
{
    for (size_t i = 0; i < price_known_provider_count; i++) {
        const struct known_provider *p = &price_known_providers[i];
        for (size_t n = 0; n < 14 && p->litellm[n]; n++) {
            struct str name = str_of(p->litellm[n]);
            bool open = name.at[name.size - 1] == '*';
            name.size -= open;
            if (open ? str_starts(litellm, name) : str_eq(litellm, name))
                return p;
        }
    }
    return NULL;
}

static bool names_provider(const struct known_provider *p, struct str name)
{
    if (str_eq(name, str_of(p->id)))
        return true;
    for (size_t i = 0; i < 16 && p->aliases[i]; i++)
        if (str_eq(name, str_of(p->aliases[i])))
            return true;
    return false;
}

/* "us-west-2", "eu": the second part of bedrock/us-west-2/... and azure/eu/... */
static bool is_region(const struct known_provider *p, struct str name)
{
    static const char *const azure[] = {"eu", "us", "global", "global-standard"};

    if (strcmp(p->id, "aws") == 0)
        return name.size > 6 && name.at[name.size - 2] == '-' &&
               name.at[name.size - 1] >= '0' && name.at[name.size - 1] <= '9';
    for (size_t i = 0; strcmp(p->id, "azure") == 0 && i < 4; i++)
        if (str_eq(name, str_of(azure[i])))
            return true;
    return false;
}

static struct str first_part(struct str name)
{
    const char *slash = name.size ? memchr(name.at, '/', name.size) : NULL;

    return slash ? (struct str){name.at, (size_t)(slash - name.at)}
                 : (struct str){NULL, 0};
}

static void take_name(const struct known_provider *p, struct str key, struct str *model,
                      struct str *region)
{
    struct str part = first_part(key);

    *region = (struct str){NULL, 0};
    if (part.size && names_provider(p, part))
        key = str_from(key, part.size + 1);
    part = first_part(key);
    if (part.size && is_region(p, part)) {
        key = str_from(key, part.size + 1);
        *region = str_starts(part, STR("global")) ? *region : part;
    }
    *model = key;
}

/* The standard price on the day of the import, and how it was found. */
static const struct entry *standard_now(const struct pass *p, const struct draft *as,
                                        struct hit *by)
{
    const struct hit *found = NULL;
    struct hits hits;
    struct event ev;
    bool guessed = false;

    event_init(&ev);
    if (!price_read_date(p->im->in->checked, &ev.start_ns))
        return NULL;
    price_lookup(p->base, as->provider, as->model, (struct str){NULL, 0}, &hits);
    for (size_t i = 0; i < hits.count; i++)
        if (hits.items[i].step != STEP_NONE)
            hits.count = (uint8_t)i; /* only names that genai-prices itself knows */
    const struct entry *e = price_choose(p->base, &hits, &ev, &found, &guessed);
    if (e)
        *by = *found; /* it lies in `hits` */
    return e;
}

static bool same_price(const struct entry *e, const struct card *card)
{
    const struct rates *own = &card->by_service[SERVICE_STANDARD].rates;

    for (size_t i = 0; i <= COUNT_OUTPUT_TOKENS; i++)
        if ((e->tiers[0].rates.picousd[i] > 0 || own->picousd[i] > 0) &&
            e->tiers[0].rates.picousd[i] != own->picousd[i])
            return false;
    return true;
}

static struct str date_text(struct import *im, int64_t ns)
{
    char text[TIMESTAMP_TEXT_SIZE];

    if (ns == INT64_MIN || ns == INT64_MAX)
        return (struct str){NULL, 0};
    timestamp_format(text, ns);
    return arena_copy(&im->arena, (struct str){text, 10});
}

static bool claim(struct pass *p, const struct draft *d)
{
    char key[2 * NAME_SIZE_MAX];

    snprintf(key, sizeof key, "%.*s/%.*s~%.*s", STR_ARG(d->provider), STR_ARG(d->model),
             STR_ARG(d->region));
    if (json_object_get(p->done, key))
        return false;
    return json_object_set_new(p->done, key, json_true()) == 0;
}

static void add_draft(struct pass *p, const struct draft *rates, const struct draft *as)
{
    struct draft d = *rates;

    d.provider = as->provider;
    d.model = as->model;
    d.region = as->region;
    d.from = as->from;
    d.to = as->to;
    d.tier_from = str_eq(as->provider, STR("x-ai"));
    import_add(p->im, &d);
}

/* A model of genai-prices may have an id that its own clauses do not match. */
static bool name_is_taken(const struct pass *p, const struct draft *as)
{
    for (size_t i = 0; i < p->genai_count; i++)
        if (str_eq(p->im->drafts[i].provider, as->provider) &&
            str_eq_nocase(p->im->drafts[i].model, as->model))
            return true;
    return false;
}

/* `first`: SERVICE_STANDARD, or SERVICE_BATCH where the standard price is there. */
static void add_card(struct pass *p, const struct card *card, const struct draft *as,
                     int first)
{
    if ((first == SERVICE_STANDARD && name_is_taken(p, as)) || !claim(p, as))
        return;
    for (int s = first; s < SERVICE_COUNT; s++)
        if (card->any[s])
            add_draft(p, &card->by_service[s], as);
}

/* xAI's long-context prices are in LiteLLM's map only. */
static void adopt_tiers(struct pass *p, const struct draft *as, const struct card *card)
{
    const struct draft *standard = &card->by_service[SERVICE_STANDARD];

    for (size_t i = 0; i < p->im->count; i++) {
        struct draft *d = &p->im->drafts[i];
        if (!str_eq(d->provider, as->provider) || !str_eq_nocase(d->model, as->model) ||
            d->tier_count || d->service != SERVICE_STANDARD || d->region.size)
            continue;
        d->tier_count = standard->tier_count;
        memcpy(d->tiers, standard->tiers, sizeof d->tiers);
        d->tier_from = true;
    }
}

/* genai-prices has the model: only its service tiers are added, in the time of the price
 * that they belong to. */
static void add_services(struct pass *p, const struct entry *e, const struct card *card,
                         struct draft *as)
{
    as->model = arena_copy(&p->im->arena, e->model_name);
    as->from = date_text(p->im, e->from_ns);
    as->to = date_text(p->im, e->to_ns);
    if (str_eq(as->provider, STR("x-ai")))
        adopt_tiers(p, as, card);
    add_card(p, card, as, SERVICE_BATCH);
}

/* Under the model's own name a region's price would hide the price elsewhere, which is
 * found by a pattern. */
static void add_region(struct pass *p, const struct entry *e, const struct card *card,
                       struct draft *as)
{
    as->model = arena_copy(&p->im->arena, e->model_name);
    if (!claim(p, as))
        return;
    for (int s = 0; s < SERVICE_COUNT; s++)
        if (card->any[s])
            add_draft(p, &card->by_service[s], as);
}

/* genai-prices takes these for another model of the same family. */
static bool is_misfiled(struct str model)
{
    return str_eq(model, STR("gpt-4o-2024-05-13"));
}

static void add_model(struct pass *p, struct draft *as, const struct card *card)
{
    struct hit by = {0};
    const struct entry *e = standard_now(p, as, &by);
    bool own_name = e && by.via == VIA_PROVIDER && str_eq(e->model_name, as->model);
    bool vague, same;

    if (p->exact_only != own_name)
        return;
    if (e && as->region.size && by.via == VIA_PROVIDER) {
        add_region(p, e, card, as);
        return;
    }
    if (!e || is_misfiled(as->model) || as->region.size) {
        add_card(p, card, as, SERVICE_STANDARD);
        return;
    }
    /* A family's prefix or pattern may hold a model that has a price of its own.
     * Bedrock's are regional prices, which the map gets wrong (LiteLLM issue 42679). */
    vague = by.rung >= RUNG_PREFIX && !str_eq(as->provider, STR("aws"));
    same = same_price(e, card);
    p->im->stats->covered++;
    p->im->stats->differing += !same;
    if (same && by.via == VIA_PROVIDER)
        add_services(p, e, card, as);
    else if (!same && (vague || by.via == VIA_FALLBACK))
        add_card(p, card, as, SERVICE_STANDARD);
}

static struct str lower_copy(struct arena *arena, struct str text)
{
    char *copy = arena_cstr(arena, text);

    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 'a' - 'A');
    return str_of(copy);
}

static void run_pass(struct pass *p)
{
    const char *key;
    json_t *info;

    json_object_foreach(p->im->litellm, key, info)
    {
        const json_t *name = json_object_get(info, "litellm_provider");
        const struct known_provider *known = provider_of(str_of(json_string_value(name)));
        struct draft as = {0};
        struct card card;
        struct str model;
        if (!known || strcmp(key, "sample_spec") == 0 || strstr(key, "commitment")) {
            p->im->stats->unmapped += p->exact_only;
            continue;
        }
        if (!import_read_card(p->im, info, &card)) {
            p->im->stats->unpriced += p->exact_only;
            continue;
        }
        take_name(known, str_of(key), &model, &as.region);
        as.provider = str_of(known->id);
        as.model = lower_copy(&p->im->arena, model);
        if (as.model.size && as.model.size < NAME_SIZE_MAX)
            add_model(p, &as, &card);
    }
}

static struct price_book *base_book(struct import *im, struct err *err)
{
    struct buf text = {0};
    struct diags diags = {0};
    struct price_book *b;

    import_write_head(&text, im);
    for (size_t i = 0; i < im->count; i++) {
        buf_add(&text, i ? STR(",\n") : STR("\n"));
        import_write_draft(&text, &im->drafts[i]);
    }
    buf_add(&text, STR("]}"));
    b = price_book_of_text(buf_str(&text), &diags);
    if (!b)
        err_set(err, ERR_INPUT, "genai-prices: %s",
                diags.count ? diags.items[0].text : "no memory");
    diags_release(&diags);
    buf_release(&text);
    return b;
}

bool import_litellm(struct import *im, struct err *err)
{
    struct pass p = {im, im->count, NULL, json_object(), true};
    size_t inexact = im->stats->inexact;
    bool ok = json_is_object(im->litellm) && p.done;

    if (!ok)
        err_set(err, ERR_INPUT, "LiteLLM's map: an object of models is expected");
    else
        p.base = base_book(im, err);
    if (p.base) {
        run_pass(&p);
        p.exact_only = false;
        im->stats->inexact = inexact; /* the second pass reads the same rates again */
        run_pass(&p);
    }
    ok = p.base != NULL;
    price_book_free(p.base);
    json_decref(p.done);
    return ok;
}
