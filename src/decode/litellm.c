/* LiteLLM's StandardLoggingPayload, from v1.72 to v1.106. Every key may be absent. */
#include "litellm.h"

static const char *const paths[LITELLM_FIXED_COUNT] = {
    [LITELLM_ID] = "id",
    [LITELLM_CALL_ID] = "litellm_call_id",
    [LITELLM_TRACE_ID] = "trace_id",
    [LITELLM_SESSION_ID] = "session_id",
    [LITELLM_CALL_TYPE] = "call_type",
    [LITELLM_STATUS] = "status",
    [LITELLM_PROVIDER] = "custom_llm_provider",
    [LITELLM_START] = "startTime",
    [LITELLM_END] = "endTime",
    [LITELLM_FIRST_TOKEN] = "completionStartTime",
    [LITELLM_MODEL] = "model",
    [LITELLM_MODEL_ID] = "model_id",
    [LITELLM_MODEL_GROUP] = "model_group",
    [LITELLM_STREAM] = "stream",
    [LITELLM_CACHE_HIT] = "cache_hit",
    [LITELLM_COST] = "response_cost",
    [LITELLM_PROMPT_TOKENS] = "prompt_tokens",
    [LITELLM_COMPLETION_TOKENS] = "completion_tokens",
    [LITELLM_TIER] = "cost_breakdown.service_tier",
    [LITELLM_ERROR_CLASS] = "error_information.error_class",
    [LITELLM_ERROR_CODE] = "error_information.error_code",
    [LITELLM_MAP_KEY] = "model_map_information.model_map_value.key",
    [LITELLM_MAP_INPUT_COST] =
        "model_map_information.model_map_value.input_cost_per_token",
};

static bool compile(struct source *s, struct err *err)
{
    unsigned slot;

    for (unsigned i = 0; i < LITELLM_FIXED_COUNT; i++)
        if (!source_want(s, str_of(paths[i]), &slot, err))
            return false;
    return litellm_compile_usage(s, err) &&
           (!s->gateway || litellm_compile_gateway(s, err));
}

static struct str text_of(const struct decoding *d, enum litellm_slot slot)
{
    return decode_text(d, &d->slots[slot]);
}

static bool is_hex_with_dashes(struct str text)
{
    static const size_t dashes[] = {8, 13, 18, 23};
    size_t next = 0;

    for (size_t i = 0; i < text.size; i++) {
        bool dash = next < 4 && i == dashes[next];
        next += dash;
        if (dash ? text.at[i] != '-' : !is_hex_digits((struct str){text.at + i, 1}, 1))
            return false;
    }
    return text.size == 36;
}

/* A trace id that somebody chose is a session; one drawn at random is not. */
static struct str session_of(const struct decoding *d, struct str trace)
{
    struct str session = text_of(d, LITELLM_SESSION_ID);

    if (session.size)
        return session;
    if (is_hex_with_dashes(trace) || is_hex_digits(trace, 32))
        return (struct str){NULL, 0};
    return trace;
}

static bool contains(struct str text, struct str part)
{
    return text.size && memmem(text.at, text.size, part.at, part.size) != NULL;
}

/* What the provider called its answer, so that another emitter's report of the same call
 * is recognised. A cut one might be somebody else's. */
static struct str response_id_of(const struct decoding *d, struct str id)
{
    struct str type = text_of(d, LITELLM_CALL_TYPE);

    if (d->record->ev.outcome != OUTCOME_SUCCESS || !id.size ||
        d->slots[LITELLM_ID].raw.size > TEXT_VALUE_MAX ||
        str_eq(id, d->record->ev.text[TEXT_CALL_ID]) || contains(id, STR("_cache_hit")) ||
        contains(type, STR("embedding")))
        return (struct str){NULL, 0};
    return id;
}

/* None of it is unique by itself: clients choose call ids, some servers give ids out of a
 * few. Where all three that differ between requests are missing, nothing is repeated. */
