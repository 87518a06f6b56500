#include "import.h"

#include <inttypes.h>
#include <stdio.h>

#include "spendwarden/hash.h"

/* A rate as the book writes it: per million tokens or per thousand. */
static void write_rate(struct buf *out, int64_t picousd, uint64_t per)
{
    int places = per == 1000000 ? 6 : 9;
    char text[40];
    int size = snprintf(text, sizeof text, "%0*" PRId64, places + 1, picousd);
    int end = size;

    while (end > size - places && text[end - 1] == '0')
        end--;
    buf_format(out, "\"%.*s", size - places, text);
    if (end > size - places)
        buf_format(out, ".%.*s", end - (size - places), text + size - places);
    buf_byte(out, '"');
}

static void write_rates(struct buf *out, const struct rates *r)
{
    const char *comma = "";

    buf_byte(out, '{');
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (r->picousd[i] < 0)
            continue;
        buf_format(out, "%s\"%.*s\":", comma, STR_ARG(price_units[i].key));
        write_rate(out, r->picousd[i], price_units[i].per);
        comma = ",";
    }
    buf_byte(out, '}');
}

/* Python's \d and (?: in terms of POSIX. */
static void write_regex(struct buf *out, struct str text)
{
    struct buf plain = {0};

    for (size_t i = 0; i < text.size; i++) {
        struct str rest = str_from(text, i);
        if (str_starts(rest, STR("\\d"))) {
            buf_add(&plain, STR("[0-9]"));
            i++;
        } else if (str_starts(rest, STR("(?:"))) {
            buf_byte(&plain, '(');
            i += 2;
        } else {
            buf_byte(&plain, text.at[i]);
        }
    }
    buf_json(out, buf_str(&plain));
    buf_release(&plain);
}

static void write_kind(struct buf *out, const json_t *list, const char *kind,
                       const char **comma)
{
    const char *inner = "";
    bool any = false;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_object_get(json_array_get(list, i), kind);
        struct str text = str_of(json_string_value(value));
        if (!text.size)
            continue;
        if (!any)
            buf_format(out, "%s\"%s\":[", *comma, kind);
        buf_add(out, str_of(inner));
        if (strcmp(kind, "regex") == 0)
            write_regex(out, text);
        else
            buf_json(out, text);
        any = true;
        inner = ",";
    }
    if (any)
        buf_byte(out, ']');
    *comma = any ? "," : *comma;
}

/* {"or": [{"equals": a}, {"equals": b}]} as {"equals": [a, b]}. */
static void write_match(struct buf *out, const json_t *match)
{
    static const char *const kinds[] = {"equals", "starts_with", "contains", "ends_with",
                                        "regex"};
    json_t *list = json_object_get(match, "or");
    json_t *single = list ? NULL : json_pack("[O]", match);
    const char *comma = "";

    buf_byte(out, '{');
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        write_kind(out, list ? list : single, kinds[i], &comma);
    buf_byte(out, '}');
    json_decref(single);
}

static bool is_own_name(const struct draft *d)
{
    const json_t *equals = json_object_get(d->match, "equals");

    return equals && str_eq(str_of(json_string_value(equals)), d->model);
}

static void write_text(struct buf *out, const char *key, struct str text)
{
    if (!text.size)
        return;
    buf_format(out, ",\"%s\":", key);
    buf_json(out, text);
}

