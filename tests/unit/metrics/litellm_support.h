/* Registries with LiteLLM's names, and a record that fills them. */
#pragma once
#include "support.h"

#include "spendwarden/gateway.h"

static inline struct metrics *litellm(size_t max_series, bool end_user)
{
    struct metrics_options options = {.label_count = 1,
                                      .labels = {field("team")},
                                      .max_series = max_series,
                                      .litellm_names = true,
                                      .litellm_end_user = end_user};
    struct err err = {0};
    struct metrics *m;

    if (!metrics_open(&m, &options, &err))
        fail_msg("%s", err.text);
    return m;
}

/* A request with everything. */
static inline struct record full(struct gateway *g)
{
    struct record r = charge("payments", "chat", 12000000);

    *g = (struct gateway){.text = {
                              [GATEWAY_TEAM_ALIAS] = STR("Payments"),
                              [GATEWAY_ORG_ALIAS] = STR("Europe"),
                              [GATEWAY_USER_EMAIL] = STR("ann@example.test"),
                              [GATEWAY_MODEL] = STR("gpt-4o"),
                              [GATEWAY_MODEL_ID] = STR("id1"),
                              [GATEWAY_SERVICE_TIER] = STR("flex"),
                              [GATEWAY_API_BASE] = STR("http://a"),
                              [GATEWAY_ROUTE] = STR("/v1/chat"),
                              [GATEWAY_CLIENT_IP] = STR("10.0.0.1"),
                              [GATEWAY_USER_AGENT] = STR("curl"),
                          }};
    r.ev.gateway = g;
    r.ev.text[TEXT_HASHED_API_KEY] = STR("k1");
    r.ev.text[TEXT_KEY_ALIAS] = STR("alpha");
    r.ev.text[TEXT_USER] = STR("ann");
    r.ev.text[TEXT_END_USER] = STR("eve");
    r.ev.text[TEXT_ORG] = STR("eu");
    r.ev.text[TEXT_TENANT] = STR("acme");
    r.ev.text[TEXT_WORKFLOW_ID] = STR("w1");
    r.ev.count[COUNT_INPUT_TOKENS] = 100;
    r.ev.count[COUNT_OUTPUT_TOKENS] = 20;
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 60;
    r.ev.count[COUNT_CACHE_WRITE_TOKENS] = 7;
    r.ev.count[COUNT_REASONING_TOKENS] = 5;
    r.ev.count[COUNT_INPUT_AUDIO_TOKENS] = 3;
    r.ev.count[COUNT_OUTPUT_AUDIO_TOKENS] = 2;
    r.ev.start_ns = INT64_C(1795482000) * NS_PER_SECOND;
    r.ev.first_token_ns = r.ev.start_ns + 300 * NS_PER_MS;
    r.ev.end_ns = r.ev.start_ns + 1500 * NS_PER_MS;
    r.ev.stream = true;
    return r;
}

static inline struct record failed(struct gateway *g, int64_t status)
{
    struct record r = full(g);

    r.ev.outcome = OUTCOME_FAILURE;
    r.charge.charge.nanousd = 0;
    for (size_t i = 0; i <= COUNT_USAGE_LAST; i++)
        r.ev.count[i] = -1;
    r.ev.count[COUNT_HTTP_STATUS] = status;
    r.ev.text[TEXT_ERROR_CLASS] = STR("RateLimitError");
    g->text[GATEWAY_EXCEPTION_CLASS] = STR("Openai.RateLimitError");
    return r;
}

/* The sum of a family's samples in nano. */
static inline int64_t sum_of(const struct metrics *m, const char *family)
{
    struct buf text = rendered(m);
    char start[200];
    int64_t sum = 0, value;

    snprintf(start, sizeof start, "\n%s{", family);
    for (const char *at = text.at; (at = strstr(at, start));) {
        at = strstr(at, "} ") + 2;
        assert_true(decimal_parse(&value, (struct str){at, strcspn(at, "\n")}, 9, NULL));
        sum += value;
    }
    buf_release(&text);
    return sum;
}
