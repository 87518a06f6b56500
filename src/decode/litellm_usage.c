#include "litellm.h"

#include <stdio.h>

enum usage_slot {
    USAGE_OBJECT,
    USAGE_PROMPT,
    USAGE_COMPLETION,
    USAGE_CACHED,
    USAGE_CACHE_READ_INPUT,
    USAGE_CACHE_WRITE,
    USAGE_CACHE_CREATION,
    USAGE_CACHE_CREATION_INPUT,
    USAGE_CACHE_CREATION_1H,
    USAGE_REASONING,
    USAGE_INPUT_AUDIO,
    USAGE_OUTPUT_AUDIO,
    USAGE_INPUT_IMAGE,
    USAGE_OUTPUT_IMAGE,
    USAGE_INPUT_VIDEO,
    USAGE_OUTPUT_VIDEO,
    USAGE_SEARCHES_OF_TOOL,
    USAGE_SEARCHES,
    USAGE_SLOT_COUNT,
};

#define INPUT_DETAILS ".prompt_tokens_details"
#define OUTPUT_DETAILS ".completion_tokens_details"

static const char *const paths[USAGE_SLOT_COUNT] = {
    [USAGE_OBJECT] = "",
    [USAGE_PROMPT] = ".prompt_tokens",
    [USAGE_COMPLETION] = ".completion_tokens",
    [USAGE_CACHED] = INPUT_DETAILS ".cached_tokens",
    [USAGE_CACHE_READ_INPUT] = ".cache_read_input_tokens",
    [USAGE_CACHE_WRITE] = INPUT_DETAILS ".cache_write_tokens",
    [USAGE_CACHE_CREATION] = INPUT_DETAILS ".cache_creation_tokens",
    [USAGE_CACHE_CREATION_INPUT] = ".cache_creation_input_tokens",
    [USAGE_CACHE_CREATION_1H] =
        INPUT_DETAILS ".cache_creation_token_details.ephemeral_1h_input_tokens",
    [USAGE_REASONING] = OUTPUT_DETAILS ".reasoning_tokens",
    [USAGE_INPUT_AUDIO] = INPUT_DETAILS ".audio_tokens",
    [USAGE_OUTPUT_AUDIO] = OUTPUT_DETAILS ".audio_tokens",
    [USAGE_INPUT_IMAGE] = INPUT_DETAILS ".image_tokens",
    [USAGE_OUTPUT_IMAGE] = OUTPUT_DETAILS ".image_tokens",
    [USAGE_INPUT_VIDEO] = INPUT_DETAILS ".video_tokens",
    [USAGE_OUTPUT_VIDEO] = OUTPUT_DETAILS ".video_tokens",
    [USAGE_SEARCHES_OF_TOOL] = ".server_tool_use.web_search_requests",
    [USAGE_SEARCHES] = INPUT_DETAILS ".web_search_requests",
};

/* The second is a stand-in for the first. */
static const char *const roots[] = {"metadata.usage_object",
                                    "hidden_params.usage_object"};

/* Versions differ in where they put a number: the largest of up to three counts. */
static const struct usage_rule {
    enum count_field count;
    bool zero; /* 0 where there is usage without it */
    enum usage_slot from[3];
} rules[] = {
    {COUNT_CACHE_READ_TOKENS, true, {USAGE_CACHED, USAGE_CACHE_READ_INPUT}},
    {COUNT_CACHE_WRITE_TOKENS,
     true,
     {USAGE_CACHE_WRITE, USAGE_CACHE_CREATION, USAGE_CACHE_CREATION_INPUT}},
    {COUNT_CACHE_WRITE_1H_TOKENS, true, {USAGE_CACHE_CREATION_1H}},
    {COUNT_REASONING_TOKENS, true, {USAGE_REASONING}},
    {COUNT_INPUT_AUDIO_TOKENS, false, {USAGE_INPUT_AUDIO}},
    {COUNT_OUTPUT_AUDIO_TOKENS, false, {USAGE_OUTPUT_AUDIO}},
    {COUNT_INPUT_IMAGE_TOKENS, false, {USAGE_INPUT_IMAGE}},
    {COUNT_OUTPUT_IMAGE_TOKENS, false, {USAGE_OUTPUT_IMAGE}},
    {COUNT_INPUT_VIDEO_TOKENS, false, {USAGE_INPUT_VIDEO}},
    {COUNT_OUTPUT_VIDEO_TOKENS, false, {USAGE_OUTPUT_VIDEO}},
    {COUNT_WEB_SEARCHES, false, {USAGE_SEARCHES_OF_TOOL, USAGE_SEARCHES}},
};

bool litellm_compile_usage(struct source *s, struct err *err)
{
    char path[JSON_PATH_MAX];
    unsigned slot;

    for (size_t root = 0; root < sizeof roots / sizeof *roots; root++)
        for (size_t i = 0; i < USAGE_SLOT_COUNT; i++) {
            snprintf(path, sizeof path, "%s%s", roots[root], paths[i]);
            if (!source_want(s, str_of(path), &slot, err))
                return false;
        }
    return true;
}

static void read_details(struct event *ev, const struct json_value *usage)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        int64_t most = rules[i].zero ? 0 : -1;
        for (size_t j = 0; j < 3 && (j == 0 || rules[i].from[j] != USAGE_OBJECT); j++) {
            int64_t count = decode_count(&usage[rules[i].from[j]]);
            most = count > most ? count : most;
        }
        ev->count[rules[i].count] = most;
    }
}

void litellm_read_usage(struct decoding *d)
{
    const struct json_value *usage = d->slots + LITELLM_FIXED_COUNT;
    struct event *ev = &d->record->ev;

    if (usage[USAGE_OBJECT].type != JSON_OBJECT)
        usage += USAGE_SLOT_COUNT;
    bool found = usage[USAGE_OBJECT].type == JSON_OBJECT;
    int64_t input = decode_count(&d->slots[LITELLM_PROMPT_TOKENS]);
    int64_t output = decode_count(&d->slots[LITELLM_COMPLETION_TOKENS]);
    if (found && input < 0)
        input = decode_count(&usage[USAGE_PROMPT]);
    if (found && output < 0)
        output = decode_count(&usage[USAGE_COMPLETION]);
    ev->count[COUNT_INPUT_TOKENS] = input;
    ev->count[COUNT_OUTPUT_TOKENS] = output;
    if (found)
        read_details(ev, usage);
}
