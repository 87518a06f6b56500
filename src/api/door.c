/* Which source a body is for, and whether it is let in. */
#include "door.h"

#include "internal.h"
#include "otlp.h"
#include "spendwarden/source.h"
#include "tokens.h"

static const struct str ingest_prefix = STR("/v1/ingest/");

bool door_is_ingest(const struct http_request *r)
{
    return str_starts(r->path, ingest_prefix) || otlp_signal_of(r->path) != OTLP_NONE;
}

struct str door_source(const struct http_request *r)
{
    switch (otlp_signal_of(r->path)) {
    case OTLP_TRACES:
    case OTLP_METRICS:
        return STR("otlp");
    case OTLP_LOGS:
        return STR("otlp_logs");
    default:
        return str_from(r->path, ingest_prefix.size);
    }
}

/* Those of OTLP have the paths that exporters know. */
static void refuse_name(const struct generation *g, struct http_response *out)
{
    size_t named = 0;

    respond_text(out, 404, STR("there is no such source; there are"));
    for (size_t i = 0; i < g->source_count; i++) {
        if (source_signal(g->sources[i]) != OTLP_NONE)
            continue;
        buf_add(&out->body, named++ ? STR(", ") : STR(" "));
        buf_add(&out->body, source_name(g->sources[i]));
    }
    buf_add(&out->body, STR(", and OTLP at /v1/traces and /v1/logs\n"));
}

bool door_refuses_source(struct server *s, const struct http_request *r,
                         struct http_response *out)
{
    const struct token *token = r->token;
    struct str name = door_source(r);
    bool otlp = otlp_signal_of(r->path) != OTLP_NONE, known, right;
    struct generation *g = engine_generation(s->engine);
    const struct source *source = generation_source(g, name);

    known = source && (source_signal(source) != OTLP_NONE) == otlp;
    right = !token || !token->source.size || !source ||
            str_eq(token->source, source_of_events(source));
    if (!known)
        refuse_name(g, out);
    else if (!right)
        respond_text(out, 403, STR("this token is bound to another source\n"));
    generation_release(g);
    return !known || !right;
}
