/* One record into LiteLLM's families. */
#include "litellm.h"
#include "spendwarden/value.h"

enum { NS_PER_US = 1000, REFUSED_KEY = 401 };

enum { NO_TEXT = TEXT_COUNT, NO_GATEWAY = GATEWAY_TEXT_COUNT };

/* Where a label's value comes from: what the gateway said of it, else a field. */
static const struct label_source {
    unsigned gateway, text;
} label_sources[LITELLM_LABEL_COUNT] = {
    [LITELLM_END_USER] = {NO_GATEWAY, TEXT_END_USER},
    [LITELLM_HASHED_API_KEY] = {NO_GATEWAY, TEXT_HASHED_API_KEY},
    [LITELLM_API_KEY_ALIAS] = {NO_GATEWAY, TEXT_KEY_ALIAS},
    [LITELLM_TEAM] = {NO_GATEWAY, TEXT_TEAM},
    [LITELLM_TEAM_ALIAS] = {GATEWAY_TEAM_ALIAS, NO_TEXT},
    [LITELLM_ORG_ID] = {NO_GATEWAY, TEXT_ORG},
    [LITELLM_ORG_ALIAS] = {GATEWAY_ORG_ALIAS, NO_TEXT},
    [LITELLM_USER] = {NO_GATEWAY, TEXT_USER},
    [LITELLM_USER_EMAIL] = {GATEWAY_USER_EMAIL, NO_TEXT},
    [LITELLM_MODEL] = {GATEWAY_MODEL, TEXT_RESPONSE_MODEL},
    [LITELLM_REQUESTED_MODEL] = {NO_GATEWAY, TEXT_REQUESTED_MODEL},
    [LITELLM_MODEL_ID] = {GATEWAY_MODEL_ID, NO_TEXT},
    [LITELLM_MODEL_GROUP] = {NO_GATEWAY, TEXT_REQUESTED_MODEL},
    [LITELLM_MODEL_NAME] = {GATEWAY_MODEL, TEXT_RESPONSE_MODEL},
    [LITELLM_API_PROVIDER] = {NO_GATEWAY, TEXT_AI_SYSTEM},
    [LITELLM_API_BASE] = {GATEWAY_API_BASE, NO_TEXT},
    [LITELLM_SERVICE_TIER] = {GATEWAY_SERVICE_TIER, TEXT_SERVICE_TIER},
    [LITELLM_CLIENT_IP] = {GATEWAY_CLIENT_IP, NO_TEXT},
    [LITELLM_USER_AGENT] = {GATEWAY_USER_AGENT, NO_TEXT},
    [LITELLM_ROUTE] = {GATEWAY_ROUTE, TEXT_ENDPOINT},
    [LITELLM_STATUS_CODE] = {NO_GATEWAY, NO_TEXT}, /* these two are numbers */
    [LITELLM_EXCEPTION_STATUS] = {NO_GATEWAY, NO_TEXT},
    [LITELLM_EXCEPTION_CLASS] = {GATEWAY_EXCEPTION_CLASS, TEXT_ERROR_CLASS},
    [LITELLM_TENANT] = {NO_GATEWAY, TEXT_TENANT},
    [LITELLM_WORKFLOW_ID] = {NO_GATEWAY, TEXT_WORKFLOW_ID},
    [LITELLM_RETRY_DEPTH] = {NO_GATEWAY, NO_TEXT},
};

/* One record on its way into the sets. */
struct applying {
    struct metrics *m;
    const struct record *r;
    struct str values[LITELLM_LABEL_COUNT];
    char status[VALUE_TEXT_SIZE], depth[VALUE_TEXT_SIZE];
};

static struct str value_of(const struct record *r, struct label_source from)
{
    const struct gateway *g = r->ev.gateway;
    struct str value = {NULL, 0};

    if (from.gateway != NO_GATEWAY && g)
        value = g->text[from.gateway];
    if (!value.size && from.text != NO_TEXT)
        value = r->ev.text[from.text];
    return value.size ? value : STR("None");
}

static void read_values(struct applying *a)
{
    static const struct field status = {FIELD_COUNT, COUNT_HTTP_STATUS, STAGE_DECODE},
                              depth = {FIELD_COUNT, COUNT_RETRY_DEPTH, STAGE_DECODE};
    const struct record *r = a->r;
    bool failed = r->ev.outcome == OUTCOME_FAILURE;

    for (size_t i = 0; i < LITELLM_LABEL_COUNT; i++)
        a->values[i] = value_of(r, label_sources[i]);
    /* A gateway that tells of one model only means that it was asked for and used. */
    if (!r->ev.gateway && !r->ev.text[TEXT_RESPONSE_MODEL].size)
        a->values[LITELLM_MODEL] = a->values[LITELLM_MODEL_NAME] =
            a->values[LITELLM_REQUESTED_MODEL];
    if (!a->m->options.litellm_end_user)
        a->values[LITELLM_END_USER] = STR("None");
    struct str code = record_value(r, status, a->status);
    if (code.size)
        a->values[LITELLM_STATUS_CODE] = a->values[LITELLM_EXCEPTION_STATUS] = code;
    else if (!failed)
        a->values[LITELLM_STATUS_CODE] = STR("200");
    a->values[LITELLM_RETRY_DEPTH] = record_value(r, depth, a->depth);
}

