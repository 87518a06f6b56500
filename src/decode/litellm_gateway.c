/* What only LiteLLM's own metric names need. */
#include "litellm.h"

enum gateway_slot {
    SLOT_TEAM_ALIAS,
    SLOT_ORG_ALIAS,
    SLOT_USER_EMAIL,
    SLOT_TIER_OF_RESPONSE,
    SLOT_TIER_OF_USAGE,
    SLOT_TIER_ASKED_FOR,
    SLOT_API_BASE,
    SLOT_ROUTE,
    SLOT_CLIENT_IP,
    SLOT_CLIENT_IP_ON_TOP,
    SLOT_USER_AGENT,
    SLOT_USER_AGENT_ON_TOP,
    SLOT_ERROR_PROVIDER,
    SLOT_TEAM,
    SLOT_TEAM_MAX,
    SLOT_TEAM_SPEND,
    SLOT_KEY,
    SLOT_KEY_ALIAS,
    SLOT_KEY_MAX,
    SLOT_KEY_SPEND,
    SLOT_KEY_RESET,
    SLOT_USER,
    SLOT_USER_MAX,
    SLOT_USER_SPEND,
    SLOT_COUNT,
};

#define OF_REQUEST(key) "metadata." key
#define OF_KEY(key) "metadata.user_api_key_" key

static const char *const paths[SLOT_COUNT] = {
    [SLOT_TEAM_ALIAS] = OF_KEY("team_alias"),
    [SLOT_ORG_ALIAS] = OF_KEY("org_alias"),
    [SLOT_USER_EMAIL] = OF_KEY("user_email"),
    [SLOT_TIER_OF_RESPONSE] = "response.service_tier",
    [SLOT_TIER_OF_USAGE] = "metadata.usage_object.service_tier",
    [SLOT_TIER_ASKED_FOR] = "model_parameters.service_tier",
    [SLOT_API_BASE] = "api_base",
    [SLOT_ROUTE] = OF_KEY("request_route"),
    [SLOT_CLIENT_IP] = OF_REQUEST("requester_ip_address"),
    [SLOT_CLIENT_IP_ON_TOP] = "requester_ip_address",
    [SLOT_USER_AGENT] = OF_REQUEST("user_agent"),
    [SLOT_USER_AGENT_ON_TOP] = "user_agent",
    [SLOT_ERROR_PROVIDER] = "error_information.llm_provider",
    [SLOT_TEAM] = OF_KEY("team_id"),
    [SLOT_TEAM_MAX] = OF_KEY("team_max_budget"),
    [SLOT_TEAM_SPEND] = OF_KEY("team_spend"),
    [SLOT_KEY] = OF_KEY("hash"),
    [SLOT_KEY_ALIAS] = OF_KEY("alias"),
    [SLOT_KEY_MAX] = OF_KEY("max_budget"),
    [SLOT_KEY_SPEND] = OF_KEY("spend"),
    [SLOT_KEY_RESET] = OF_KEY("budget_reset_at"),
    [SLOT_USER] = OF_KEY("user_id"),
    [SLOT_USER_MAX] = OF_KEY("user_max_budget"),
    [SLOT_USER_SPEND] = OF_KEY("user_spend"),
};

/* The event has no limit of an organisation. SLOT_COUNT: not in the event. */
static const struct limit_rule {
    enum limit_of of;
    enum text_field label;
    enum gateway_slot id, alias, max, spend, reset;
} limit_rules[] = {
    {LIMIT_OF_TEAM, TEXT_TEAM, SLOT_TEAM, SLOT_TEAM_ALIAS, SLOT_TEAM_MAX, SLOT_TEAM_SPEND,
     SLOT_COUNT},
    {LIMIT_OF_KEY, TEXT_HASHED_API_KEY, SLOT_KEY, SLOT_KEY_ALIAS, SLOT_KEY_MAX,
     SLOT_KEY_SPEND, SLOT_KEY_RESET},
    {LIMIT_OF_USER, TEXT_USER, SLOT_USER, SLOT_COUNT, SLOT_USER_MAX, SLOT_USER_SPEND,
     SLOT_COUNT},
};

bool litellm_compile_gateway(struct source *s, struct err *err)
{
    unsigned slot;

    s->gateway_slot = s->slot_count;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (!source_want(s, str_of(paths[i]), &slot, err))
            return false;
    return true;
}

static const struct json_value *value_of(const struct decoding *d, enum gateway_slot slot)
{
    return &d->slots[d->source->gateway_slot + slot];
}

static struct str text_of(const struct decoding *d, enum gateway_slot slot)
{
    return decode_text(d, value_of(d, slot));
}

static struct str first_of(const struct decoding *d, enum gateway_slot slot,
                           enum gateway_slot otherwise)
{
    struct str text = text_of(d, slot);

    return text.size ? text : text_of(d, otherwise);
}

/* The answer is text of the provider's: only a word of it is taken. */
static bool is_word(struct str text)
{
    enum { WORD_MOST = 32 };

    for (size_t i = 0; i < text.size; i++)
        if ((text.at[i] < 'a' || text.at[i] > 'z') && text.at[i] != '_')
            return false;
    return text.size > 0 && text.size <= WORD_MOST;
}

/* What a client asks for counts if there is such a tier. */
static struct str service_tier(const struct decoding *d)
{
    static const struct str tiers[] = {
        STR("auto"),     STR("default"),   STR("flex"),
        STR("priority"), STR("scale"),     STR("batch"),
        STR("standard"), STR("ultrafast"), STR("standard_only")};
    struct str served = first_of(d, SLOT_TIER_OF_RESPONSE, SLOT_TIER_OF_USAGE);
    struct str asked = text_of(d, SLOT_TIER_ASKED_FOR);

