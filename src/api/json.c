/* What is known of the engine, as JSON. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/value.h"

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

void alert_json(struct buf *b, const struct alert *a, bool shadow)
{
    buf_format(b,
               "{\"state\":\"%.*s\",%s\"policy\":", STR_ARG(alert_state_name(a->state)),
               shadow ? "\"shadow\":true," : "");
    buf_json(b, a->policy);
    buf_add(b, STR(",\"rule\":"));
    buf_json(b, a->rule);
    buf_format(b, ",\"fingerprint\":\"%016llx\",\"labels\":",
               (unsigned long long)a->fingerprint);
    pairs_json(b, a->labels, a->label_count);
    buf_add(b, STR(",\"annotations\":"));
    pairs_json(b, a->annotations, a->annotation_count);
    buf_format(b, ",\"value\":%.9g", a->value);
    if (a->starts_ns) {
        buf_add(b, STR(",\"startsAt\":"));
        time_json(b, a->starts_ns);
    }
    if (a->resolved_ns) {
        buf_add(b, STR(",\"endsAt\":"));
        time_json(b, a->resolved_ns);
    }
    buf_byte(b, '}');
}

void view_alerts(struct server *s, struct http_request *r, struct http_response *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);
    const char *asked = http_query(r, "shadow");
    bool shadow = asked && strcmp(asked, "true") == 0;

    begin_data(out);
    buf_byte(&out->body, '[');
    size_t count = !tick ? 0 : shadow ? tick->shadow_count : tick->alert_count;
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(&out->body, ',');
        alert_json(&out->body, shadow ? &tick->shadow_alerts[i] : &tick->alerts[i],
                   shadow);
    }
    buf_byte(&out->body, ']');
    end_data(out);
    engine_tick_view_release(tick);
}

static bool is_asked(struct http_request *r, const char *parameter, struct str value)
{
    const char *wanted = http_query(r, parameter);

    return !wanted || str_eq(str_of(wanted), value);
}

static bool coverage_is_asked(struct http_request *r, const struct coverage_gauge *c)
{
    return is_asked(r, "label", c->label) && is_asked(r, "window", c->window) &&
           is_asked(r, "source", c->source) &&
           is_asked(r, "of", c->requests ? STR("requests") : STR("spend"));
}

void view_coverage(struct server *s, struct http_request *r, struct http_response *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);
    struct buf *b = &out->body;
    const char *comma = "";

    begin_data(out);
    buf_byte(b, '[');
    for (size_t i = 0; tick && i < tick->coverage_count; i++) {
        const struct coverage_gauge *c = &tick->coverage[i];
        if (!coverage_is_asked(r, c))
            continue;
        buf_format(b, "%s{\"label\":", comma);
        comma = ",";
        buf_json(b, c->label);
        buf_add(b, STR(",\"window\":"));
        buf_json(b, c->window);
        if (c->source.size) {
            buf_add(b, STR(",\"source\":"));
            buf_json(b, c->source);
        }
        buf_format(b, ",\"of\":\"%s\",\"ratio\":%.9g}",
                   c->requests ? "requests" : "spend", c->ratio);
    }
    buf_byte(b, ']');
    end_data(out);
    engine_tick_view_release(tick);
}

static void named_money(struct buf *b, const char *name, struct money amount)
{
    buf_format(b, ",\"%s\":", name);
    money_json(b, amount);
}

static void outlook_json(struct buf *b, const struct outlook *o)
{
    if (o->has_total)
        named_money(b, "forecast_usd", o->total);
    if (o->has_band) {
        named_money(b, "forecast_low_usd", o->low);
        named_money(b, "forecast_high_usd", o->high);
    }
    if (o->exhausts)
        buf_format(b, ",\"exhaustion_seconds\":%lld",
                   (long long)(o->exhausts_in_ns / NS_PER_SECOND));
}

static void budget_json(struct buf *b, const struct budget_gauge *g)
{
    buf_add(b, STR("{\"policy\":"));
    buf_json(b, g->policy);
    buf_add(b, STR(",\"budget\":"));
    buf_json(b, g->budget);
    buf_add(b, STR(",\"labels\":"));
    pairs_json(b, g->labels, g->label_count);
    named_money(b, "limit_usd", g->limit);
    named_money(b, "spent_usd", g->spent);
    outlook_json(b, &g->outlook);
    if (g->period_end_ns) {
        buf_add(b, STR(",\"period_end\":"));
        time_json(b, g->period_end_ns);
    }
    buf_format(b, ",\"partial\":%s}", g->partial ? "true" : "false");
}

void view_budgets(struct server *s, struct http_request *r, struct http_response *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);
    struct buf *b = &out->body;

    (void)r;
    begin_data(out);
    buf_byte(b, '[');
    for (size_t i = 0; tick && i < tick->budget_count; i++) {
        if (i)
            buf_byte(b, ',');
        budget_json(b, &tick->budgets[i]);
    }
    buf_byte(b, ']');
    end_data(out);
    engine_tick_view_release(tick);
}

void view_reload(struct server *s, struct http_request *r, struct http_response *out)
{
    struct diags diags = {0};

    (void)r;
    respond_text(out, server_reload(s, "HTTP", &diags) ? 200 : 500, STR(""));
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
                "</ul></body></html>\n"));
}
