/* Which of LiteLLM's families have which labels: LiteLLM 1.106, and three labels of our
 * own wherever a family tells users apart. */
#include "litellm.h"

#define L(label) (UINT32_C(1) << LITELLM_##label)

#define OF_KEY (L(HASHED_API_KEY) | L(API_KEY_ALIAS) | L(TEAM) | L(TEAM_ALIAS))
#define OURS (L(TENANT) | L(WORKFLOW_ID) | L(RETRY_DEPTH))
#define OF_USER (OF_KEY | L(END_USER) | L(USER) | OURS)
#define OF_ORG (L(ORG_ID) | L(ORG_ALIAS))
#define OF_CLIENT (L(CLIENT_IP) | L(USER_AGENT))
#define OF_MODEL (L(MODEL) | L(REQUESTED_MODEL) | L(MODEL_ID) | L(API_PROVIDER))
#define OF_EXCEPTION (L(EXCEPTION_STATUS) | L(EXCEPTION_CLASS))

#define REQUEST (OF_USER | L(USER_EMAIL) | OF_CLIENT | OF_MODEL | OF_ORG)
#define TOKENS (OF_USER | L(USER_EMAIL) | OF_MODEL)
#define PROXY                                                                            \
    (OF_USER | L(REQUESTED_MODEL) | L(USER_EMAIL) | L(ROUTE) | OF_CLIENT | L(MODEL_ID) | \
     L(API_PROVIDER) | OF_ORG)
#define DEPLOYMENT                                                                       \
    (OF_KEY | L(REQUESTED_MODEL) | L(MODEL_NAME) | L(MODEL_ID) | L(MODEL_GROUP) |        \
     L(API_BASE) | L(API_PROVIDER) | OF_CLIENT)
#define LATENCY (OF_USER | OF_MODEL | L(SERVICE_TIER) | L(MODEL_GROUP) | OF_ORG)

enum { HISTOGRAM_CELLS = LATENCY_BOUNDS + 2 };

static const struct {
    const char *name;
    uint32_t labels; /* a bit for each */
    size_t cells;
} sets[SET_FIXED_COUNT - SET_LITELLM_FIRST] = {
#define SET(kind) [SET_LITELLM_##kind - SET_LITELLM_FIRST]
    SET(SPEND) = {"litellm_spend", REQUEST | L(SERVICE_TIER), 1},
    SET(REQUESTS) = {"litellm_requests", REQUEST, 1},
    SET(TOKENS) = {"litellm_tokens", TOKENS | OF_ORG, LITELLM_TOKEN_CELLS},
    SET(TOKEN_DETAILS) = {"litellm_token_details", TOKENS, LITELLM_DETAIL_CELLS},
    SET(PROXY) = {"litellm_proxy", PROXY | L(STATUS_CODE), 1},
    SET(PROXY_FAILED) = {"litellm_proxy_failed", PROXY | OF_EXCEPTION, 1},
    SET(API_FAILED) = {"litellm_api_failed", OF_USER | L(MODEL) | L(MODEL_ID), 1},
    SET(DEPLOYMENT) = {"litellm_deployment", DEPLOYMENT, LITELLM_DEPLOYMENT_CELLS},
    SET(DEPLOYMENT_FAILED) = {"litellm_deployment_failed", DEPLOYMENT | OF_EXCEPTION, 1},
    SET(LATENCY) = {"litellm_latency", LATENCY, HISTOGRAM_CELLS},
    SET(FIRST_TOKEN) = {"litellm_first_token", LATENCY, HISTOGRAM_CELLS},
#undef SET
};

static const struct str label_names[LITELLM_LABEL_COUNT] = {
    [LITELLM_END_USER] = STR("end_user"),
    [LITELLM_HASHED_API_KEY] = STR("hashed_api_key"),
    [LITELLM_API_KEY_ALIAS] = STR("api_key_alias"),
    [LITELLM_TEAM] = STR("team"),
    [LITELLM_TEAM_ALIAS] = STR("team_alias"),
    [LITELLM_ORG_ID] = STR("org_id"),
    [LITELLM_ORG_ALIAS] = STR("org_alias"),
    [LITELLM_USER] = STR("user"),
    [LITELLM_USER_EMAIL] = STR("user_email"),
    [LITELLM_MODEL] = STR("model"),
    [LITELLM_REQUESTED_MODEL] = STR("requested_model"),
    [LITELLM_MODEL_ID] = STR("model_id"),
    [LITELLM_MODEL_GROUP] = STR("model_group"),
    [LITELLM_MODEL_NAME] = STR("litellm_model_name"),
    [LITELLM_API_PROVIDER] = STR("api_provider"),
    [LITELLM_API_BASE] = STR("api_base"),
    [LITELLM_SERVICE_TIER] = STR("service_tier"),
    [LITELLM_CLIENT_IP] = STR("client_ip"),
    [LITELLM_USER_AGENT] = STR("user_agent"),
    [LITELLM_ROUTE] = STR("route"),
    [LITELLM_STATUS_CODE] = STR("status_code"),
    [LITELLM_EXCEPTION_STATUS] = STR("exception_status"),
    [LITELLM_EXCEPTION_CLASS] = STR("exception_class"),
    [LITELLM_TENANT] = STR("tenant"),
    [LITELLM_WORKFLOW_ID] = STR("workflow_id"),
    [LITELLM_RETRY_DEPTH] = STR("retry_depth"),
};

