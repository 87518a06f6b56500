/* The sources that are built in: two in C, the others as data. */
#include "mapping.h"

#define EMBEDDED(name) extern const char source_##name[], source_##name##_end[]
#define MAPPED(name, file)                                                               \
    {                                                                                    \
        name, &format_mapped, "sources/" #file ".yaml", source_##file,                   \
            source_##file##_end                                                          \
    }

EMBEDDED(otlp_spans);
EMBEDDED(otlp_logs);
EMBEDDED(kong);
EMBEDDED(apisix);
EMBEDDED(envoy);
EMBEDDED(helicone);
EMBEDDED(portkey);
EMBEDDED(openrouter);
EMBEDDED(vercel);
EMBEDDED(langfuse);
EMBEDDED(cloudflare);
EMBEDDED(bifrost);
EMBEDDED(higress);

static const struct builtin builtins[] = {
    {"litellm", &format_litellm, NULL, NULL, NULL},
    {"generic", &format_generic, NULL, NULL, NULL},
    MAPPED("otlp", otlp_spans),
    MAPPED("otlp_logs", otlp_logs),
    MAPPED("kong", kong),
    MAPPED("apisix", apisix),
    MAPPED("envoy", envoy),
    MAPPED("helicone", helicone),
    MAPPED("portkey", portkey),
    MAPPED("openrouter", openrouter),
    MAPPED("vercel", vercel),
    MAPPED("langfuse", langfuse),
    MAPPED("cloudflare", cloudflare),
    MAPPED("bifrost", bifrost),
    MAPPED("higress", higress),
};

enum { BUILTIN_COUNT = sizeof builtins / sizeof *builtins };

const char *source_builtin(size_t number)
{
    return number < BUILTIN_COUNT ? builtins[number].name : NULL;
}

bool source_is_builtin(struct str name)
{
    return builtin_find(name) != NULL;
}

const struct builtin *builtin_find(struct str name)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++)
        if (str_eq(str_of(builtins[i].name), name))
            return &builtins[i];
    return NULL;
}