static void read_identity(struct decoding *d)
{
    static const enum litellm_slot parts[] = {LITELLM_CALL_ID,  LITELLM_ID,
                                              LITELLM_START,    LITELLM_STATUS,
                                              LITELLM_MODEL_ID, LITELLM_CALL_TYPE};

    if (!d->record->ev.text[TEXT_CALL_ID].size && !d->record->ev.text[TEXT_ID].size &&
        !text_of(d, LITELLM_START).size)
        return;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        decode_identity(d, &d->slots[parts[i]]);
}

static void read_ids(struct decoding *d)
{
    struct str *text = d->record->ev.text;
    struct str id = text_of(d, LITELLM_ID);

    if (str_eq(id, STR("None"))) /* str() of a missing one */
        id.size = 0;
    text[TEXT_ID] = id;
    text[TEXT_CALL_ID] = text_of(d, LITELLM_CALL_ID);
    text[TEXT_TRACE_ID] = text_of(d, LITELLM_TRACE_ID);
    text[TEXT_SESSION_ID] = session_of(d, text[TEXT_TRACE_ID]);
    text[TEXT_RESPONSE_ID] = response_id_of(d, id);
    read_identity(d);
}

static void read_outcome(struct decoding *d)
{
    struct event *ev = &d->record->ev;
    struct str status = text_of(d, LITELLM_STATUS);
    struct str error = text_of(d, LITELLM_ERROR_CLASS);
    int64_t code = decode_count(&d->slots[LITELLM_ERROR_CODE]);

    ev->outcome = OUTCOME_SUCCESS;
    if (str_eq(status, STR("failure")) || (!status.size && error.size))
        ev->outcome = OUTCOME_FAILURE;
    ev->stream = json_true(&d->slots[LITELLM_STREAM]);
    ev->cache_hit = json_true(&d->slots[LITELLM_CACHE_HIT]) ||
                    str_eq(text_of(d, LITELLM_CACHE_HIT), STR("True"));
    if (ev->outcome != OUTCOME_FAILURE)
        return;
    ev->text[TEXT_ERROR_CLASS] = error;
    if (code >= 100 && code <= 599)
        ev->count[COUNT_HTTP_STATUS] = code;
}

static void read_times(struct decoding *d)
{
    struct event *ev = &d->record->ev;

    ev->start_ns = decode_time(d, &d->slots[LITELLM_START]);
    ev->end_ns = decode_time(d, &d->slots[LITELLM_END]);
    if (ev->stream)
        ev->first_token_ns = decode_time(d, &d->slots[LITELLM_FIRST_TOKEN]);
}

static void read_models(struct decoding *d)
{
    struct str *text = d->record->ev.text;
    struct str model = text_of(d, LITELLM_MODEL), key = text_of(d, LITELLM_MAP_KEY);

    text[TEXT_AI_SYSTEM] = text_of(d, LITELLM_PROVIDER);
    text[TEXT_REQUESTED_MODEL] = text_of(d, LITELLM_MODEL_GROUP);
    if (!text[TEXT_REQUESTED_MODEL].size)
        text[TEXT_REQUESTED_MODEL] = model;
    /* A deployment with prices of its own has its hash for a key. */
    if (key.size && !is_hex_digits(key, 64))
        model = key;
    if (text[TEXT_AI_SYSTEM].size)
        text[TEXT_RESPONSE_MODEL] = litellm_bare_model(model, text[TEXT_AI_SYSTEM]);
    text[TEXT_OPERATION] =
        litellm_operation(text_of(d, LITELLM_CALL_TYPE), &d->record->ev);
    text[TEXT_SERVICE_TIER] = text_of(d, LITELLM_TIER);
}

static bool is_literal_zero(struct str number)
{
    size_t i = 0;

    while (i < number.size && (number.at[i] == '0' || number.at[i] == '.'))
        i++;
    return number.size && (i == number.size || number.at[i] == 'e');
}

/* The operator set the price of this deployment to nothing. */
static bool is_priced_at_zero(const struct decoding *d)
{
    const struct json_value *rate = &d->slots[LITELLM_MAP_INPUT_COST];

    return is_hex_digits(d->slots[LITELLM_MAP_KEY].raw, 64) &&
           rate->type == JSON_NUMBER && is_literal_zero(rate->raw);
}

