/* What a gateway says of a request that only LiteLLM's own metric names need: labels, and
 * the gateway's budgets. Decoded where metrics.litellm_names is set; holds personal data
 * (an address, a mail address). */
#pragma once
#include "spendwarden/money.h"
#include "spendwarden/str.h"

enum gateway_text {
    GATEWAY_TEAM_ALIAS,
    GATEWAY_ORG_ALIAS,
    GATEWAY_USER_EMAIL,
    GATEWAY_MODEL, /* as LiteLLM's metrics show it: without the provider's prefix */
    GATEWAY_MODEL_ID,
    GATEWAY_SERVICE_TIER, /* that the provider says it served, else the one asked for */
    GATEWAY_API_BASE,     /* without credentials and query */
    GATEWAY_ROUTE,
    GATEWAY_CLIENT_IP,
    GATEWAY_USER_AGENT,
    GATEWAY_EXCEPTION_CLASS, /* of a failure: "Openai.RateLimitError" */
    GATEWAY_TEXT_COUNT,
};

enum limit_of {
    LIMIT_OF_TEAM,
    LIMIT_OF_KEY,
    LIMIT_OF_USER,
    LIMIT_OF_ORG,
    LIMIT_OF_COUNT
};

/* A budget of the gateway's own, as it stood before this request. */
struct limit {
    enum limit_of of;
    struct str id, alias; /* alias may be empty */
    struct money max, spent;
    int64_t reset_ns; /* 0: not told */
};

struct gateway {
    struct str text[GATEWAY_TEXT_COUNT]; /* size 0: absent */
    uint8_t limit_count;
    struct limit limits[LIMIT_OF_COUNT]; /* at most one of each */
};

/* "team_alias"; "team", "key", "user", "org". */
struct str gateway_text_name(enum gateway_text text);
struct str limit_of_name(enum limit_of of);

/* False: there is none of that name. */
bool gateway_text_find(struct str name, enum gateway_text *out);
bool limit_of_find(struct str name, enum limit_of *out);
