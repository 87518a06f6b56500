/* /api/v1/coverage and /api/v1/budgets, as of the last tick. */
#include "internal.h"
#include "spendwarden/value.h"

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
