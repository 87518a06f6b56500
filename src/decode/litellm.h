/* LiteLLM's fields, as slots of its shape, and what is read from them elsewhere. */
#pragma once
#include "internal.h"

enum litellm_slot {
    LITELLM_ID,
    LITELLM_CALL_ID,
    LITELLM_TRACE_ID,
    LITELLM_SESSION_ID,
    LITELLM_CALL_TYPE,
    LITELLM_STATUS,
    LITELLM_PROVIDER,
    LITELLM_START,
    LITELLM_END,
    LITELLM_FIRST_TOKEN,
    LITELLM_MODEL,
    LITELLM_MODEL_ID,
    LITELLM_MODEL_GROUP,
    LITELLM_STREAM,
    LITELLM_CACHE_HIT,
    LITELLM_COST,
    LITELLM_PROMPT_TOKENS,
    LITELLM_COMPLETION_TOKENS,
    LITELLM_TIER,
    LITELLM_ERROR_CLASS,
    LITELLM_ERROR_CODE,
    LITELLM_MAP_KEY,
    LITELLM_MAP_INPUT_COST,
    LITELLM_FIXED_COUNT,
};

/* Wants the two usage objects; their slots follow the fixed ones. */
bool litellm_compile_usage(struct source *s, struct err *err);

/* Fills in the counts. */
void litellm_read_usage(struct decoding *d);

/* The same for what only LiteLLM's metric names need; after the labels. */
bool litellm_compile_gateway(struct source *s, struct err *err);
void litellm_read_gateway(struct decoding *d);

/* Without the prefix that routes it: "openai/gpt-4o" is "gpt-4o". */
struct str litellm_bare_model(struct str model, struct str provider);

/* A batch is asked after until it is done, and often again. */
bool litellm_is_batch(struct str call_type);

/* Its one event is the report that has a cost, known by the batch's id whoever asks;
 * NULL, or why this one does not count. After everything else. */
const char *litellm_read_batch(struct decoding *d);

/* The known provider that stands before the model's name; empty: none. */
struct str litellm_provider_before(struct str model);

/* OpenTelemetry's name of the operation; needs the counts. */
struct str litellm_operation(struct str call_type, const struct event *ev);
