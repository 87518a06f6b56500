#include "parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const entry_keys[] = {"provider", "model",
                                         "match",    "from",
                                         "to",       "service_tier",
                                         "region",   "rates",
                                         "tiers",    "tier_basis",
                                         "tier_op",  "tier_mode",
                                         "schedule", "missing_rate_policy",
                                         "included", "reason",
                                         "source",   "note"};

static const char *const book_keys[] = {"format", "book",    "kind",      "currency",
                                        "notice", "sources", "providers", "entries"};

static const char *const provider_keys[] = {"id", "aliases", "fallback", "models"};

enum {
    ENTRY_KEYS = sizeof entry_keys / sizeof *entry_keys,
    BOOK_KEYS = sizeof book_keys / sizeof *book_keys,
    PROVIDER_KEYS = sizeof provider_keys / sizeof *provider_keys,
};

void price_complain(const struct reading *r, const struct yaml_node *at,
                    const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diags_add(r->diags, r->file, at ? at->line : 0, at ? at->column : 0, "%s", text);
}

static bool known_keys(const struct reading *r, const struct yaml_node *map,
                       const char *const *keys, size_t count, const char *what)
{
    bool ok = true;

    for (size_t i = 0; i < map->count; i++) {
        struct str key = map->keys[i].text;
        const char *nearest;
        size_t k = 0;
        while (k < count && !str_eq(key, str_of(keys[k])))
            k++;
        if (k < count)
            continue;
        nearest = str_nearest(key, keys, count);
        price_complain(r, &map->keys[i], "%s: unknown key \"%.*s\"%s%s%s", what,
                       STR_ARG(key), nearest ? "; did you mean \"" : "",
                       nearest ? nearest : "", nearest ? "\"?" : "");
        ok = false;
    }
    return ok;
}

static struct str text_of(const struct yaml_node *map, struct str key)
{
    const struct yaml_node *node = yaml_get(map, key);

    if (!node || node->kind != YAML_SCALAR || yaml_is_null(node))
        return (struct str){NULL, 0};
    return node->text;
}

/* In the book's arena and in lower case; `otherwise` if there is none. */
static struct str name_of(const struct reading *r, const struct yaml_node *map,
                          struct str key, const char *otherwise)
{
    struct str text = text_of(map, key);
    char *copy = arena_cstr(&r->book->arena, text.size ? text : str_of(otherwise));

    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 'a' - 'A');
    return str_of(copy);
}

static bool grow(void **items, size_t *capacity, size_t count, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *larger;

    if (count < *capacity)
        return true;
    larger = realloc(*items, wanted * size);
    if (!larger)
        return false;
    *items = larger;
    *capacity = wanted;
    return true;
}

/* The index of a provider, which is made if it is new; -1: no memory. */
static int64_t provider_named(struct price_book *b, struct str id)
{
    struct provider *p;

    int64_t found = price_provider(b, id);

    if (found >= 0)
        return found;
    if (!grow((void **)&b->providers, &b->provider_capacity, b->provider_count,
              sizeof *p))
        return -1;
    p = &b->providers[b->provider_count];
    memset(p, 0, sizeof *p);
    p->id = id;
    return (int64_t)b->provider_count++;
}

bool price_book_start(struct price_book *b)
{
    return provider_named(b, STR("*")) == PROVIDER_ANY;
}

static bool read_names(const struct reading *r, const struct yaml_node *list,
                       struct str *names, size_t *count, size_t most, const char *what)
{
    if (!list)
        return true;
    if (list->kind != YAML_LIST || *count + list->count > most) {
        price_complain(r, list, "provider: %s must be a list of at most %zu", what, most);
        return false;
    }
    for (size_t i = 0; i < list->count; i++)
        names[(*count)++] = arena_copy(&r->book->arena, list->values[i].text);
    return true;
}

static void read_provider(struct reading *r, const struct yaml_node *node)
{
    const struct yaml_node *models;
    struct provider *p;
    int64_t index;

    if (node->kind != YAML_MAP || !text_of(node, STR("id")).size) {
        price_complain(r, node, "provider: id is missing");
        return;
    }
    known_keys(r, node, provider_keys, PROVIDER_KEYS, "provider");
    index = provider_named(r->book, name_of(r, node, STR("id"), ""));
    if (index < 0)
        return;
    p = &r->book->providers[index];
    read_names(r, yaml_get(node, STR("aliases")), p->aliases, &p->alias_count,
               ALIASES_MAX, "aliases");
    read_names(r, yaml_get(node, STR("fallback")), p->fallback_names, &p->fallback_count,
               FALLBACKS_MAX, "fallback");
    models = yaml_get(node, STR("models"));
    if (models && p->models.count == 0)
        price_read_clauses(r, models, &p->models);
}

