/* The names of DESIGN's event, once: policies, config, API and SQL all look here. */
#include "spendwarden/event.h"

static const struct named_field {
    struct str name;
    struct field field;
} fields[] = {
#define TEXT(name, index)                                                                \
    {                                                                                    \
        STR(name),                                                                       \
        {                                                                                \
            FIELD_TEXT, index, STAGE_DECODE                                              \
        }                                                                                \
    }
#define COUNT(name, index)                                                               \
    {                                                                                    \
        STR(name),                                                                       \
        {                                                                                \
            FIELD_COUNT, index, STAGE_DECODE                                             \
        }                                                                                \
    }
#define TIME(name, index)                                                                \
    {                                                                                    \
        STR(name),                                                                       \
        {                                                                                \
            FIELD_TIME, index, STAGE_DECODE                                              \
        }                                                                                \
    }
#define MONEY(name, index, stage)                                                        \
    {                                                                                    \
        STR(name),                                                                       \
        {                                                                                \
            FIELD_MONEY, index, stage                                                    \
        }                                                                                \
    }
#define DERIVED(name, index, stage)                                                      \
    {                                                                                    \
        STR(name),                                                                       \
        {                                                                                \
            FIELD_DERIVED, index, stage                                                  \
        }                                                                                \
    }
    TEXT("source", TEXT_SOURCE),
    TEXT("id", TEXT_ID),
    TEXT("call_id", TEXT_CALL_ID),
    TEXT("trace_id", TEXT_TRACE_ID),
    TEXT("span_id", TEXT_SPAN_ID),
    TEXT("session_id", TEXT_SESSION_ID),
    TEXT("response_id", TEXT_RESPONSE_ID),
    TIME("start", TIME_START),
    TIME("end", TIME_END),
    TIME("first_token", TIME_FIRST_TOKEN),
    TIME("received", TIME_RECEIVED),
    TEXT("ai_system", TEXT_AI_SYSTEM),
    TEXT("requested_model", TEXT_REQUESTED_MODEL),
    TEXT("response_model", TEXT_RESPONSE_MODEL),
    TEXT("operation", TEXT_OPERATION),
    TEXT("service_tier", TEXT_SERVICE_TIER),
    TEXT("region", TEXT_REGION),
    DERIVED("stream", DERIVED_STREAM, STAGE_DECODE),
    TEXT("tenant", TEXT_TENANT),
    TEXT("team", TEXT_TEAM),
    TEXT("workflow_id", TEXT_WORKFLOW_ID),
    TEXT("end_user", TEXT_END_USER),
    TEXT("hashed_api_key", TEXT_HASHED_API_KEY),
    TEXT("key_alias", TEXT_KEY_ALIAS),
    TEXT("user", TEXT_USER),
    TEXT("org", TEXT_ORG),
    TEXT("project", TEXT_PROJECT),
    TEXT("environment", TEXT_ENVIRONMENT),
    TEXT("agent", TEXT_AGENT),
    TEXT("endpoint", TEXT_ENDPOINT),
    TEXT("prompt_version", TEXT_PROMPT_VERSION),
    COUNT("retry_depth", COUNT_RETRY_DEPTH),
    COUNT("input_tokens", COUNT_INPUT_TOKENS),
    COUNT("output_tokens", COUNT_OUTPUT_TOKENS),
    COUNT("cache_read_tokens", COUNT_CACHE_READ_TOKENS),
    COUNT("cache_write_tokens", COUNT_CACHE_WRITE_TOKENS),
    COUNT("cache_write_1h_tokens", COUNT_CACHE_WRITE_1H_TOKENS),
    COUNT("reasoning_tokens", COUNT_REASONING_TOKENS),
    COUNT("input_audio_tokens", COUNT_INPUT_AUDIO_TOKENS),
    COUNT("output_audio_tokens", COUNT_OUTPUT_AUDIO_TOKENS),
    COUNT("cache_read_audio_tokens", COUNT_CACHE_READ_AUDIO_TOKENS),
    COUNT("input_image_tokens", COUNT_INPUT_IMAGE_TOKENS),
    COUNT("output_image_tokens", COUNT_OUTPUT_IMAGE_TOKENS),
    COUNT("cache_read_image_tokens", COUNT_CACHE_READ_IMAGE_TOKENS),
    COUNT("input_video_tokens", COUNT_INPUT_VIDEO_TOKENS),
    COUNT("output_video_tokens", COUNT_OUTPUT_VIDEO_TOKENS),
    COUNT("citation_tokens", COUNT_CITATION_TOKENS),
    COUNT("requests", COUNT_REQUESTS),
    COUNT("web_searches", COUNT_WEB_SEARCHES),
    DERIVED("total_tokens", DERIVED_TOTAL_TOKENS, STAGE_DECODE),
    MONEY("reported_usd", MONEY_REPORTED, STAGE_DECODE),
    MONEY("computed_usd", MONEY_COMPUTED, STAGE_PRICE),
    MONEY("charge_usd", MONEY_CHARGE, STAGE_PRICE),
    MONEY("drift_usd", MONEY_DRIFT, STAGE_PRICE),
    MONEY("billed_usd", MONEY_BILLED, STAGE_PRICE),
    DERIVED("price_status", DERIVED_PRICE_STATUS, STAGE_PRICE),
    DERIVED("status", DERIVED_STATUS, STAGE_DECODE),
    TEXT("error_class", TEXT_ERROR_CLASS),
    COUNT("http_status", COUNT_HTTP_STATUS),
    DERIVED("cache_hit", DERIVED_CACHE_HIT, STAGE_DECODE),
    DERIVED("duration_seconds", DERIVED_DURATION, STAGE_DECODE),
    DERIVED("time_to_first_token_seconds", DERIVED_TIME_TO_FIRST_TOKEN, STAGE_DECODE),
    DERIVED("time", DERIVED_TIME, STAGE_DECODE),
    DERIVED("class", DERIVED_CLASS, STAGE_COUNT),
#undef TEXT
#undef COUNT
#undef TIME
#undef MONEY
#undef DERIVED
};

