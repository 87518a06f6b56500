/* Which built-in source a body is of, by keys that only its events have. */
#include "otlp.h"

#include <stdlib.h>

#include "protobuf.h"

enum { KEYS_MAX = 2 };

#define LOOKS_AT(source, path, ...)                                                      \
    {                                                                                    \
#source,                                                                         \
            "no event of this source; it looks like " #source ": its path is " path,     \
        {                                                                                \
            __VA_ARGS__                                                                  \
        }                                                                                \
    }
#define LOOKS(source, ...) LOOKS_AT(source, "/v1/ingest/" #source, __VA_ARGS__)

/* The first of which all keys are there. */
static const struct telling {
    const char *source, *text;
    const char *keys[KEYS_MAX];
} tellings[] = {
    LOOKS_AT(otlp, "/v1/traces", "resourceSpans"),
    LOOKS_AT(otlp, "/v1/traces", "resource_spans"),
    LOOKS_AT(otlp_logs, "/v1/logs", "resourceLogs"),
    LOOKS_AT(otlp_logs, "/v1/logs", "resource_logs"),
    LOOKS_AT(otlp_metrics, "/v1/metrics", "resourceMetrics"),
    LOOKS_AT(otlp_metrics, "/v1/metrics", "resource_metrics"),
    LOOKS(litellm, "litellm_call_id"),
    LOOKS(litellm, "model_map_information"),
    LOOKS(kong, "ai.proxy"),
    LOOKS(kong, "latencies.kong"),
    LOOKS(apisix, "llm_summary"),
    LOOKS(apisix, "apisix_latency"),
    LOOKS(higress, "ai_log"),
    LOOKS(envoy, "gen_ai\\.request\\.model"),
    LOOKS(envoy, "response_flags", "upstream_cluster"),
    LOOKS(helicone, "request_id", "request_body"),
    LOOKS(portkey, "ai_org", "ai_model"),
    LOOKS(portkey, "request.portkeyHeaders"),
    LOOKS(vercel, "data.native_tokens_cache_creation"),
    LOOKS(vercel, "native_tokens_cache_creation"),
    LOOKS(openrouter, "data.native_tokens_prompt"),
    LOOKS(openrouter, "native_tokens_prompt"),
    LOOKS(openrouter, "usage.cost_details"),
    LOOKS(langfuse, "batch"),
    LOOKS(bifrost, "RootSpan", "Spans"),
    LOOKS(bifrost, "SpanID", "Kind"),
    LOOKS(cloudflare, "tokens_in", "tokens_out"),
    LOOKS(generic, "requested_model"),
    LOOKS(generic, "specversion"),
};

enum { TELLING_COUNT = sizeof tellings / sizeof *tellings };

struct teller {
    struct json_shape *shape;
    struct json_reader *json;
    struct json_element element;
};

static bool want_keys(struct teller *t, struct err *err)
{
    for (unsigned i = 0; i < TELLING_COUNT * KEYS_MAX; i++) {
        const char *key = tellings[i / KEYS_MAX].keys[i % KEYS_MAX];
        if (key && !json_shape_want(t->shape, str_of(key), i, err))
            return false;
    }
    return true;
}

struct teller *teller_open(void)
{
    struct teller *t = calloc(1, sizeof *t);
    struct err err = {0};

    if (t && (t->shape = json_shape_new()) && want_keys(t, &err) &&
        json_reader_open(&t->json, &err))
        return t;
    teller_close(t);
    return NULL;
}

void teller_close(struct teller *t)
{
    if (!t)
        return;
    if (t->json)
        json_reader_close(t->json);
    json_shape_free(t->shape);
    free(t);
}

static bool has_keys(const struct teller *t, unsigned i)
{
    for (unsigned k = 0; k < KEYS_MAX; k++)
        if (tellings[i].keys[k] && t->element.slots[i * KEYS_MAX + k].type == JSON_ABSENT)
            return false;
    return true;
}

static const struct telling *tell(struct teller *t, struct str values)
{
    const struct telling *found = NULL;
    struct arena arena;

    arena_init(&arena, 0);
    json_begin(t->json, t->shape, values, &arena);
    if (json_next(t->json, &t->element) && t->element.type == JSON_OBJECT)
        for (unsigned i = 0; i < TELLING_COUNT && !found; i++)
            if (has_keys(t, i))
                found = &tellings[i];
    arena_release(&arena);
    return found;
}

static bool is_of(const struct telling *found, struct str source)
{
    return str_eq(str_of(found->source), source);
}

enum { TOLD_MAX = 1024 * 1024 };

const char *teller_tell(struct teller *t, struct str values, struct str source)
{
    const struct telling *found = t ? tell(t, values) : NULL;

    return found && !is_of(found, source) ? found->text : NULL;
}

const char *teller_tell_empty(struct teller *t, struct str request, struct str source,
                              const char *why)
{
    /* A longer one is read as it is only where it is booked, a moment at a time. */
    bool told = t && request.size && request.size <= TOLD_MAX;
    const struct telling *found = told ? tell(t, request) : NULL;

    if (found)
        return is_of(found, source) ? why : found->text;
    if (why || !request.size ||
        !memchr(request.at, '"', request.size)) /* a key has quotes */
        return why;
    return "no OTLP request: it has none of resourceSpans, resourceLogs and "
           "resourceMetrics";
}

bool source_is_binary(struct str body)
{
    enum { LOOKED_AT = 256 };

    for (size_t i = 0; i < body.size && i < LOOKED_AT; i++)
        if ((unsigned char)body.at[i] < ' ' && !memchr("\t\r\n", body.at[i], 3))
            return body.at[0] != '{' && body.at[0] != '[';
    return false;
}

/* Whether all of it can be read, and there is something. */
static bool is_request(struct str body)
{
    struct pb r = pb_of(body);
    struct pb_field f;
    size_t resources = 0;

    while (pb_next(&r, &f))
        resources += f.number == 1 && f.wire == PB_BYTES;
    return !r.broken && resources;
}

/* A log record begins with its time, a span with its trace's id. */
static const char *guess_signal(struct str request)
{
    struct str in_scope = otlp_message_in(otlp_message_in(request, 1), 2);
    struct pb item = pb_of(otlp_message_in(in_scope, 2));
    struct pb_field f;

    while (pb_next(&item, &f))
        if (f.number == 1)
            return f.wire == PB_FIXED64 ? "otlp_logs" : "otlp";
    return "otlp";
}

const char *tell_binary(struct str body)
{
    if (!source_is_binary(body) || !is_request(body))
        return NULL;
    return str_eq(str_of(guess_signal(body)), STR("otlp_logs"))
               ? "no event of this source; it looks like otlp_logs: its path is /v1/logs"
               : "no event of this source; it looks like otlp: its path is /v1/traces";
}

const char *source_guess(struct str values)
{
    if (source_is_binary(values))
        return guess_signal(values);

    struct teller *t = teller_open();
    const struct telling *found = t ? tell(t, values) : NULL;

    teller_close(t);
    return found && builtin_find(str_of(found->source)) ? found->source : NULL;
}
