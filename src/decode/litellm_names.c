#include "litellm.h"

/* Prefixes that LiteLLM routes by; what comes before any other '/' belongs to a model. */
static const char *const providers[] = {
    "openai",
    "azure",
    "azure_ai",
    "anthropic",
    "bedrock",
    "vertex_ai",
    "gemini",
    "cohere",
    "mistral",
    "groq",
    "openrouter",
    "together_ai",
    "fireworks_ai",
    "deepseek",
    "xai",
    "perplexity",
    "databricks",
    "ollama",
    "ollama_chat",
    "hosted_vllm",
    "huggingface",
    "replicate",
    "sagemaker",
    "watsonx",
    "nvidia_nim",
    "cerebras",
    "deepinfra",
    "sambanova",
    "litellm_proxy",
    "dashscope",
    "text-completion-openai",
    "azure_text",
    "bedrock_converse",
    "voyage",
    "moonshot",
};

static bool is_provider(struct str prefix, struct str provider)
{
    if (str_eq(prefix, provider))
        return true;
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (str_eq(prefix, str_of(providers[i])))
            return true;
    return false;
}

struct str litellm_bare_model(struct str model, struct str provider)
{
    const char *slash = model.size ? memchr(model.at, '/', model.size) : NULL;

    if (!slash)
        return model;
    struct str prefix = {model.at, (size_t)(slash - model.at)};
    struct str rest = str_from(model, prefix.size + 1);
    return rest.size && is_provider(prefix, provider) ? rest : model;
}

struct str litellm_provider_before(struct str model)
{
    struct str rest = litellm_bare_model(model, (struct str){NULL, 0});

    return (struct str){model.at,
                        model.size > rest.size ? model.size - rest.size - 1 : 0};
}

enum when { ALWAYS, WITH_OUTPUT };

static const struct operation {
    struct str type, name;
    enum when when;
} operations[] = {
    {STR("completion"), STR("chat"), ALWAYS},
    {STR("responses"), STR("chat"), ALWAYS},
    {STR("anthropic_messages"), STR("chat"), ALWAYS},
    {STR("pass_through_endpoint"), STR("chat"), WITH_OUTPUT},
    {STR("text_completion"), STR("text_completion"), ALWAYS},
    {STR("generate_content"), STR("generate_content"), ALWAYS},
    {STR("generate_content_stream"), STR("generate_content"), ALWAYS},
    {STR("embedding"), STR("embeddings"), ALWAYS},
    {STR("image_generation"), STR("image_generation"), ALWAYS},
    {STR("image_edit"), STR("image_edit"), ALWAYS},
    {STR("image_variation"), STR("image_variation"), ALWAYS},
    {STR("video_generation"), STR("video_generation"), ALWAYS},
    {STR("transcription"), STR("transcription"), ALWAYS},
    {STR("speech"), STR("speech"), ALWAYS},
    {STR("rerank"), STR("rerank"), ALWAYS},
    {STR("moderation"), STR("moderation"), ALWAYS},
    {STR("search"), STR("search"), ALWAYS},
    {STR("ocr"), STR("ocr"), ALWAYS},
    {STR("create_batch"), STR("create_batch"), ALWAYS},
    {STR("retrieve_batch"), STR("retrieve_batch"), ALWAYS},
};

static const struct operation *find_operation(struct str type)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (str_eq(operations[i].type, type))
            return &operations[i];
    return NULL;
}

struct str litellm_operation(struct str call_type, const struct event *ev)
{
    const struct operation *found = find_operation(call_type);

    if (!found && str_starts(call_type, STR("a")))
        found = find_operation(str_from(call_type, 1)); /* the async twin */
    if (!found || (found->when == WITH_OUTPUT && ev->count[COUNT_OUTPUT_TOKENS] <= 0))
        return call_type;
    return found->name;
}
