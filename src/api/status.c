/* What is known of the engine, as JSON. */
#include <stdlib.h>

#include "internal.h"

enum { READY_TICKS = 4 };

void view_status(struct server *s, struct http_request *r, struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    struct buf *b = &out->body;
    struct reload_state reload;
    struct books_stats stats;

    (void)r;
    engine_reload_state(s->engine, &reload);
    books_stats(engine_books(s->engine), &stats);
    begin_data(out);
    buf_add(b, STR("{\"version\":\"" SPENDWARDEN_VERSION "\",\"started\":"));
    time_json(b, s->started_ns);
    buf_format(b, ",\"generation\":%u,\"policy_hash\":\"%.*s\",\"price_book\":",
               generation_ruling(g)->number, STR_ARG(policy_hash(g->policies)));
    buf_json(b, price_book_name(g->prices));
    buf_format(b, ",\"last_reload_successful\":%s,\"last_reload_success\":",
               reload.successful ? "true" : "false");
    time_json(b, reload.success_ns);
    buf_format(b,
               ",\"ledger\":{\"last_seq\":%llu,\"unrolled_rows\":%llu,\"bytes\":%lld,"
               "\"journal_bytes\":%lld,"
               "\"writable\":%s},\"dedupe\":{\"keys\":%zu,\"reach_seconds\":%lld},"
               "\"windows\":{\"windows\":%zu,\"filling\":%zu,\"groups\":%zu,"
               "\"cells\":%zu}}",
               (unsigned long long)stats.last_seq,
               (unsigned long long)stats.unrolled_rows, (long long)stats.ledger.bytes,
               (long long)stats.ledger.journal_bytes, stats.writable ? "true" : "false",
               stats.dedupe_keys, (long long)(stats.dedupe_reach_ns / NS_PER_SECOND),
               stats.windows.windows, stats.windows.filling, stats.windows.groups,
               stats.windows.cells);
    end_data(out);
    generation_release(g);
}

void view_rejects(struct server *s, struct http_request *r, struct http_response *out)
{
    struct reject rejects[REJECTS_KEPT];
    size_t count = outcomes_rejects(engine_outcomes(s->engine), rejects);

    (void)r;
    begin_data(out);
    buf_byte(&out->body, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add(&out->body, i ? STR(",{\"received\":") : STR("{\"received\":"));
        time_json(&out->body, rejects[i].received_ns);
        buf_add(&out->body, STR(",\"source\":"));
        buf_json(&out->body, str_of(rejects[i].source));
        buf_format(&out->body,
                   ",\"index\":%zu,\"position\":%zu,\"reason\":", rejects[i].index,
                   rejects[i].position);
        buf_json(&out->body, str_of(rejects[i].reason));
        buf_byte(&out->body, '}');
    }
    buf_byte(&out->body, ']');
    end_data(out);
}

void view_reload(struct server *s, struct http_request *r, struct http_response *out)
{
    struct diags diags = {0};
    bool ok = server_reload(s, "HTTP", &diags);

    (void)r;
    respond_text(out, ok ? 200 : 500, STR(""));
    if (ok) {
        struct generation *g = engine_generation(s->engine);
        buf_format(&out->body, "reloaded: generation %u decides\n",
                   generation_ruling(g)->number);
        generation_release(g);
    }
    diags_print(&diags, &out->body); /* of a good one the warnings */
    diags_release(&diags);
}

void view_ready(struct server *s, struct http_request *r, struct http_response *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);
    struct generation *g = engine_generation(s->engine);
    struct books_stats stats;

    (void)r;
    books_stats(engine_books(s->engine), &stats);
    int64_t oldest = timestamp_now() - READY_TICKS * g->config->tick_ns;
    if (!stats.writable)
        respond_text(out, 503, STR("the ledger cannot be written\n"));
    else if (!tick || tick->tick_ns < oldest)
        respond_text(out, 503, STR("rules are not being evaluated\n"));
    else
        respond_text(out, 200, STR("spendwarden is ready.\n"));
    generation_release(g);
    engine_tick_view_release(tick);
}

void view_page(struct server *s, struct http_request *r, struct http_response *out)
{
    (void)s;
    (void)r;
    out->status = 200;
    out->content_type = "text/html; charset=utf-8";
    buf_add(&out->body,
            STR("<!doctype html><html "
                "lang=\"en\"><head><title>spendwarden</title></head><body>"
                "<h1>spendwarden " SPENDWARDEN_VERSION "</h1><ul>"
                "<li><a href=\"metrics\">metrics</a></li>"
                "<li><a href=\"cardinality\">series, and the labels that make them "
                "many</a></li>"
                "<li><a href=\"api/v1/status\">status</a></li>"
                "<li><a href=\"api/v1/alerts\">alerts</a></li>"
                "<li><a href=\"api/v1/budgets\">budgets</a></li>"
                "<li><a href=\"api/v1/policies\">policies</a></li>"
                "<li><a href=\"api/v1/coverage\">attribution coverage</a></li>"
                "<li><a href=\"api/v1/spend?by=team\">spend of 24 hours</a></li>"
                "<li><a href=\"api/v1/rules\">rules</a></li>"
                "<li><a href=\"api/v1/prices\">prices</a></li>"
                "<li><a href=\"api/v1/requests\">last requests</a></li>"
                "<li><a href=\"api/v1/rejects\">last rejects</a></li>"
                "<li><a href=\"api/v1/duplicates\">perhaps booked twice</a></li>"
                "</ul></body></html>\n"));
}
