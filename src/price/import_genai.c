#include "import.h"

static bool known(struct str id)
{
    for (size_t i = 0; i < price_known_provider_count; i++)
        if (str_eq(id, str_of(price_known_providers[i].id)))
            return true;
    return false;
}

static struct str text_at(const json_t *map, const char *key)
{
    return str_of(json_string_value(json_object_get(map, key)));
}

/* {"base": 3, "tiers": [{"start": 200000, "price": 6}]} */
static bool take_tiers(struct import *im, const json_t *tiers, const struct unit *unit,
                       struct draft *d)
{
    for (size_t i = 0; i < json_array_size(tiers); i++) {
        const json_t *tier = json_array_get(tiers, i);
        int64_t above = json_integer_value(json_object_get(tier, "start"));
        size_t at = 0;
        while (at < d->tier_count && d->tiers[at].above != above)
            at++;
        if (at == DRAFT_TIERS_MAX)
            return false;
        if (at == d->tier_count) {
            d->tiers[at].above = above;
            rates_clear(&d->tiers[at].rates);
            d->tier_count++;
        }
        if (!import_rate(im, json_object_get(tier, "price"), unit->per,
                         &d->tiers[at].rates.picousd[unit->field]))
            return false;
    }
    return true;
}

/* Prices of units that an event cannot carry (pages, hours) are left out. */
static bool take_prices(struct import *im, json_t *prices, struct draft *d)
{
    const char *key;
    json_t *value;

    rates_clear(&d->rates);
    d->tier_count = 0;
    json_object_foreach(prices, key, value)
    {
        const struct unit *unit = price_unit_by_key(str_of(key));
        const json_t *base =
            json_is_object(value) ? json_object_get(value, "base") : value;
        if (!unit)
            continue;
        if (!import_rate(im, base, unit->per, &d->rates.picousd[unit->field]) ||
            !take_tiers(im, json_object_get(value, "tiers"), unit, d))
            return false;
    }
    return true;
}

/* The list gives no prices to what is free, but neither to what it does not know. */
static bool is_free(const struct draft *d, const json_t *prices)
{
    struct str end = STR(":free");

    return json_is_object(prices) && json_object_size(prices) == 0 &&
           d->model.size > end.size &&
           str_eq(str_from(d->model, d->model.size - end.size), end);
}

static bool any_price(const struct rates *r)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (r->picousd[i] >= 0)
            return true;
    return false;
}

static void add_or_count(struct import *im, const struct draft *d)
{
    if (any_price(&d->rates))
        import_add(im, d);
    else
        im->stats->unpriced++;
}

/* Off-peak price first, then the price of some hours. */
static bool take_hours(struct import *im, const json_t *list, struct draft *d)
{
    const json_t *timed = json_array_get(list, 1);
    const json_t *constraint = json_object_get(timed, "constraint");
    struct draft hours = *d;

    if (json_array_size(list) != 2 ||
        !take_prices(im, json_object_get(json_array_get(list, 0), "prices"), d) ||
        !take_prices(im, json_object_get(timed, "prices"), &hours) || hours.tier_count)
        return false;
    d->hours_start = text_at(constraint, "start_time");
    d->hours_end = text_at(constraint, "end_time");
    d->hours_start.size = d->hours_start.size < 5 ? 0 : 5;
    d->hours_end.size = d->hours_end.size < 5 ? 0 : 5;
    d->hours_rates = hours.rates;
    add_or_count(im, d);
    return d->hours_start.size && d->hours_end.size;
}

/* Dated prices in the order of their dates, each holding until the next. */
static bool take_dated(struct import *im, const json_t *list, struct draft *d)
{
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i), *next = json_array_get(list, i + 1);
        d->from = text_at(json_object_get(item, "constraint"), "start_date");
        d->to = text_at(json_object_get(next, "constraint"), "start_date");
        if ((i > 0 && !d->from.size) || (i + 1 < count && !d->to.size) ||
            (d->from.size && d->to.size && str_compare(d->from, d->to) >= 0))
            return false;
        if (!take_prices(im, json_object_get(item, "prices"), d))
            return false;
        add_or_count(im, d);
    }
    return true;
}

static bool take_model(struct import *im, struct str provider, const json_t *model)
{
    struct draft d = {.provider = provider, .source = "genai-prices"};
    json_t *prices = json_object_get(model, "prices");
    const json_t *second = json_object_get(json_array_get(prices, 1), "constraint");

    d.model = text_at(model, "id");
    d.match = json_object_get(model, "match");
    if (!d.model.size || json_object_get(d.match, "and"))
        return false;
    if (json_object_get(second, "start_time"))
        return take_hours(im, prices, &d);
    if (json_is_array(prices))
        return take_dated(im, prices, &d);
    if (!take_prices(im, prices, &d))
        return false;
    if (is_free(&d, prices))
        d.rates.picousd[COUNT_INPUT_TOKENS] = d.rates.picousd[COUNT_OUTPUT_TOKENS] = 0;
    add_or_count(im, &d);
    return true;
}

bool import_genai(struct import *im, struct err *err)
{
    size_t index, m;
    json_t *provider, *model;

    if (!json_is_array(im->genai))
        return err_set(err, ERR_INPUT, "genai-prices: a list of providers is expected");
    json_array_foreach(im->genai, index, provider)
    {
        struct str id = text_at(provider, "id");
        json_t *models = json_object_get(provider, "models");
        if (!known(id)) {
            im->stats->unmapped += json_array_size(models);
            continue;
        }
        json_array_foreach(models, m, model) if (!take_model(im, id, model))
            im->stats->unreadable++;
    }
    return true;
}