    if (is_word(served))
        return served;
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (str_eq(tiers[i], asked))
            return asked;
    return (struct str){NULL, 0};
}

/* "https://name:secret@host/v1?key=..." is "https://host/v1". */
static struct str without_secrets(struct str url, struct arena *arena)
{
    const char *query = url.size ? memchr(url.at, '?', url.size) : NULL;

    if (query)
        url.size = (size_t)(query - url.at);
    const char *scheme = url.size ? memmem(url.at, url.size, "://", 3) : NULL;
    size_t from = scheme ? (size_t)(scheme - url.at) + 3 : 0;
    struct str rest = str_from(url, from);
    const char *path = rest.size ? memchr(rest.at, '/', rest.size) : NULL;
    size_t host = path ? (size_t)(path - rest.at) : rest.size;
    const char *at = host ? memrchr(rest.at, '@', host) : NULL;
    if (!at)
        return url;
    struct str tail = str_from(rest, (size_t)(at - rest.at) + 1);
    char *copy = arena_alloc(arena, from + tail.size + 1);
    if (!copy)
        return (struct str){NULL, 0};
    memcpy(copy, url.at, from);
    if (tail.size)
        memcpy(copy + from, tail.at, tail.size);
    return (struct str){copy, from + tail.size};
}

/* LiteLLM puts the provider in front of the class, with a capital, but for its own
 * budgets' error. */
static struct str exception_class(const struct decoding *d)
{
    struct str class = d->record->ev.text[TEXT_ERROR_CLASS];
    struct str provider = text_of(d, SLOT_ERROR_PROVIDER);

    if (!class.size || !provider.size || str_eq(class, STR("BudgetExceededError")) ||
        provider.size + 1 + class.size > TEXT_VALUE_MAX)
        return class;
    char *name = arena_alloc(d->arena, provider.size + 1 + class.size);
    if (!name)
        return class;
    memcpy(name, provider.at, provider.size);
    if (name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 'a' + 'A');
    name[provider.size] = '.';
    memcpy(name + provider.size + 1, class.at, class.size);
    return (struct str){name, provider.size + 1 + class.size};
}

static void read_texts(const struct decoding *d, struct gateway *g)
{
    struct str model = decode_text(d, &d->slots[LITELLM_MODEL]);
    struct str provider = d->record->ev.text[TEXT_AI_SYSTEM];

    g->text[GATEWAY_TEAM_ALIAS] =
        decode_as_label(d, TEXT_TEAM, text_of(d, SLOT_TEAM_ALIAS));
    g->text[GATEWAY_ORG_ALIAS] = decode_as_label(d, TEXT_ORG, text_of(d, SLOT_ORG_ALIAS));
    g->text[GATEWAY_USER_EMAIL] =
        decode_as_label(d, TEXT_USER, text_of(d, SLOT_USER_EMAIL));
    g->text[GATEWAY_MODEL] = litellm_bare_model(model, provider);
    g->text[GATEWAY_MODEL_ID] = decode_text(d, &d->slots[LITELLM_MODEL_ID]);
    g->text[GATEWAY_SERVICE_TIER] = service_tier(d);
    g->text[GATEWAY_API_BASE] = without_secrets(text_of(d, SLOT_API_BASE), d->arena);
    g->text[GATEWAY_ROUTE] = text_of(d, SLOT_ROUTE);
    g->text[GATEWAY_CLIENT_IP] = first_of(d, SLOT_CLIENT_IP, SLOT_CLIENT_IP_ON_TOP);
    g->text[GATEWAY_USER_AGENT] = first_of(d, SLOT_USER_AGENT, SLOT_USER_AGENT_ON_TOP);
    g->text[GATEWAY_EXCEPTION_CLASS] = exception_class(d);
}

/* Only what has a bound is a limit; nothing spent yet may be null. */
static void read_limit(const struct decoding *d, const struct limit_rule *rule,
                       struct gateway *g)
{
    struct limit *limit = &g->limits[g->limit_count];
    struct str id = text_of(d, rule->id);

    *limit = (struct limit){.of = rule->of};
    if (!id.size || !money_parse(&limit->max, text_of(d, rule->max)) ||
        limit->max.nanousd < 0)
        return;
    if (!money_parse(&limit->spent, text_of(d, rule->spend)) || limit->spent.nanousd < 0)
        limit->spent = (struct money){0};
    if (rule->of == LIMIT_OF_KEY)
        id = decode_key_hash(id, d->arena);
    limit->id = decode_as_label(d, rule->label, id);
    if (rule->alias != SLOT_COUNT) {
        bool of_key = rule->of == LIMIT_OF_KEY;
        enum text_field label = of_key ? TEXT_KEY_ALIAS : rule->label;
        limit->alias = decode_as_label(d, label, text_of(d, rule->alias));
    }
    if (rule->reset != SLOT_COUNT)
        limit->reset_ns = decode_time(d, value_of(d, rule->reset));
    g->limit_count++;
}

void litellm_read_gateway(struct decoding *d)
{
    struct gateway *g = arena_alloc(d->arena, sizeof *g);

    if (!g)
        return;
    *g = (struct gateway){.limit_count = 0};
    read_texts(d, g);
    for (size_t i = 0; i < sizeof limit_rules / sizeof *limit_rules; i++)
        read_limit(d, &limit_rules[i], g);
    d->record->ev.gateway = g;
}