enum { FIELD_TABLE_SIZE = sizeof fields / sizeof *fields };

static struct field declared_field(size_t position)
{
    return (struct field){FIELD_TEXT, (uint8_t)(TEXT_DECLARED_FIRST + position),
                          STAGE_DECODE};
}

struct field field_find(const struct schema *schema, struct str name)
{
    for (size_t i = 0; i < FIELD_TABLE_SIZE; i++)
        if (str_eq(fields[i].name, name))
            return fields[i].field;
    for (size_t i = 0; schema && i < schema->declared_count; i++)
        if (str_eq(schema->declared[i], name))
            return declared_field(i);
    return (struct field){FIELD_NONE, 0, STAGE_DECODE};
}

struct str field_name(const struct schema *schema, struct field field)
{
    if (field.kind == FIELD_TEXT && field.index >= TEXT_DECLARED_FIRST) {
        size_t position = (size_t)field.index - TEXT_DECLARED_FIRST;
        if (schema && position < schema->declared_count)
            return schema->declared[position];
        return (struct str){NULL, 0};
    }
    for (size_t i = 0; i < FIELD_TABLE_SIZE; i++)
        if (fields[i].field.kind == field.kind && fields[i].field.index == field.index)
            return fields[i].name;
    return (struct str){NULL, 0};
}

bool field_at(const struct schema *schema, size_t position, struct field *out)
{
    if (position < FIELD_TABLE_SIZE) {
        *out = fields[position].field;
        return true;
    }
    position -= FIELD_TABLE_SIZE;
    if (!schema || position >= schema->declared_count)
        return false;
    *out = declared_field(position);
    return true;
}

struct str field_suggest(const struct schema *schema, struct str name)
{
    unsigned best = name.size / 3 > 2 ? (unsigned)(name.size / 3) : 2;
    struct str suggestion = {NULL, 0};
    struct field field;

    for (size_t i = 0; field_at(schema, i, &field); i++) {
        struct str candidate = field_name(schema, field);
        unsigned distance = str_distance(name, candidate, best);
        if (distance < best || (distance == best && !suggestion.size)) {
            best = distance;
            suggestion = candidate;
        }
    }
    for (size_t i = 0; !suggestion.size && field_at(schema, i, &field); i++)
        if (str_is_part(name, field_name(schema, field)))
            suggestion = field_name(schema, field);
    return suggestion;
}

struct str outcome_name(enum outcome outcome)
{
    static const struct str names[] = {STR("success"), STR("failure"), STR("cancelled")};

    return names[outcome];
}
