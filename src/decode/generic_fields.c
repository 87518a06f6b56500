#include "generic.h"

#define TEXT(name, index)                                                                \
    {                                                                                    \
        name, {FIELD_TEXT, index, STAGE_DECODE}, name " must be text"                    \
    }
#define COUNT(name, index)                                                               \
    {                                                                                    \
        name, {FIELD_COUNT, index, STAGE_DECODE},                                        \
            name " must be a whole number from 0 to 1000000000000"                       \
    }
#define TIME(name, index)                                                                \
    {                                                                                    \
        name, {FIELD_TIME, index, STAGE_DECODE},                                         \
            name " must be RFC 3339 text or whole nanoseconds, 2020 or later"            \
    }

static const struct generic_field fields[] = {
    TEXT("id", TEXT_ID),
    TEXT("call_id", TEXT_CALL_ID),
    TEXT("trace_id", TEXT_TRACE_ID),
    TEXT("span_id", TEXT_SPAN_ID),
    TEXT("response_id", TEXT_RESPONSE_ID),
    TEXT("ai_system", TEXT_AI_SYSTEM),
    TEXT("requested_model", TEXT_REQUESTED_MODEL),
    TEXT("response_model", TEXT_RESPONSE_MODEL),
    TEXT("operation", TEXT_OPERATION),
    TEXT("service_tier", TEXT_SERVICE_TIER),
    TEXT("region", TEXT_REGION),
    TEXT("error_class", TEXT_ERROR_CLASS),
    TIME("start", TIME_START),
    TIME("end", TIME_END),
    TIME("first_token", TIME_FIRST_TOKEN),
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
    COUNT("http_status", COUNT_HTTP_STATUS),
};

size_t generic_fields(const struct generic_field **out)
{
    *out = fields;
    return sizeof fields / sizeof *fields;
}

const char *generic_label_wrong(struct field field)
{
    static const char *const wrong[TEXT_DECLARED_FIRST] = {
        [TEXT_SESSION_ID] = "session_id must be text",
        [TEXT_TENANT] = "tenant must be text",
        [TEXT_TEAM] = "team must be text",
        [TEXT_WORKFLOW_ID] = "workflow_id must be text",
        [TEXT_END_USER] = "end_user must be text",
        [TEXT_HASHED_API_KEY] = "hashed_api_key must be text",
        [TEXT_KEY_ALIAS] = "key_alias must be text",
        [TEXT_USER] = "user must be text",
        [TEXT_ORG] = "org must be text",
        [TEXT_PROJECT] = "project must be text",
        [TEXT_ENVIRONMENT] = "environment must be text",
        [TEXT_AGENT] = "agent must be text",
        [TEXT_ENDPOINT] = "endpoint must be text",
        [TEXT_PROMPT_VERSION] = "prompt_version must be text",
    };

    if (field.kind == FIELD_COUNT)
        return "retry_depth must be a whole number from 0 to 1000";
    if (field.index >= TEXT_DECLARED_FIRST)
        return "a label that the configuration declares must be text";
    return wrong[field.index];
}
