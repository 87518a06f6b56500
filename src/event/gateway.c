#include "spendwarden/gateway.h"

static const struct str text_names[GATEWAY_TEXT_COUNT] = {
    [GATEWAY_TEAM_ALIAS] = STR("team_alias"),
    [GATEWAY_ORG_ALIAS] = STR("org_alias"),
    [GATEWAY_USER_EMAIL] = STR("user_email"),
    [GATEWAY_MODEL] = STR("model"),
    [GATEWAY_MODEL_ID] = STR("model_id"),
    [GATEWAY_SERVICE_TIER] = STR("service_tier"),
    [GATEWAY_API_BASE] = STR("api_base"),
    [GATEWAY_ROUTE] = STR("route"),
    [GATEWAY_CLIENT_IP] = STR("client_ip"),
    [GATEWAY_USER_AGENT] = STR("user_agent"),
    [GATEWAY_EXCEPTION_CLASS] = STR("exception_class"),
};

static const struct str limit_names[LIMIT_OF_COUNT] = {
    [LIMIT_OF_TEAM] = STR("team"),
    [LIMIT_OF_KEY] = STR("key"),
    [LIMIT_OF_USER] = STR("user"),
    [LIMIT_OF_ORG] = STR("org"),
};

struct str gateway_text_name(enum gateway_text text)
{
    return text_names[text];
}

struct str limit_of_name(enum limit_of of)
{
    return limit_names[of];
}

bool gateway_text_find(struct str name, enum gateway_text *out)
{
    for (unsigned i = 0; i < GATEWAY_TEXT_COUNT; i++)
        if (str_eq(text_names[i], name)) {
            *out = (enum gateway_text)i;
            return true;
        }
    return false;
}

bool limit_of_find(struct str name, enum limit_of *out)
{
    for (unsigned i = 0; i < LIMIT_OF_COUNT; i++)
        if (str_eq(limit_names[i], name)) {
            *out = (enum limit_of)i;
            return true;
        }
    return false;
}