void import_write_draft(struct buf *out, const struct draft *d)
{
    static const char *const services[] = {"", "batch", "flex", "priority"};

    buf_add(out, STR("{\"provider\":"));
    buf_json(out, d->provider);
    write_text(out, "model", d->model);
    if (d->match && !is_own_name(d)) {
        buf_add(out, STR(",\"match\":"));
        write_match(out, d->match);
    }
    write_text(out, "from", d->from);
    write_text(out, "to", d->to);
    write_text(out, "service_tier", str_of(services[d->service]));
    write_text(out, "region", d->region);
    if (d->tier_from && d->tier_count)
        buf_add(out, STR(",\"tier_op\":\"ge\""));
    buf_add(out, STR(",\"rates\":"));
    write_rates(out, &d->rates);
    for (size_t i = 0; i < d->tier_count; i++) {
        buf_format(out, "%s{\"above\":%" PRId64 ",\"rates\":", i ? "," : ",\"tiers\":[",
                   d->tiers[i].above);
        write_rates(out, &d->tiers[i].rates);
        buf_byte(out, '}');
    }
    if (d->tier_count)
        buf_byte(out, ']');
    if (d->hours_start.size) {
        buf_format(out, ",\"schedule\":[{\"start\":\"%.*s\",\"end\":\"%.*s\",\"rates\":",
                   STR_ARG(d->hours_start), STR_ARG(d->hours_end));
        write_rates(out, &d->hours_rates);
        buf_add(out, STR("}]"));
    }
    write_text(out, "source", str_of(d->source));
    buf_byte(out, '}');
}

static void write_list(struct buf *out, const char *key, const char *const *names,
                       size_t most)
{
    for (size_t i = 0; i < most && names[i]; i++) {
        buf_format(out, i ? "," : ",\"%s\":[", key);
        buf_json(out, str_of(names[i]));
        if (i + 1 == most || !names[i + 1])
            buf_byte(out, ']');
    }
}

static const json_t *claims_of(const struct import *im, const char *id)
{
    for (size_t i = 0; i < json_array_size(im->genai); i++) {
        const json_t *p = json_array_get(im->genai, i);
        const char *name = json_string_value(json_object_get(p, "id"));
        if (name && strcmp(name, id) == 0)
            return json_object_get(p, "model_match");
    }
    return NULL;
}

static void write_providers(struct buf *out, const struct import *im)
{
    for (size_t i = 0; i < price_known_provider_count; i++) {
        const struct known_provider *p = &price_known_providers[i];
        const json_t *claims = claims_of(im, p->id);
        buf_format(out, "%s\n{\"id\":\"%s\"", i ? "," : "", p->id);
        write_list(out, "aliases", p->aliases, sizeof p->aliases / sizeof *p->aliases);
        write_list(out, "fallback", p->fallback, FALLBACKS_MAX);
        if (claims) {
            buf_add(out, STR(",\"models\":"));
            write_match(out, claims);
        }
        buf_byte(out, '}');
    }
}

static void write_source(struct buf *out, const char *kind, const char *url,
                         const char *copyright, struct str text, const struct import *im)
{
    char hash[SHA256_TEXT_SIZE];

    sha256_text(hash, text);
    buf_format(out,
               "\n{\"kind\":\"%s\",\"url\":\"%s\",\"sha256\":\"%s\",\"license\":"
               "\"MIT\",\"copyright\":\"%s\",\"checked\":",
               kind, url, hash, copyright);
    buf_json(out, im->in->checked);
    buf_byte(out, '}');
}

void import_write_head(struct buf *out, const struct import *im)
{
    buf_add(out, STR("{\"format\":1,\"book\":"));
    buf_json(out, im->in->checked);
    buf_add(out, STR(",\"kind\":\"imported\",\"currency\":\"USD\",\n\"notice\":\"Prices "
                     "converted from the sources below, both under the MIT License; see "
                     "docs/prices.md.\",\n\"sources\":["));
    if (im->in->genai.size)
        write_source(out, "genai-prices",
                     "https://github.com/pydantic/genai-prices/blob/main/prices/new_data/"
                     "v2/data.json",
                     "Copyright (c) Pydantic Services Inc. 2025 to present",
                     im->in->genai, im);
    if (im->in->litellm.size) {
        buf_add(out, im->in->genai.size ? STR(",") : STR(""));
        write_source(out, "litellm",
                     "https://github.com/BerriAI/litellm/blob/main/"
                     "model_prices_and_context_window.json",
                     "Copyright (c) 2023 Berri AI", im->in->litellm, im);
    }
    buf_add(out, STR("],\n\"providers\":["));
    write_providers(out, im);
    buf_add(out, STR("],\n\"entries\":["));
}