static int64_t *cells_of(struct applying *a, enum set_kind kind)
{
    enum litellm_label labels[SERIES_LABELS_MAX];
    struct str values[SERIES_LABELS_MAX];
    size_t count = litellm_set_labels(kind, labels);

    for (size_t i = 0; i < count; i++)
        values[i] = a->values[labels[i]];
    return set_cells(a->m, &a->m->sets[kind], values);
}

static void add_one(struct applying *a, enum set_kind kind)
{
    int64_t *cells = cells_of(a, kind);

    if (cells)
        add_clamped(cells, 1);
}

static int64_t count_of(const struct record *r, enum count_field count)
{
    return r->ev.count[count] > 0 ? r->ev.count[count] : 0;
}

static void add_tokens(struct applying *a)
{
    int64_t input = count_of(a->r, COUNT_INPUT_TOKENS),
            output = count_of(a->r, COUNT_OUTPUT_TOKENS);
    int64_t *cells = cells_of(a, SET_LITELLM_TOKENS);

    if (!cells)
        return;
    add_clamped(&cells[LITELLM_TOTAL], input + output);
    add_clamped(&cells[LITELLM_INPUT], input);
    add_clamped(&cells[LITELLM_OUTPUT], output);
}

static void add_token_details(struct applying *a)
{
    static const enum count_field counts[LITELLM_DETAIL_CELLS] = {
        [LITELLM_CACHED] = COUNT_CACHE_READ_TOKENS,
        [LITELLM_CACHE_CREATION] = COUNT_CACHE_WRITE_TOKENS,
        [LITELLM_INPUT_AUDIO] = COUNT_INPUT_AUDIO_TOKENS,
        [LITELLM_REASONING] = COUNT_REASONING_TOKENS,
        [LITELLM_OUTPUT_AUDIO] = COUNT_OUTPUT_AUDIO_TOKENS,
    };
    struct series_set *set = &a->m->sets[SET_LITELLM_TOKEN_DETAILS];
    bool any = false;

    for (size_t i = 0; i < LITELLM_DETAIL_CELLS; i++)
        any |= count_of(a->r, counts[i]) > 0;
    int64_t *cells = any ? cells_of(a, SET_LITELLM_TOKEN_DETAILS) : NULL;
    for (size_t i = 0; cells && i < LITELLM_DETAIL_CELLS; i++)
        add_late(a->m, set, cells, i, a->r->ev.count[counts[i]]);
}

static void add_spend(struct applying *a)
{
    int64_t *cells = cells_of(a, SET_LITELLM_SPEND);

    if (cells)
        add_clamped(cells, a->r->charge.charge.nanousd);
}

static void add_seconds(struct applying *a, enum set_kind kind, enum derived_field which)
{
    struct field field = {FIELD_DERIVED, (uint8_t)which, STAGE_DECODE};
    int64_t ns;

    if (!record_number(a->r, field, &ns))
        return;
    int64_t *cells = cells_of(a, kind);
    if (cells)
        histogram_add(cells, latency_bounds_us, LATENCY_BOUNDS,
                      (ns + NS_PER_US / 2) / NS_PER_US);
}

static void add_to_deployment(struct applying *a, bool failed)
{
    int64_t *cells = cells_of(a, SET_LITELLM_DEPLOYMENT);

    if (cells) {
        add_clamped(&cells[LITELLM_ALL], 1);
        add_clamped(&cells[LITELLM_SUCCESS], !failed);
    }
    if (failed)
        add_one(a, SET_LITELLM_DEPLOYMENT_FAILED);
}

static void add_failure(struct applying *a)
{
    add_one(a, SET_LITELLM_PROXY_FAILED);
    if (a->r->ev.count[COUNT_HTTP_STATUS] == REFUSED_KEY)
        return;
    add_one(a, SET_LITELLM_API_FAILED);
    add_to_deployment(a, true);
}

static void add_success(struct applying *a)
{
    add_one(a, SET_LITELLM_REQUESTS);
    add_to_deployment(a, false);
    add_seconds(a, SET_LITELLM_LATENCY, DERIVED_DURATION);
    add_seconds(a, SET_LITELLM_FIRST_TOKEN, DERIVED_TIME_TO_FIRST_TOKEN);
}

/* A failure that cost nothing begins no series of spend and tokens. */
static bool has_cost(const struct record *r)
{
    return r->ev.outcome != OUTCOME_FAILURE || r->charge.charge.nanousd != 0 ||
           count_of(r, COUNT_INPUT_TOKENS) > 0 || count_of(r, COUNT_OUTPUT_TOKENS) > 0;
}

void litellm_apply(struct metrics *m, const struct record *r)
{
    struct applying a = {.m = m, .r = r};

    limits_apply(&m->limits, r);
    read_values(&a);
    if (has_cost(r))
        add_spend(&a);
    if (has_cost(r) && record_has_usage(r)) {
        add_tokens(&a);
        add_token_details(&a);
    }
    if (!record_is_request(r))
        return;
    add_one(&a, SET_LITELLM_PROXY);
    if (r->ev.outcome == OUTCOME_FAILURE)
        add_failure(&a);
    else
        add_success(&a);
}
