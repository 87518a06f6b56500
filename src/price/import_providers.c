#include "import.h"

/* `aliases` are the names that events carry: LiteLLM's custom_llm_provider and
 * OpenTelemetry's gen_ai.provider.name. */
const struct known_provider price_known_providers[] = {
    {"anthropic", {"anthropic_text", "claude"}, {"anthropic"}, {0}},
    {"aws",
     {"bedrock", "bedrock_converse", "bedrock_mantle", "amazon_nova", "aws.bedrock",
      "aws_bedrock", "amazon", "amazon_bedrock"},
     {"bedrock", "bedrock_converse", "bedrock_mantle", "amazon_nova"},
     {0}},
    {"azure",
     {"azure_ai", "azure_text", "azure.ai.openai", "azure.ai.inference", "azure_openai",
      "az.ai.openai", "az.ai.inference"},
     {"azure", "azure_ai", "azure_text"},
     {"openai", "anthropic"}},
    {"cerebras", {0}, {"cerebras"}, {0}},
    {"cohere", {"cohere_chat"}, {"cohere", "cohere_chat"}, {0}},
    {"deepseek", {0}, {"deepseek"}, {0}},
    {"fireworks", {"fireworks_ai", "fireworks-ai"}, {"fireworks_ai*"}, {0}},
    {"google",
     {"gemini", "vertex_ai", "vertex_ai_beta", "vertexai", "vertex", "gcp.gemini",
      "gcp.vertex_ai", "gcp.gen_ai", "google_genai", "google-vertex", "google_ai_studio"},
     {"gemini", "vertex_ai*", "palm"},
     {"anthropic"}},
    {"groq", {0}, {"groq"}, {0}},
    {"minimax", {0}, {"minimax"}, {0}},
    {"mistral",
     {"mistral_ai", "mistralai", "codestral", "text-completion-codestral"},
     {"mistral", "codestral", "text-completion-codestral"},
     {0}},
    {"moonshotai", {"moonshot", "moonshot_ai"}, {"moonshot"}, {0}},
    {"openai",
     {"text-completion-openai", "openai_responses", "chatgpt"},
     {"openai", "text-completion-openai"},
     {0}},
    {"perplexity", {"perplexity_ai"}, {"perplexity"}, {0}},
    {"together", {"together_ai", "together-ai", "togetherai"}, {"together_ai"}, {0}},
    {"voyageai", {"voyage", "voyage_ai"}, {"voyage"}, {0}},
    {"x-ai", {"xai", "x_ai"}, {"xai"}, {0}},
    {"zai", {"z-ai", "z.ai"}, {"zai"}, {0}},
};

const size_t price_known_provider_count =
    sizeof price_known_providers / sizeof *price_known_providers;