/* Only response_cost: on a cache hit the other costs are those of the first call. */
static void read_cost(struct decoding *d)
{
    struct event *ev = &d->record->ev;
    struct money cost;

    if (!money_parse(&cost, text_of(d, LITELLM_COST)) || cost.nanousd < 0)
        return;
    ev->reported_usd = cost;
    ev->reported = REPORTED_ZERO;
    if (cost.nanousd > 0)
        ev->reported = REPORTED_COST;
    else if (ev->cache_hit || is_priced_at_zero(d))
        ev->reported = REPORTED_INCLUDED;
}

static const char *read_payload(struct decoding *d)
{
    static const enum litellm_slot proof[] = {LITELLM_ID, LITELLM_CALL_ID, LITELLM_MODEL,
                                              LITELLM_STATUS};
    bool found = false;

    for (size_t i = 0; i < sizeof proof / sizeof *proof; i++)
        found |= d->slots[proof[i]].type == JSON_STRING;
    d->foreign = d->slots[LITELLM_CALL_ID].type == JSON_ABSENT;
    if (!found)
        return "no LiteLLM event: none of id, litellm_call_id, model and status";
    read_outcome(d);
    read_ids(d);
    read_times(d);
    litellm_read_usage(d);
    read_models(d);
    read_cost(d);
    decode_labels(d);
    decode_tags(d);
    decode_metadata(d);
    if (d->source->gateway)
        litellm_read_gateway(d);
    return litellm_is_batch(text_of(d, LITELLM_CALL_TYPE)) ? litellm_read_batch(d) : NULL;
}

#define METADATA(key) STR("metadata." key)
#define LOGGED(key) METADATA("spend_logs_metadata." key)
#define OF_KEY(key) METADATA("user_api_key_auth_metadata." key)

static const struct label_rule rules[] = {
    {STR("team"), 1, {METADATA("user_api_key_team_id")}, NULL, 0, 0},
    {STR("tenant"), 2, {LOGGED("tenant_id"), OF_KEY("tenant_id")}, NULL, 0, 0},
    {STR("workflow_id"), 2, {LOGGED("workflow_id"), OF_KEY("workflow_id")}, NULL, 0, 0},
    {STR("end_user"), 1, {STR("end_user")}, NULL, 0, 0},
    {STR("hashed_api_key"), 1, {METADATA("user_api_key_hash")}, NULL, 0, 0},
    {STR("key_alias"), 1, {METADATA("user_api_key_alias")}, NULL, 0, 0},
    {STR("user"), 1, {METADATA("user_api_key_user_id")}, NULL, 0, 0},
    {STR("org"), 1, {METADATA("user_api_key_org_id")}, NULL, 0, 0},
    {STR("project"), 1, {METADATA("user_api_key_project_id")}, NULL, 0, 0},
    {STR("environment"), 2, {LOGGED("environment"), OF_KEY("environment")}, NULL, 0, 0},
    {STR("agent"), 1, {LOGGED("agent_id")}, NULL, 0, 0},
    {STR("prompt_version"), 1, {LOGGED("prompt_version")}, NULL, 0, 0},
    {STR("endpoint"), 1, {METADATA("user_api_key_request_route")}, NULL, 0, 0},
    {STR("retry_depth"),
     3,
     {LOGGED("retry_depth"), METADATA("requester_custom_headers.x-stainless-retry-count"),
      STR("tag:retry_depth")},
     NULL,
     0,
     0},
};

/* What a key's owner has written is authenticated with the key; all of this comes, or may
 * come, with the request. */
static const struct str callers[] = {
    STR("end_user"),
    STR("request_tags"),
    METADATA("spend_logs_metadata"),
    METADATA("requester_metadata"),
    METADATA("requester_custom_headers"),
    METADATA("user_api_key_end_user_id"),
    STR("session_id"),
    STR("trace_id"),
    STR("model_parameters"),
};

const struct format format_litellm = {
    .name = STR("litellm"),
    .tags = "request_tags",
    .rule_count = sizeof rules / sizeof *rules,
    .rules = rules,
    .caller_count = sizeof callers / sizeof *callers,
    .callers = callers,
    .metadata_roots = {"metadata.spend_logs_metadata",
                       "metadata.user_api_key_auth_metadata",
                       "metadata.requester_metadata"},
    .compile = compile,
    .read = read_payload,
};