static bool read_period(const struct reading *r, const struct yaml_node *node,
                        struct entry *e)
{
    struct str from = text_of(node, STR("from")), to = text_of(node, STR("to"));

    e->from_ns = INT64_MIN;
    e->to_ns = INT64_MAX;
    if ((from.size && !price_read_date(from, &e->from_ns)) ||
        (to.size && !price_read_date(to, &e->to_ns))) {
        price_complain(r, node, "%.*s: from and to are dates, as 2026-08-21",
                       STR_ARG(e->id));
        return false;
    }
    if (e->from_ns >= e->to_ns) {
        price_complain(r, node, "%.*s: from must be before to", STR_ARG(e->id));
        return false;
    }
    return true;
}

/* One of `names`, by index; *out keeps its value if the key is absent. */
static bool read_choice(const struct reading *r, const struct yaml_node *node,
                        struct str key, const char *const *names, size_t count, int *out)
{
    struct str text = text_of(node, key);

    if (!text.size)
        return true;
    for (size_t i = 0; i < count; i++)
        if (str_eq(text, str_of(names[i]))) {
            *out = (int)i;
            return true;
        }
    price_complain(r, node, "%.*s: \"%.*s\" is not one of %s, %s%s%s", STR_ARG(key),
                   STR_ARG(text), names[0], names[1], count > 2 ? ", " : "",
                   count > 2 ? names[2] : "");
    return false;
}

static bool read_choices(const struct reading *r, const struct yaml_node *node,
                         struct entry *e)
{
    static const char *const policies[] = {"parent", "zero", "incomplete"};
    static const char *const bases[] = {"total_input", "uncached_input"};
    static const char *const ops[] = {"gt", "ge"};
    static const char *const modes[] = {"cliff", "graduated"};
    int missing = 0, basis = 0, op = 0, mode = 0;
    bool ok = read_choice(r, node, STR("missing_rate_policy"), policies, 3, &missing) &&
              read_choice(r, node, STR("tier_basis"), bases, 2, &basis) &&
              read_choice(r, node, STR("tier_op"), ops, 2, &op) &&
              read_choice(r, node, STR("tier_mode"), modes, 2, &mode);
    const struct yaml_node *included = yaml_get(node, STR("included"));

    e->missing = (enum missing_rate)missing;
    e->basis = (enum tier_basis)basis;
    e->tier_from = op == 1;
    e->graduated = mode == 1;
    e->has_reason = text_of(node, STR("reason")).size > 0;
    if (included && !yaml_bool(included, &e->included)) {
        price_complain(r, included, "%.*s: included is true or false", STR_ARG(e->id));
        return false;
    }
    return ok;
}

static struct str entry_id(const struct reading *r, const struct yaml_node *node,
                           struct str provider, const struct entry *e)
{
    struct buf text = {0};
    struct str from = text_of(node, STR("from")), id;

    buf_format(&text, "%.*s/%.*s", STR_ARG(provider), STR_ARG(e->model_name));
    if (from.size)
        buf_format(&text, "@%.*s", STR_ARG(from));
    if (!str_eq(e->service_tier, STR("standard")) && !str_eq(e->service_tier, STR("*")))
        buf_format(&text, "+%.*s", STR_ARG(e->service_tier));
    if (!str_eq(e->region, STR("*")))
        buf_format(&text, "~%.*s", STR_ARG(e->region));
    id = arena_copy(&r->book->arena, buf_str(&text));
    buf_release(&text);
    return id;
}

static bool push(const struct reading *r, const struct entry *e)
{
    struct price_book *b = r->book;

    if (b->entry_count >= ENTRIES_MAX ||
        !grow((void **)&b->entries, &b->entry_capacity, b->entry_count, sizeof *e))
        return false;
    b->entries[b->entry_count++] = *e;
    return true;
}

/* At these hours another entry with these rates holds. */
static bool read_schedule(const struct reading *r, const struct yaml_node *node,
                          const struct rates *base, const struct entry *e)
{
    struct entry timed = *e;
    struct rates rates = *base;
    const struct yaml_node *own = yaml_get(node, STR("rates"));
    char id[NAME_SIZE_MAX];

    snprintf(id, sizeof id, "%.*s", STR_ARG(e->id));
    if (!own) {
        price_complain(r, node, "%s: a schedule needs rates", id);
        return false;
    }
    timed.has_hours = true;
    return price_read_hours(r, node, &timed.hours) &&
           price_read_rates(r, own, &rates, id) &&
           price_read_tiers(r, NULL, &timed, &rates) && push(r, &timed);
}