const int64_t latency_bounds_us[LATENCY_BOUNDS] = {
    5000,     10000,     25000,     50000,     100000,   250000,
    500000,   1000000,   2000000,   5000000,   10000000, 30000000,
    60000000, 120000000, 300000000, 420000000, 600000000};

#define COUNTER(family, text, of, at)                                                    \
    .name = family, .help = text, .type = "counter", .set = SET_LITELLM_##of, .cell = at
#define DETAIL(family, text, at)                                                         \
    {                                                                                    \
        COUNTER(family, text, TOKEN_DETAILS, at), .when_seen = true                      \
    }
#define HISTOGRAM(family, text, of)                                                      \
    {                                                                                    \
        .name = family, .help = text, .type = "histogram", .set = SET_LITELLM_##of,      \
        .unit = UNIT_MICRO, .bound_count = LATENCY_BOUNDS, .bounds = latency_bounds_us   \
    }

const struct family litellm_families[] = {
    {COUNTER("litellm_spend_metric_total", "What was charged.", SPEND, 0),
     .unit = UNIT_NANO},
    {COUNTER("litellm_requests_metric_total", "Requests that did not fail.", REQUESTS,
             0)},
    {COUNTER("litellm_total_tokens_metric_total", "Input and output tokens.", TOKENS,
             LITELLM_TOTAL)},
    {COUNTER("litellm_input_tokens_metric_total", "Input tokens, cached ones among them.",
             TOKENS, LITELLM_INPUT)},
    {COUNTER("litellm_output_tokens_metric_total", "Output tokens, reasoning among them.",
             TOKENS, LITELLM_OUTPUT)},
    DETAIL("litellm_input_cached_tokens_metric_total",
           "Input tokens read from the provider's cache.", LITELLM_CACHED),
    DETAIL("litellm_input_cache_creation_tokens_metric_total",
           "Input tokens written to the provider's cache.", LITELLM_CACHE_CREATION),
    DETAIL("litellm_input_audio_tokens_metric_total", "Input tokens of audio.",
           LITELLM_INPUT_AUDIO),
    DETAIL("litellm_output_reasoning_tokens_metric_total", "Output tokens of reasoning.",
           LITELLM_REASONING),
    DETAIL("litellm_output_audio_tokens_metric_total", "Output tokens of audio.",
           LITELLM_OUTPUT_AUDIO),
    {COUNTER("litellm_proxy_total_requests_metric_total",
             "Reports of gateways: requests, and attempts that failed.", PROXY, 0)},
    {COUNTER("litellm_proxy_failed_requests_metric_total",
             "Reports of failures; a retry may have saved the request.", PROXY_FAILED,
             0)},
    {COUNTER("litellm_llm_api_failed_requests_metric_total",
             "Reports of failures, but for status 401.", API_FAILED, 0)},
    {COUNTER("litellm_deployment_success_responses_total",
             "Requests that did not fail, by deployment.", DEPLOYMENT, LITELLM_SUCCESS)},
    {COUNTER("litellm_deployment_total_requests_total",
             "Requests by deployment, failed ones among them.", DEPLOYMENT, LITELLM_ALL)},
    {COUNTER("litellm_deployment_failure_responses_total", "Failures by deployment.",
             DEPLOYMENT_FAILED, 0)},
    HISTOGRAM("litellm_request_total_latency_metric",
              "Seconds from a request's start to its end.", LATENCY),
    HISTOGRAM("litellm_llm_api_time_to_first_token_metric",
              "Seconds from a streamed request's start to its first token.", FIRST_TOKEN),
};

const size_t litellm_family_count = sizeof litellm_families / sizeof *litellm_families;

size_t litellm_set_labels(enum set_kind kind, enum litellm_label out[SERIES_LABELS_MAX])
{
    uint32_t rest = sets[kind - SET_LITELLM_FIRST].labels;
    size_t count = 0;

    for (; rest; rest &= rest - 1)
        out[count++] = (enum litellm_label)__builtin_ctz(rest);
    return count;
}

struct str litellm_label_name(enum litellm_label label)
{
    return label_names[label];
}

struct str litellm_set_name(enum set_kind kind)
{
    return str_of(sets[kind - SET_LITELLM_FIRST].name);
}

bool litellm_add_sets(struct metrics *m)
{
    enum litellm_label labels[SERIES_LABELS_MAX];
    struct str names[SERIES_LABELS_MAX];

    for (enum set_kind kind = SET_LITELLM_FIRST; kind < SET_FIXED_COUNT; kind++) {
        size_t count = litellm_set_labels(kind, labels);
        for (size_t i = 0; i < count; i++)
            names[i] = label_names[labels[i]];
        if (!set_add(m, kind, sets[kind - SET_LITELLM_FIRST].cells, names, count))
            return false;
    }
    return true;
}
