#include "import.h"

#include <stdlib.h>

/* LiteLLM's map has no dates, and a key a rate: input_cost_per_token, then
 * _above_200k_tokens and _priority in any order. */
struct rate_name {
    const char *name;
    enum count_field unit;
};

static const struct rate_name rate_names[] = {
    {"cache_creation_input_token_cost_above_1hr", COUNT_CACHE_WRITE_1H_TOKENS},
    {"cache_creation_input_token_cost", COUNT_CACHE_WRITE_TOKENS},
    {"cache_read_input_audio_token_cost", COUNT_CACHE_READ_AUDIO_TOKENS},
    {"cache_read_input_token_cost", COUNT_CACHE_READ_TOKENS},
    {"input_cost_per_token_cache_hit", COUNT_CACHE_READ_TOKENS},
    {"input_cost_per_token", COUNT_INPUT_TOKENS},
    {"output_cost_per_token", COUNT_OUTPUT_TOKENS},
    {"output_cost_per_reasoning_token", COUNT_REASONING_TOKENS},
    {"input_cost_per_audio_token", COUNT_INPUT_AUDIO_TOKENS},
    {"output_cost_per_audio_token", COUNT_OUTPUT_AUDIO_TOKENS},
    {"input_cost_per_image_token", COUNT_INPUT_IMAGE_TOKENS},
    {"output_cost_per_image_token", COUNT_OUTPUT_IMAGE_TOKENS},
    {"output_cost_per_video_token", COUNT_OUTPUT_VIDEO_TOKENS},
    {"citation_cost_per_token", COUNT_CITATION_TOKENS},
    {"input_cost_per_request", COUNT_REQUESTS},
};

static const char *const service_names[SERVICE_COUNT] = {"", "_batches", "_flex",
                                                         "_priority"};

struct rate_key {
    enum count_field unit;
    enum draft_service service;
    int64_t above; /* -1: base */
};

static bool take_service(struct str *rest, enum draft_service *service)
{
    for (int i = 1; i < SERVICE_COUNT; i++) {
        struct str name = str_of(service_names[i]);
        if (!str_starts(*rest, name))
            continue;
        *rest = str_from(*rest, name.size);
        *service = (enum draft_service)i;
        return true;
    }
    return false;
}

static bool take_above(struct str *rest, int64_t *above)
{
    const char *end;

    if (!str_starts(*rest, STR("_above_")))
        return false;
    *rest = str_from(*rest, 7);
    end = rest->size ? memchr(rest->at, 'k', rest->size) : NULL;
    if (!end || !str_to_int64((struct str){rest->at, (size_t)(end - rest->at)}, above) ||
        *above < 1 || *above > 1000000)
        return false;
    *above *= 1000;
    *rest = str_from(*rest, (size_t)(end - rest->at) + 1);
    if (!str_starts(*rest, STR("_tokens")))
        return false;
    *rest = str_from(*rest, 7);
    return true;
}

static bool parse_key(struct str key, struct rate_key *out)
{
    for (size_t i = 0; i < sizeof rate_names / sizeof *rate_names; i++) {
        struct str name = str_of(rate_names[i].name);
        struct str rest = str_from(key, name.size);
        *out = (struct rate_key){rate_names[i].unit, SERVICE_STANDARD, -1};
        if (!str_starts(key, name))
            continue;
        while (rest.size)
            if (!take_service(&rest, &out->service) && !take_above(&rest, &out->above))
                break;
        if (rest.size == 0)
            return true;
    }
    return false;
}

static struct rates *rates_at(struct draft *d, int64_t above)
{
    size_t at = 0;

    if (above < 0)
        return &d->rates;
    while (at < d->tier_count && d->tiers[at].above < above)
        at++;
    if (at < d->tier_count && d->tiers[at].above == above)
        return &d->tiers[at].rates;
    if (d->tier_count == DRAFT_TIERS_MAX)
        return NULL;
    memmove(&d->tiers[at + 1], &d->tiers[at], (d->tier_count - at) * sizeof *d->tiers);
    d->tier_count++;
    d->tiers[at].above = above;
    rates_clear(&d->tiers[at].rates);
    return &d->tiers[at].rates;
}

static void read_own_rates(struct import *im, json_t *info, struct card *card)
{
    const char *name;
    json_t *value;

    json_object_foreach(info, name, value)
    {
        struct rate_key key;
        struct rates *rates;
        if (json_is_object(value) || !parse_key(str_of(name), &key))
            continue;
        rates = rates_at(&card->by_service[key.service], key.above);
        if (rates && rates->picousd[key.unit] < 0 &&
            import_rate(im, value, 1, &rates->picousd[key.unit]))
            card->any[key.service] = true;
    }
    value = json_object_get(json_object_get(info, "search_context_cost_per_query"),
                            "search_context_size_medium");
    if (value)
        import_rate(im, value, 1, &card->by_service[0].rates.picousd[COUNT_WEB_SEARCHES]);
}

static void inherit_rates(struct rates *own, const struct rates *standard)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (own->picousd[i] < 0)
            own->picousd[i] = standard->picousd[i];
}

/* What a service tier does not name costs as in the standard tier; at one bound the
 * service's own rate wins, and a higher plain bound wins over a lower one of its own. */
static void inherit_standard(struct card *card)
{
    const struct draft *standard = &card->by_service[SERVICE_STANDARD];

    for (int s = 1; s < SERVICE_COUNT; s++) {
        struct draft *d = &card->by_service[s];
        inherit_rates(&d->rates, &standard->rates);
        for (size_t t = 0; t < standard->tier_count; t++) {
            struct rates *own = rates_at(d, standard->tiers[t].above);
            if (own)
                inherit_rates(own, &standard->tiers[t].rates);
        }
    }
}

bool import_read_card(struct import *im, json_t *info, struct card *card)
{
    const int64_t *standard = card->by_service[SERVICE_STANDARD].rates.picousd;

    memset(card, 0, sizeof *card);
    for (int s = 0; s < SERVICE_COUNT; s++) {
        rates_clear(&card->by_service[s].rates);
        card->by_service[s].service = (enum draft_service)s;
        card->by_service[s].source = "litellm";
    }
    read_own_rates(im, info, card);
    inherit_standard(card);
    /* 0 in this map means "not known" as often as "free". */
    return standard[COUNT_INPUT_TOKENS] > 0 || standard[COUNT_OUTPUT_TOKENS] > 0 ||
           standard[COUNT_REQUESTS] > 0;
}