static void fill_missing(struct rates *rates, enum missing_rate missing)
{
    for (size_t i = 0; missing == MISSING_ZERO && i < UNIT_COUNT; i++)
        if (price_units[i].parent >= 0 && rates->picousd[i] < 0)
            rates->picousd[i] = 0;
}

static bool read_prices(const struct reading *r, const struct yaml_node *node,
                        struct entry *e)
{
    const struct yaml_node *own = yaml_get(node, STR("rates"));
    const struct yaml_node *schedule = yaml_get(node, STR("schedule"));
    struct rates rates;
    char id[NAME_SIZE_MAX];
    bool ok = true;

    snprintf(id, sizeof id, "%.*s", STR_ARG(e->id));
    for (size_t i = 0; i < UNIT_COUNT; i++)
        rates.picousd[i] = -1;
    if (e->included)
        return push(r, e);
    if (!own || own->count == 0) {
        price_complain(r, node, "%s: needs rates, or included: true", id);
        return false;
    }
    if (!price_read_rates(r, own, &rates, id))
        return false;
    fill_missing(&rates, e->missing);
    if (!price_read_tiers(r, yaml_get(node, STR("tiers")), e, &rates) || !push(r, e))
        return false;
    if (schedule && (schedule->kind != YAML_LIST || schedule->count > SCHEDULES_MAX)) {
        price_complain(r, schedule, "%s: schedule must be a list of at most %d", id,
                       SCHEDULES_MAX);
        return false;
    }
    for (size_t i = 0; schedule && i < schedule->count; i++)
        ok &= read_schedule(r, &schedule->values[i], &rates, e);
    return ok;
}

static void read_entry(const struct reading *r, const struct yaml_node *node,
                       size_t index)
{
    struct entry e = {.layer = r->layer,
                      .file = r->file,
                      .position = index,
                      .line = node->line,
                      .column = node->column};
    struct str provider = name_of(r, node, STR("provider"), "");
    int64_t found;

    if (node->kind != YAML_MAP || !provider.size || !text_of(node, STR("model")).size ||
        text_of(node, STR("model")).size >= NAME_SIZE_MAX) {
        price_complain(r, node, "entry %zu: provider and model are needed", index + 1);
        return;
    }
    e.model_name = name_of(r, node, STR("model"), "");
    e.match = yaml_get(node, STR("match"));
    if (!read_choices(r, node, &e))
        return;
    e.service_tier = name_of(r, node, STR("service_tier"), e.included ? "*" : "standard");
    e.region = name_of(r, node, STR("region"), "*");
    found = provider_named(r->book, provider);
    e.id = entry_id(r, node, provider, &e);
    if (found < 0 || !e.id.at || !known_keys(r, node, entry_keys, ENTRY_KEYS, "entry"))
        return;
    e.provider = (uint32_t)found;
    if (read_period(r, node, &e))
        read_prices(r, node, &e);
}

void price_read_book(struct reading *r, const struct yaml_node *root)
{
    const struct yaml_node *providers = yaml_get(root, STR("providers"));
    const struct yaml_node *entries = yaml_get(root, STR("entries"));
    struct str currency = text_of(root, STR("currency"));

    if (root->kind != YAML_MAP) {
        price_complain(r, root, "a price book is a map with entries");
        return;
    }
    known_keys(r, root, book_keys, BOOK_KEYS, "price book");
    r->imported |= str_eq(text_of(root, STR("kind")), STR("imported"));
    if (currency.size && !str_eq(currency, STR("USD")))
        price_complain(r, yaml_get(root, STR("currency")), "currency: only USD");
    if (text_of(root, STR("format")).size &&
        !str_eq(text_of(root, STR("format")), STR("1")))
        price_complain(r, yaml_get(root, STR("format")), "format: this program reads 1");
    for (size_t i = 0; providers && providers->kind == YAML_LIST && i < providers->count;
         i++)
        read_provider(r, &providers->values[i]);
    if (!entries || entries->kind != YAML_LIST) {
        price_complain(r, root, "entries: a list is needed");
        return;
    }
    for (size_t i = 0; i < entries->count; i++)
        read_entry(r, &entries->values[i], i);
}
